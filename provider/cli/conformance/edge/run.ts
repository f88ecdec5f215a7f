/** The questions on a throw-away Edge, one after the other, each with its way back. */
import { hostname } from "node:os";
import { ExchangeError } from "../../../base/errors";
import { note } from "../../../base/progress";
import { equalNames } from "../../../exchange/shell";
import { RUN_ID, type Actor } from "../../../rotation/actor";
import { withLease, type LeasedShell } from "../../../rotation/leasedShell";
import type { Observations } from "../read";
import type { Lookout, Server } from "../servers";
import { askInOrganisation, checkOrganisation, undoInOrganisation, type OrganisationRun } from "../organisation/run";
import { readRecord } from "../organisation/record";
import { dropBaseline, readBaseline, writeBaseline, type Baseline } from "./record";
import type { Bench } from "./bench";
import { DEFAULT_QUESTIONS } from "./defaults";
import { DIRECTORY_QUESTIONS } from "./directory";
import { refuseInUse } from "./guard";
import { KEY_QUESTIONS } from "./keys";
import { askAll, type Question } from "./questions";
import { TRANSPORT_QUESTIONS } from "./transport";
import { takeBaseline, wayBack } from "./wayBack";

/** What a later question builds on comes first. */
export const EDGE_QUESTIONS: readonly Question[] = [...KEY_QUESTIONS, ...DEFAULT_QUESTIONS, ...DIRECTORY_QUESTIONS, ...TRANSPORT_QUESTIONS];

export interface EdgeRun {
  /** Name of the Edge in the hosts file, or its own. */
  edge: string;
  patienceMs: number;
  signal: AbortSignal;
  /** Name of the organisation, where its points are asked, too. */
  organisation?: string;
}

export interface EdgeResult {
  /** What could not be put back. Then no further question was asked, and the record on the Edge stays. */
  owed: string[];
}

export const actor = (): Actor => ({ owner: `conformance on ${hostname()}`, stack: "", run: RUN_ID });

/** @throws EDGE_IN_USE, INVALID_ARGUMENT, LEASE_HELD before anything was changed */
export async function askOnEdge(lookout: Lookout, observations: Observations, run: EdgeRun): Promise<EdgeResult> {
  const edge = edgeNamed(lookout, run.edge);
  const organisation = run.organisation === undefined ? null : { name: run.organisation, actor: actor() };
  if (organisation) await checkOrganisation({ edge }, lookout, organisation);
  const work = async (leased: LeasedShell): Promise<EdgeResult> => {
    const { patienceMs, signal } = run;
    const benchOf = (baseline: Baseline): Bench => ({ edge, leased, baseline, patienceMs, signal, answers: new Map() });
    const left = await undoEarlier(benchOf, leased, lookout, organisation);
    if (left.length > 0) return { owed: left };
    await refuseInUse(edge, lookout);
    const bench = benchOf(await takeBaseline({ edge, leased }));
    await writeBaseline(leased, bench.baseline);
    const owed = await askAll(bench, { questions: EDGE_QUESTIONS, observations, hosts: [edge.name], wayBack });
    if (organisation && owed.length === 0 && !run.signal.aborted)
      owed.push(...(await askInOrganisation(bench, lookout, observations, organisation)));
    if (owed.length === 0) await dropBaseline(leased);
    return { owed };
  };
  return withLease(edge.session, actor(), work, run.signal);
}

function edgeNamed({ servers }: Lookout, name: string): Server {
  const found = servers.find((one) => equalNames(one.name, name));
  if (found?.role === "Edge") return found;
  const edges = servers.filter(({ role }) => role === "Edge").map((one) => one.name);
  throw new ExchangeError("INVALID_ARGUMENT", `${name} is none of the Edges that were entered (${edges.join(", ") || "none"}).`);
}

/** A run that was killed has left its records: on the Edge, and where it came that far in the organisation. */
async function undoEarlier(
  benchOf: (baseline: Baseline) => Bench,
  leased: LeasedShell,
  lookout: Lookout,
  organisation: OrganisationRun | null,
): Promise<string[]> {
  const baseline = await readBaseline(leased);
  if (!baseline) return [];
  const bench = benchOf(baseline);
  note(`${bench.edge.name}: putting back what a run of ${baseline.taken} has left`);
  if (!organisation) await refuseUnfinished(bench.edge, lookout);
  const owed = [...(organisation ? await undoInOrganisation(bench, lookout, organisation) : []), ...(await wayBack(bench))];
  if (owed.length === 0) await dropBaseline(leased);
  return owed;
}

/** @throws EDGE_IN_USE */
async function refuseUnfinished({ name }: Server, lookout: Lookout): Promise<void> {
  const inside = lookout.servers.filter(({ role }) => role === "Mailbox");
  const records = await Promise.all(inside.map(({ session }) => readRecord(session)));
  if (records.every((record) => record === null)) return;
  throw new ExchangeError("EDGE_IN_USE", `${name}: an earlier run has left changes in the organisation.`, {
    host: name,
    hint: "Run again with --organisation: it begins with what is not put back.",
  });
}
