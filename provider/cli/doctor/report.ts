/** A whole look: facts gathered, findings, what could not be read. */
import { redact } from "../../base/redact";
import { diagnose, isHealthy, type Finding } from "../../exchange/symptoms";
import type { Hosts } from "../hostsFile";
import { DEFAULT_HOURS } from "../options";
import { gatherFacts } from "./gather";

/** What `doctor --json` prints. */
export interface Diagnosis {
  /** Nothing has to be done on the hosts that were looked at. */
  healthy: boolean;
  /** Hosts that were looked at. */
  hosts: string[];
  /** How far back the event logs were read. */
  hours: number;
  findings: Finding[];
  /** Hosts, or parts of them, that could not be looked at. */
  unread: { host: string; code: string; sentence: string; hint: string }[];
}

/** @param now judges certificates by this moment instead of each server's clock */
export async function examine(hosts: Hosts, options: { hours?: number; now?: Date } = {}): Promise<Diagnosis> {
  const hours = options.hours ?? DEFAULT_HOURS;
  const { facts, unread } = await gatherFacts(hosts, hours);
  const findings = diagnose(facts, options.now).map((one) => ({ ...one, seen: one.seen.map(redact) }));
  return {
    healthy: isHealthy(findings),
    hosts: facts.hosts.map(({ name }) => name),
    hours,
    findings,
    unread: unread.map(({ host, error: { code, sentence, hint } }) => ({ host, code, sentence: redact(sentence), hint })),
  };
}

/** 0 healthy, 1 findings, 2 at least one host could not be looked at, or not wholly (whatever was found). */
export function exitCodeOfDiagnosis({ healthy, unread }: Diagnosis): 0 | 1 | 2 {
  if (unread.length > 0) return 2;
  return healthy ? 0 : 1;
}
