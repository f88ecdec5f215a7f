/** `-Filter` of Get-Queue: comparisons joined by -and and -or, as PowerShell writes them. // [PS:Get-Queue] */
type Bag = { [property: string]: unknown };
type Test = (bag: Bag) => boolean;

const COMPARISON = /^\s*\{?\s*(\w+)\s+-(eq|ne|gt|ge|lt|le|like|notlike)\s+('[^']*'|"[^"]*"|\S+?)\s*\}?\s*$/i;

const wildcard = (pattern: string): RegExp =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "is",
  );

/** Null for a filter that is not understood. */
export function parseFilter(text: string): Test | null {
  const any = split(text, "-or").map((part) => split(part, "-and").map(comparison));
  if (any.flat().includes(null)) return null;
  return (bag) => any.some((all) => all.every((test) => test!(bag)));
}

const split = (text: string, operator: string): string[] => text.split(new RegExp(`\\s+${operator}\\s+`, "i"));

function comparison(text: string): Test | null {
  const [, name, operator, quoted] = COMPARISON.exec(text) ?? [];
  if (!name) return null;
  const wanted = quoted.replace(/^(['"])([\s\S]*)\1$/, "$2");
  return (bag) => {
    const key = Object.keys(bag).find((known) => known.toLowerCase() === name.toLowerCase());
    return compare(operator.toLowerCase(), key === undefined ? null : bag[key], wanted);
  };
}

function compare(operator: string, value: unknown, wanted: string): boolean {
  const shown = value === null || value === undefined ? "" : value instanceof Date ? value.toISOString() : String(value);
  if (operator.endsWith("like")) return wildcard(wanted).test(shown) === (operator === "like");
  const order = typeof value === "number" ? value - Number(wanted) : shown.toLowerCase().localeCompare(wanted.toLowerCase());
  return { eq: order === 0, ne: order !== 0, gt: order > 0, ge: order >= 0, lt: order < 0, le: order <= 0 }[operator] ?? false;
}
