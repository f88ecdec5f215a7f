/** A throw-away Edge at work: what the questions use of it. Everything that they make carries a mark, so that it can be found again. */
import { randomBytes } from "node:crypto";
import { DAY_MS, delay, HOUR_MS } from "../../../base/clock";
import { isExchangeError } from "../../../base/errors";
import { oneTimePassword } from "../../../base/redact";
import {
  defaultThumbprint,
  enableServices,
  grantKeyAccess,
  importCertificate,
  listCertificates,
  newSelfSigned,
} from "../../../exchange/certificates";
import { hostTime } from "../../../exchange/clocks";
import { TRANSPORT } from "../../../exchange/transport";
import { makeSelfSigned, writePfx, type Certificate, type SelfSigned } from "../../../pki";
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

/** The one value that an earlier question found; undefined where it found none, or several. */
export function valueOf(bench: Bench, point: PointName): Answer["fits"][number] | undefined {
  const fits = bench.answers.get(point)?.fits ?? [];
  return fits.length === 1 ? fits[0] : undefined;
}

export const freshName = (): string => `px-${randomBytes(6).toString("hex")}.conformance.invalid`;

/** What the Edge's clock shows. */
export const edgeNow = ({ leased }: Pick<Bench, "leased">): Promise<Date> => hostTime(leased);

/** A certificate that Exchange makes: without services, so that nothing is asked. */
export const made = (shell: LeasedShell): Promise<Certificate> =>
  newSelfSigned(shell, { domainNames: [freshName()], friendlyName: MARK, exportable: false });

/** The question about the default is answered with Yes. */
export const makeDefault = (shell: LeasedShell, thumbprint: string): Promise<void> => enableServices(shell, thumbprint, ["SMTP"], true);

/** Only what carries the kit's mark and was not there before. */
export async function kitsOwn(shell: LeasedShell, before: readonly string[]): Promise<string[]> {
  const own = (await listCertificates(shell)).filter(({ friendlyName }) => friendlyName === MARK);
  return own.map(({ thumbprint }) => thumbprint).filter((one) => !before.includes(one));
}

export interface Dates {
  /** Hours before now. Default 1. */
  sinceHours?: number;
  /** Days from now. Default 30. */
  forDays?: number;
}

/** First and last moment, by the Edge's clock. */
export async function datesOf(bench: Bench, { sinceHours = 1, forDays = 30 }: Dates = {}): Promise<[from: Date, to: Date]> {
  const now = (await edgeNow(bench)).getTime();
  return [new Date(now - sinceHours * HOUR_MS), new Date(now + forDays * DAY_MS)];
}

/** A self-signed certificate with dates of one's own, made in this process; its key is forgotten after the import. */
export async function imported(bench: Bench, name: string, dates?: Dates): Promise<Certificate> {
  const pair = await makeSelfSigned(name, ...(await datesOf(bench, dates)));
  await importPair(bench.leased, pair);
  return pair.certificate;
}

export async function importPair(shell: LeasedShell, pair: SelfSigned): Promise<void> {
  const password = oneTimePassword();
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
    await makeDefault(leased, thumbprint);
    if (baseline.default !== null) await makeDefault(leased, baseline.default);
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
