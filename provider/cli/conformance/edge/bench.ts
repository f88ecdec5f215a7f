/** A throw-away Edge at work: what the questions use of it. Everything that they make carries a mark, so that it can be found again. */
import { randomBytes } from "node:crypto";
import { delay } from "../../../base/clock";
import { isExchangeError } from "../../../base/errors";
import { registerSecret } from "../../../base/redact";
import { defaultThumbprint, enableServices, grantKeyAccess, importCertificate, newSelfSigned } from "../../../exchange/certificates";
import { TRANSPORT } from "../../../exchange/transport";
import { makeSelfSigned, writePfx, type Certificate } from "../../../pki";
import { smtpDoor } from "../../../probes/doors";
import { probeStarttls } from "../../../probes/starttls";
import type { LeasedShell } from "../../../rotation/leasedShell";
import type { Answer } from "../answers";
import type { PointName } from "../points";
import { presentedOnEdge } from "../read/trust";
import type { Server } from "../servers";
import type { Baseline } from "./record";

/** Friendly name of the kit's certificates, and name of its connectors. */
export const MARK = "pulumi-exchange conformance";

export interface Bench {
  edge: Server;
  /** The Edge's session with the right to change it. */
  leased: LeasedShell;
  /** How the Edge was before. */
  baseline: Baseline;
  /** How long a change may take to be noticed. */
  patienceMs: number;
  signal: AbortSignal;
  /** What earlier questions of this run found. */
  answers: Map<PointName, Answer>;
}

export interface EdgeQuestion {
  point: PointName;
  ask(bench: Bench): Promise<Answer>;
}

/** The one value that an earlier question found; undefined where it found none, or several. */
export function valueOf(bench: Bench, point: PointName): Answer["fits"][number] | undefined {
  const fits = bench.answers.get(point)?.fits ?? [];
  return fits.length === 1 ? fits[0] : undefined;
}

export const freshName = (): string => `px-${randomBytes(6).toString("hex")}.conformance.invalid`;

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** What the Edge's clock shows. */
export const edgeNow = async ({ leased }: Bench): Promise<Date> => new Date((await leased.request("hello", {})).utc);

/** A certificate that Exchange makes: without services, so that nothing is asked. */
export const made = ({ leased }: Bench): Promise<Certificate> =>
  newSelfSigned(leased, { domainNames: [freshName()], friendlyName: MARK, exportable: false });

export interface Dates {
  /** Hours before now. Default 1. */
  sinceHours?: number;
  /** Days from now. Default 30. */
  forDays?: number;
}

/** A self-signed certificate with dates of one's own, made in this process; its key is forgotten after the import. */
export async function imported(bench: Bench, name: string, { sinceHours = 1, forDays = 30 }: Dates = {}): Promise<Certificate> {
  const now = (await edgeNow(bench)).getTime();
  const pair = await makeSelfSigned(name, new Date(now - sinceHours * HOUR_MS), new Date(now + forDays * DAY_MS));
  await importPair(bench.leased, pair);
  return pair.certificate;
}

export async function importPair(shell: LeasedShell, pair: Awaited<ReturnType<typeof makeSelfSigned>>): Promise<void> {
  const password = randomBytes(18).toString("base64url");
  registerSecret(password);
  // What Windows Server 2016 can read, too.
  const pfx = await writePfx({ ...pair, chain: [], password, friendlyName: MARK, algorithm: "3des" });
  await importCertificate(shell, { pfx, password, friendlyName: MARK, exportable: false });
}

/** Lets transport read the key; where the short way is refused, by making it the default for a moment. */
export async function giveAccess({ leased, baseline }: Bench, { thumbprint }: Certificate): Promise<void> {
  try {
    await grantKeyAccess(leased, thumbprint);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    await enableServices(leased, thumbprint, ["SMTP"], true);
    if (baseline.default !== null) await enableServices(leased, baseline.default, ["SMTP"], true);
  }
}

export const currentDefault = ({ leased }: Bench): Promise<string | null> => defaultThumbprint(leased);

/** A thumbprint, `closed`, or `no STARTTLS`. */
export async function starttlsOf({ edge: { host, session } }: Pick<Bench, "edge">): Promise<string> {
  try {
    const look = await probeStarttls(smtpDoor(host, session), { name: session.facts.fqdn });
    return look.offered ? look.thumbprint : "no STARTTLS";
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return "closed";
    throw error;
  }
}

/** What AD LDS presents now: a thumbprint, or null. */
export const ldapsOf = ({ edge }: Pick<Bench, "edge">): Promise<string | null> => presentedOnEdge(edge);

export const restart = async ({ leased }: Pick<Bench, "leased">, name = TRANSPORT): Promise<unknown> =>
  leased.request("service.restart", { name, keepStopped: [] });

/** For what has to come, so that its absence is no answer: patience of its own. */
const SURELY_MS = 60_000;

/** Waits until `holds`, at most the bench's patience; false when it never did. */
export function comesTo({ patienceMs, signal }: Pick<Bench, "patienceMs" | "signal">, holds: () => Promise<boolean>): Promise<boolean> {
  return within(patienceMs, signal, holds);
}

/** The same for what is expected: a minute at least. */
export function comesSurely({ patienceMs, signal }: Pick<Bench, "patienceMs" | "signal">, holds: () => Promise<boolean>): Promise<boolean> {
  return within(Math.max(patienceMs, SURELY_MS), signal, holds);
}

async function within(limitMs: number, signal: AbortSignal, holds: () => Promise<boolean>): Promise<boolean> {
  const end = performance.now() + limitMs;
  for (;;) {
    if (await holds()) return true;
    if (performance.now() >= end) return false;
    await delay(Math.min(1_000, limitMs / 10), signal);
  }
}
