/**
 * Defects that the suite must notice (rotation.md 15). With each come the faults that bring it to light; the clean
 * program has none of these ends.
 */
import { OF_LEASES } from "./bugsOfLeases";
import { OF_RECORDS } from "./bugsOfRecords";
import { OF_STEPS } from "./bugsOfSteps";
import type { Bug } from "./plant";

export const BUGS: Bug[] = [...OF_RECORDS, ...OF_LEASES, ...OF_STEPS];

export function bugNamed(name: string): Bug {
  const found = BUGS.find((one) => one.name === name);
  if (!found) throw new Error(`There is no seeded bug ${name}.`);
  return found;
}
