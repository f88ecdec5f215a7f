/** All read-only questions, put to every host that can answer them. */
import { failed, seen, type Observation } from "../answers";
import type { PointName } from "../points";
import type { Lookout } from "../servers";
import { ORGANISATION_QUESTIONS } from "./organisation";
import type { ReadQuestion } from "./question";
import { SHELL_QUESTIONS } from "./shell";
import { TRACE_QUESTIONS } from "./traces";
import { TRUST_QUESTIONS } from "./trust";

/** The doors come last: a look makes transport judge its certificates, and so may write events. */
export const READ_QUESTIONS: readonly ReadQuestion[] = [
  ...SHELL_QUESTIONS,
  ...ORGANISATION_QUESTIONS,
  ...TRACE_QUESTIONS,
  ...TRUST_QUESTIONS,
];

export type Observations = Map<PointName, Observation[]>;

export async function askByReading(lookout: Lookout): Promise<Observations> {
  const found: Observations = new Map(READ_QUESTIONS.map(({ point }) => [point, []]));
  for (const { point, of, ask } of READ_QUESTIONS)
    for (const server of lookout.servers.filter(({ role }) => of.includes(role))) {
      const answer = await ask(server, lookout).catch(failed);
      found.get(point)!.push({ host: server.name, ...answer });
    }
  // A session that is not elevated is ended by the package itself; that is the answer.
  for (const { name, error } of lookout.closed)
    if (error.code === "NOT_ELEVATED") found.get("elevated")!.push({ host: name, ...seen(false, "the agent says so") });
  return found;
}
