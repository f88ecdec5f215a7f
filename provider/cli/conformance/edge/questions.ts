/** Questions that change something: one after the other, each followed by its way back. */
import { note } from "../../../base/progress";
import { briefly } from "../../exit";
import { failed, type Answer } from "../answers";
import type { PointName } from "../points";
import type { Observations } from "../read";
import type { Bench } from "./bench";

export interface Question<B extends Bench = Bench> {
  points: readonly PointName[];
  ask(bench: B): Promise<(readonly [PointName, Answer])[]>;
}

export const one = <B extends Bench>(point: PointName, ask: (bench: B) => Promise<Answer>): Question<B> => ({
  points: [point],
  ask: async (bench) => [[point, await ask(bench)]],
});

interface Asking<B extends Bench> {
  questions: readonly Question<B>[];
  observations: Observations;
  /** Servers at work; the last one's answers they are. */
  hosts: readonly string[];
  wayBack(bench: B): Promise<string[]>;
}

/**
 * The way back runs whatever became of the question; a signal ends the questions, not the way back.
 * @returns what could not be put back: then no further question was asked
 */
export async function askAll<B extends Bench>(bench: B, { questions, observations, hosts, wayBack }: Asking<B>): Promise<string[]> {
  const { signal, answers } = bench;
  for (const { points, ask } of questions) {
    if (signal.aborted) return [];
    note(`[${hosts.join(", ")}] ${points.join(", ")}`);
    const found = await ask(bench).catch((error: unknown) =>
      signal.aborted ? [] : points.map((point) => [point, failed(error)] as const),
    );
    const owed = await wayBack(bench);
    for (const [point, answer] of found) {
      answers.set(point, answer);
      observations.set(point, [...(observations.get(point) ?? []), { host: hosts.at(-1)!, ...answer }]);
    }
    if (owed.length > 0) return owed;
  }
  return [];
}

export type Mend<B> = (bench: B) => Promise<void>;

/** One that fails keeps no other from its work. @returns what could not be put back, with the reason */
export async function mendAll<B>(mends: { [what: string]: Mend<B> }, bench: B): Promise<string[]> {
  const owed: string[] = [];
  for (const [what, mend] of Object.entries(mends)) await mend(bench).catch((error: unknown) => owed.push(`${what}: ${briefly(error)}`));
  return owed;
}
