/**
 * Symptom → cause → remedy (exchange.md 9 as corrected by 15): an ordered table of pure checks over gathered facts.
 * Nothing here talks to a host; `doctor` gathers the facts and prints the findings.
 */
import { CERTIFICATE_SYMPTOMS } from "./symptoms/certificates";
import { EDGESYNC_SYMPTOMS } from "./symptoms/edgesync";
import type { Facts } from "./symptoms/facts";
import { NAME_SYMPTOMS } from "./symptoms/names";
import { OTHER_SYMPTOMS } from "./symptoms/others";
import { SERVICE_SYMPTOMS } from "./symptoms/services";
import { TRUST_SYMPTOMS } from "./symptoms/trust";
import { RANK, together } from "./symptoms/together";
import type { Evidence, Finding, Found, Symptom } from "./symptoms/types";
import { WINDOW_SYMPTOMS } from "./symptoms/windows";

export type * from "./symptoms/facts";
export type { Evidence, Finding, Severity, Sign, Symptom } from "./symptoms/types";

/** What others follow from comes first. */
export const SYMPTOMS: readonly Symptom[] = [
  ...WINDOW_SYMPTOMS,
  ...SERVICE_SYMPTOMS,
  ...CERTIFICATE_SYMPTOMS.filter(({ severity }) => severity === "error"),
  ...NAME_SYMPTOMS,
  ...TRUST_SYMPTOMS,
  ...EDGESYNC_SYMPTOMS,
  ...CERTIFICATE_SYMPTOMS.filter(({ severity }) => severity !== "error"),
  ...OTHER_SYMPTOMS,
];

/** The event ids that a symptom knows, by source: what has to be read from the logs. */
export function knownEvents(): Map<string, number[]> {
  const known = new Map<string, Set<number>>();
  const events = SYMPTOMS.flatMap(({ signs, endedBy }) => [...signs.map((sign) => sign.event), endedBy]);
  for (const event of events) {
    if (!event) continue;
    known.set(event.source, new Set([...(known.get(event.source) ?? []), ...event.ids]));
  }
  return new Map([...known].map(([source, ids]) => [source, [...ids].sort((a, b) => a - b)]));
}

/**
 * What is wrong, worst first; at the end what only the logs still speak of (`past`).
 *
 * @param now judges certificates by this moment instead of each server's own clock (a rehearsal)
 */
export function diagnose(facts: Facts, now?: Date): Finding[] {
  const clock = (host: Facts["hosts"][number]): Date => now ?? host.clock;
  const found = SYMPTOMS.flatMap((symptom) => symptom.look(facts, clock).map((evidence) => ({ symptom, evidence })));
  const own = found.filter(({ symptom, evidence }) => !found.some((other) => explains(other, symptom, evidence)));
  return together(own.map(({ symptom, evidence }) => finding(symptom, evidence))).sort(
    (a, b) => Number(a.past) - Number(b.past) || RANK[a.severity] - RANK[b.severity],
  );
}

function explains(other: { symptom: Symptom; evidence: Evidence }, symptom: Symptom, { host, object }: Evidence): boolean {
  if (!symptom.unless?.includes(other.symptom.id) || other.evidence.past) return false;
  return other.evidence.object === object || other.evidence.host === host;
}

function finding(symptom: Symptom, evidence: Evidence): Found {
  const { id, severity, cause, remedy } = symptom;
  const { host, object, seen, past = false, values = {} } = evidence;
  const fill = (text: string): string => text.replace(/\{(\w+)\}/g, (whole, name: string) => ({ ...values, host, object })[name] ?? whole);
  const places = [{ id, host }];
  const said = {
    id,
    severity: evidence.severity ?? severity,
    host,
    places,
    object,
    seen,
    cause: fill(cause),
    remedy: remedy.map(fill),
    past,
  };
  return { symptom, fill, finding: said };
}

/** Whether something has to be done: notices and the past do not count. */
export function isHealthy(findings: Finding[]): boolean {
  return findings.every(({ severity, past }) => past || severity === "notice");
}
