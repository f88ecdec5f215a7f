/**
 * Toggles from a file: what `npx pulumi-exchange conformance` saw on real servers, or a plain object `{toggle: value}`. The form of the
 * former is written down in docs/conformance.md; only what is needed here is read.
 */
import { readFile } from "node:fs/promises";
import { z } from "zod";
import { decodeText, plainText } from "../../provider/base/text";
import { checkToggles, TOGGLES, type ToggleName, type Toggles } from "../model/settings";

const value = z.union([z.string(), z.boolean()]);
const conformance = z.looseObject({
  conformance: z.literal(1),
  points: z.record(z.string(), z.looseObject({ value: value.nullable() })),
});
const plain = z.record(z.string(), value);

export interface ReadToggles {
  toggles: Partial<Toggles>;
  /** Toggles whose value differs from the default. */
  different: ToggleName[];
  /** Points of a conformance file that nobody has seen, or not clearly: they keep their default. */
  unseen: string[];
}

/** @throws Error where the file cannot be read, has another form, or names a toggle or a value that the lab does not know */
export async function readToggles(file: string): Promise<ReadToggles> {
  const given = parsed(decodeText(await readFile(file)) ?? "", file);
  const { seen, unseen } = valuesOf(given, file);
  const toggles = checkToggles(seen);
  const names = Object.keys(toggles) as ToggleName[];
  return { toggles, different: names.filter((name) => toggles[name] !== TOGGLES[name].default), unseen };
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(plainText(text));
  } catch {
    throw new Error(`${file} is not JSON.`);
  }
}

function valuesOf(given: unknown, file: string): { seen: { [name: string]: unknown }; unseen: string[] } {
  const found = conformance.safeParse(given);
  if (found.success) {
    const points = Object.entries(found.data.points);
    return {
      seen: Object.fromEntries(points.filter(([, point]) => point.value !== null).map(([name, point]) => [name, point.value])),
      unseen: points.filter(([, point]) => point.value === null).map(([name]) => name),
    };
  }
  const simple = plain.safeParse(given);
  if (simple.success) return { seen: simple.data, unseen: [] };
  throw new Error(`${file} holds neither what \`pulumi-exchange conformance\` writes nor an object of toggles and values.`);
}
