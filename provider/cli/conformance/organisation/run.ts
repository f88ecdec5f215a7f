/** The organisation's questions, after those on the Edge alone: same Edge, same lease, and one on the Mailbox server. */
import { note } from "../../../base/progress";
import { withLease, type LeasedShell } from "../../../rotation/leasedShell";
import type { Bench } from "../edge/bench";
import { askAll, type Question } from "../edge/questions";
import type { Actor } from "../../../rotation/actor";
import type { Observations } from "../read";
import type { Lookout } from "../servers";
import { CONNECTOR_QUESTIONS } from "./connectors";
import { MADE_UP_QUESTIONS } from "./madeUp";
import { dropRecord, readRecord, writeRecord } from "./record";
import { insideOf, refuseOther, takeRecord, type Site } from "./site";
import { TRUST_QUESTIONS } from "./trust";
import { wholeWayBack } from "./wayBack";

export const ORGANISATION_EDGE_QUESTIONS: readonly Question<Site>[] = [...CONNECTOR_QUESTIONS, ...MADE_UP_QUESTIONS, ...TRUST_QUESTIONS];

export interface OrganisationRun {
  /** Typed out by whoever runs it. */
  name: string;
  actor: Actor;
}

/** @throws INVALID_ARGUMENT, LEASE_HELD before anything was changed in the organisation */
export async function checkOrganisation(bench: Pick<Bench, "edge">, lookout: Lookout, { name }: OrganisationRun): Promise<void> {
  await refuseOther(await insideOf(bench.edge, lookout), name);
}

/** @returns what could not be put back */
export async function askInOrganisation(
  bench: Bench,
  lookout: Lookout,
  observations: Observations,
  { actor }: OrganisationRun,
): Promise<string[]> {
  const inside = await insideOf(bench.edge, lookout);
  const work = async (insideLeased: LeasedShell): Promise<string[]> => {
    const before = await takeRecord(inside, bench.edge, bench.baseline.default);
    const site: Site = { ...bench, inside, insideLeased, before };
    await writeRecord(insideLeased, before);
    const owed = await askAll(site, {
      questions: ORGANISATION_EDGE_QUESTIONS,
      observations,
      hosts: [bench.edge.name, inside.name],
      wayBack: wholeWayBack,
    });
    if (owed.length === 0) await dropRecord(insideLeased);
    return owed;
  };
  return withLease(inside.session, actor, work, bench.signal);
}

/** What a killed run has left in the organisation. @returns what could not be put back */
export async function undoInOrganisation(bench: Bench, lookout: Lookout, { actor }: OrganisationRun): Promise<string[]> {
  const inside = await insideOf(bench.edge, lookout);
  const before = await readRecord(inside.session);
  if (!before) return [];
  note(`${inside.name}: putting back what a run of ${before.taken} has left`);
  return withLease(inside.session, actor, async (insideLeased) => {
    const owed = await wholeWayBack({ ...bench, inside, insideLeased, before });
    if (owed.length === 0) await dropRecord(insideLeased);
    return owed;
  });
}
