/**
 * A filter of `invoke` (docs/agent-protocol.md 7.4): which output objects of a cmdlet are wanted. An agent that does not know it is asked
 * for all of them, and what it gives is filtered here by the same rule.
 *
 * @example
 * const { objects } = await session.invoke("Get-SendConnector", {}, ["Name"], { where: { SourceTransportServers: ["EDGE01"] } });
 */

import type { Where } from "./protocol";

type Projected = { [property: string]: unknown };
interface Invoked {
  objects: Projected[];
  warnings: string[];
}

/** What one request may have. */
const MOST_PROPERTIES = 8;
const MOST_TEXTS = 64;

/**
 * Invokes by `ask` and gives the wanted objects with the selected properties. `known`: the agent filters; else, and where a filter is
 * larger than a request may have or empty, this process does. Errors: those of `ask`.
 */
export async function invokeWhere(
  ask: (select: readonly string[], where?: Where) => Promise<Invoked>,
  select: readonly string[],
  where: Where,
  known: boolean,
): Promise<Invoked> {
  if (known && fits(where)) return ask(select, where);
  const { objects, warnings } = await ask(widened(select, where));
  return { objects: objects.filter((object) => isWanted(object, where)).map((object) => only(object, select)), warnings };
}

/** Whether a request can say it: 1 to 8 properties, 1 to 64 texts each. */
export function fits(where: Where): boolean {
  const lists = Object.values(where);
  const within = (count: number, most: number): boolean => count >= 1 && count <= most;
  return within(lists.length, MOST_PROPERTIES) && lists.every(({ length }) => within(length, MOST_TEXTS));
}

/** The selected names, and those of the filter that are not among them. */
export function widened(select: readonly string[], where: Where): string[] {
  const selected = new Set(select.map(folded));
  return [...select, ...Object.keys(where).filter((name) => !selected.has(folded(name)))];
}

/** Whether a projected object is wanted. A property that is missing, null, or has another array inside its array, matches nothing by that. */
export function isWanted(object: Projected, where: Where): boolean {
  const values = new Map(Object.entries(object).map(([name, value]) => [folded(name), value]));
  return Object.entries(where).some(([name, texts]) => {
    const wanted = new Set(texts.map(folded));
    const value = values.get(folded(name));
    return (Array.isArray(value) ? value : [value]).some((item: unknown) => isPlain(item) && wanted.has(folded(String(item))));
  });
}

function only(object: Projected, select: readonly string[]): Projected {
  return Object.fromEntries(select.map((name) => [name, object[name]]));
}

const isPlain = (item: unknown): item is string | number | boolean => ["string", "number", "boolean"].includes(typeof item);

/** Letters as capitals, one for one: what .NET's ordinal comparison ignores of case. */
function folded(text: string): string {
  return text.replace(/\p{L}/gu, (letter) => (letter.toUpperCase().length === letter.length ? letter.toUpperCase() : letter));
}
