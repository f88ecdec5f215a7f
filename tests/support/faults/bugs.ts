/** Defects that the suite must notice: each replaces a part of the freshly loaded provider. */
import type { Hooks } from "./provider";

export interface Bug {
  name: string;
  plant: NonNullable<Hooks["plant"]>;
}
export const BUGS: Bug[] = [];

export function bugNamed(name: string): Bug {
  const found = BUGS.find((one) => one.name === name);
  if (!found) throw new Error(`There is no seeded bug ${name}.`);
  return found;
}
