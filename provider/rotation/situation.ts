/** What is open on an Edge, read without changing anything. */
import { defaultThumbprint, listCertificates } from "../exchange/certificates";
import type { Shell } from "../exchange/shell";
import { transportStatus } from "../exchange/transport";
import { ldapsLeaf } from "./doors";
import { isExchangeError } from "../base/errors";
import type { HostConnection } from "../remote/hosts";
import type { ServiceInfo } from "../remote/protocol";
import type { HostSession } from "../remote/sessions";
import { readText } from "./files";
import { foldJournal, JOURNAL_FILE, parseJournal, type JournalState, type Line } from "./journal";

/** State of the certificate that was the default before. */
export type OldCertificate = "usable" | "missing" | "without key" | "expired" | "none";

export interface Situation {
  state: JournalState;
  /** Step that was begun and whose end is not recorded, or several of which that may be so. */
  interrupted: string | null;
  current: string | null;
  /** What AD LDS presents; null when nothing answers, or without an organisation. */
  ldaps: string | null;
  transport: ServiceInfo["status"];
  old: OldCertificate;
}

/** What the journal alone tells. */
export type Open = Pick<Situation, "state" | "interrupted">;

/** An intent may be written with the one of the step before it (docs/adr/0028): which of them was under way, nobody can tell. */
export function lastBegun(lines: readonly Line[]): string | null {
  const steps: string[] = [];
  for (const line of lines.toReversed()) {
    if (line.type !== "intent") break;
    steps.unshift(line.step);
  }
  return steps.length > 0 ? steps.join(" or ") : null;
}

/** What is open; null when nothing is. */
export async function openJournal(edge: Shell): Promise<Open | null> {
  const written = await readText(edge, JOURNAL_FILE);
  if (written === null) return null;
  const { lines } = parseJournal(written, edge.facts.name);
  const state = foldJournal(lines, edge.facts.name);
  if (!state?.open) return null;
  return { state, interrupted: lastBegun(lines) };
}

export async function readSituation(
  host: HostConnection,
  edge: HostSession,
  organization: HostSession | null,
  open: Open,
  now: Date,
): Promise<Situation> {
  const [current, transport, old, ldaps] = await Promise.all([
    defaultThumbprint(edge),
    transportStatus(edge),
    oldCertificate(edge, open.state.old.defaultThumbprint, now),
    organization ? presented(host, edge, organization) : null,
  ]);
  return { ...open, current, transport: transport.status, old, ldaps };
}

async function presented(host: HostConnection, edge: HostSession, organization: HostSession): Promise<string | null> {
  try {
    return await ldapsLeaf(host, edge, organization);
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}

async function oldCertificate(edge: Shell, thumbprint: string | null, now: Date): Promise<OldCertificate> {
  if (thumbprint === null) return "none";
  const found = (await listCertificates(edge)).find((one) => one.thumbprint === thumbprint);
  if (!found) return "missing";
  if (!found.hasPrivateKey) return "without key";
  return found.notAfter.getTime() <= now.getTime() ? "expired" : "usable";
}
