/** docs/arguments.md, printed from the tables of the handlers and from what the classes say of each argument. */
import { TABLES } from "../../../provider/handlers";
import type { Argument, Arguments } from "../../../provider/handlers/arguments";
import { declaredOf } from "./declared";

const INTRODUCTION = [
  "# Arguments",
  "",
  "What every class takes, beside Pulumi's own options. **Another value** says what a change of it means: `replaces` makes another",
  "object, `work` gives the servers something to do, `state` only has to be remembered, `nothing` is not even that. Where only a part",
  "counts as work, the rest is state. Handlers check, default and compare by the same tables (`provider/handlers/*/inputs.ts`).",
];

const MEANS = { identity: "replaces", work: "work", state: "state", nothing: "nothing" } as const;

export function argumentsPage(): string {
  const sections = Object.entries<Arguments>(TABLES).flatMap(([name, table]) => ["", `## ${name}`, "", ...rows(name, table)]);
  return [...INTRODUCTION, ...sections].join("\n") + "\n";
}

function rows(name: string, table: Arguments): string[] {
  const docs = new Map(declaredOf(`${name}Args`).map((one) => [one.name, one.docs]));
  const own = Object.entries(table).filter(([argument]) => argument !== "owner");
  const sorted = [...own.filter(([, { required }]) => required), ...own.filter(([, { required }]) => !required)];
  return [
    "| Argument | What it is | Default | Another value | |",
    "|---|---|---|---|---|",
    ...sorted.map(([argument, one]) => row(argument, one, docs.get(argument) ?? "")),
  ];
}

function row(name: string, one: Argument, docs: string): string {
  const otherwise = one.required ? "required" : one.default === undefined ? "" : `\`${JSON.stringify(one.default)}\``;
  const means = one.part ? `${MEANS[one.changes]} in part` : MEANS[one.changes];
  const cells = [`\`${name}\``, one.is.words + (one.is.secret ? " (may hold secrets)" : ""), otherwise, means, firstSentence(docs)];
  return `| ${cells.map(escaped).join(" | ")} |`;
}

/** Bars end a cell; `<I>` outside of code would be a tag. */
function escaped(cell: string): string {
  return cell
    .replace(/\|/g, "\\|")
    .split("`")
    .map((part, index) => (index % 2 === 0 ? part.replace(/</g, "&lt;") : part))
    .join("`");
}

function firstSentence(docs: string): string {
  const [first] = docs.replace(/\{@link (\w+)\}/g, "`$1`").split(/(?<=(?<!e\.g)[.]) (?=[A-Z`{])/);
  return first;
}
