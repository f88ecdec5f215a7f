/** Organisations and their copies: what is said of one must be said of the other. */
import assert from "node:assert/strict";
import type { Lab } from "../../../lab/start";
import type { ScenarioInput } from "../../../lab/open";
import { examine, type Diagnosis } from "../../../provider/cli/doctor/report";
import { gatherHosts } from "../../../provider/cli/report/gather";
import { buildReport, type Report } from "../../../provider/cli/report/model";
import { missingIn, type Snapshot } from "../../../provider/cli/snapshot/take";
import { startTestLab } from "../../support/lab";
import { HOURS, snapshotOf, withHosts } from "../../support/snapshot";
import { previewsOf, type Preview } from "./previews";

/** Real latencies: nothing happens by itself while a test looks. */
const INSTANT = { edgeSyncRun: 0, export: 0, serviceStop: 0, serviceStart: 0, adLdsStart: 0, delivery: 0 };
const STILL = { speed: 1, latencies: { ...INSTANT, edgeSyncConfiguration: 86_400, queueRetry: 86_400, shadow: 86_400 } };

export const original = (scenario: ScenarioInput): Promise<Lab> => startTestLab({ scenario, ...STILL });

export interface Said {
  diagnosis: Diagnosis;
  report: Report;
}

export const saidOf = (lab: Lab): Promise<Said> =>
  withHosts(lab, async (hosts) => {
    const diagnosis = await examine(hosts, { hours: HOURS });
    const { findings, failures } = await gatherHosts(hosts);
    return { diagnosis, report: buildReport(findings, failures, lab.organisation.now()) };
  });

/** Without what runs with the clock. */
function still(snapshot: Snapshot): unknown {
  const { description: _description, ...rest } = structuredClone<Snapshot>(snapshot);
  const servers = Object.entries(rest.copy.servers).map(([name, server]) => {
    const events = server.events.map(({ utc: _utc, ...event }) => event);
    const synchronisation = server.synchronisation.map(({ UtcNow: _now, LastSynchronizedUtc, LeaseExpiryUtc, ...one }) => ({
      ...one,
      synchronised: LastSynchronizedUtc !== null,
      leased: LeaseExpiryUtc !== null,
    }));
    const queues = server.queues.map(({ NextRetryTime: _retry, ...queue }) => queue);
    return [name, { ...server, events, synchronisation, queues }];
  });
  return { ...rest, copy: { ...rest.copy, taken: "", servers: Object.fromEntries(servers) } };
}

/** What a diagnosis says of now: moments and "ago" run with the clock. */
function timeless<T>(said: T): unknown {
  const text = JSON.stringify(said)
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z?/g, "<time>")
    .replace(/\d+ (seconds?|minutes?|s|min) ago/g, "<ago>")
    .replace(/127\.0\.0\.1:\d+/g, "<door>");
  return JSON.parse(text) as unknown;
}

function words({ diagnosis, report }: Said): unknown {
  return {
    findings: timeless(diagnosis.findings),
    unread: diagnosis.unread,
    rows: report.rows,
    failures: report.failures,
    hosts: report.hosts,
  };
}

/** What is gone is gone in the refresh already. */
const isTold = ({ state, lines }: Preview): boolean => Object.keys(state).length === 0 || lines.length > 0;

/** Snapshot, lab, snapshot: equal; `doctor`, `report` and previews say the same, where everything could be read. Returns the copy. */
export async function assertSame(lab: Lab, note = ""): Promise<Snapshot> {
  // The first look makes transport judge its certificates: what it writes into the log then is in the copy as well.
  await saidOf(lab);
  const first = await snapshotOf(lab);
  if (missingIn(first).length > 0) return first;
  const said = await saidOf(lab);
  // What is said but once in a process is said in a first round.
  await previewsOf(lab, first);
  const previews = await previewsOf(lab, first);
  assert.ok(previews.length > 0 && previews.every(isTold), "what is there has something to say of a renewal");
  const copied = await startTestLab({ scenario: JSON.parse(JSON.stringify(first)) as ScenarioInput, ...STILL });
  try {
    assert.deepEqual(still(await snapshotOf(copied)), still(first), note);
    assert.deepEqual(words(await saidOf(copied)), words(said), note);
    assert.deepEqual(timeless(await previewsOf(copied, first)), timeless(previews), note);
  } finally {
    await copied.close();
  }
  return first;
}
