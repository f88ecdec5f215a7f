/** `start`, always a verified one: transport runs and presents what it should, or it is suspended again and the start stays owed. */
import { ExchangeError, isExchangeError } from "../base/errors";
import { defaultThumbprint } from "../exchange/certificates";
import { TRANSPORT, transportSeen } from "../exchange/transport";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { gatherCompetitors } from "../rotation/competitors";
import { startTransport } from "../rotation/drain";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { START, type Journal } from "../rotation/journal";
import { short } from "../rotation/reasons";
import { noteStarttls, refuseBlind, smtpOf, starttlsLeaf, starttlsSeen, waitForLeaf } from "../rotation/doors";
import type { Context } from "../rotation/context";

/** How long transport may take to listen after its start. An object, so that tests need not wait as long. */
export const START_TIMES = { starttlsMs: 90_000 };

export interface Starting {
  ctx: Pick<Context, "signal">;
  host: HostConnection;
  session: HostSession;
  leased: LeasedShell;
  journal: Journal;
  /** Thumbprints that are as good as the expected one. */
  accepted?: () => Promise<string[]>;
}

/** What STARTTLS presents before a window opens; null where nothing answers or it is not offered. */
export async function presentedNow(host: HostConnection, session: HostSession): Promise<string | null> {
  try {
    return await starttlsSeen(host, session);
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}

/**
 * The start at the end of a window that no TransportService ends: what was presented before is good, too, since connectors may name
 * another certificate than the one that this window is about. Where nothing was presented before, there is nothing to lose.
 */
export function resumeStep(starting: Starting, thumbprint: string | null): Step {
  const before = starting.journal.state?.old.starttlsThumbprint ?? null;
  return before === null
    ? verifiedStart(starting, null)
    : verifiedStart({ ...starting, accepted: () => Promise.resolve([before]) }, thumbprint ?? before);
}

/** Start and look are one step. `expected` null: any certificate, or none, will do. */
export function verifiedStart({ ctx, host, session, leased, journal, accepted }: Starting, expected: string | null): Step {
  return {
    id: START,
    intentWith: "predecessor",
    text: `start ${TRANSPORT} and look at STARTTLS`,
    probe: async () => journal.state?.resumeOwed === false && (await transportSeen(leased)).status === "Running",
    ahead: () => Promise.all([transportSeen(leased), expected && toleratedBeside(session, expected)]),
    run: async (last) => {
      const [{ status }, tolerated, also] = await Promise.all([
        transportSeen(leased),
        expected ? toleratedBeside(session, expected) : [],
        expected ? accepted?.() : [],
        expected && refuseBlind(smtpOf(host, session)),
      ]);
      await last(
        () => startTransport(leased, status),
        () => transportSeen(leased),
      );
      try {
        if (expected)
          await awaitStarttls({ host, session, expected, good: [...tolerated, ...(also ?? [])] }, START_TIMES.starttlsMs, ctx.signal);
      } catch (error) {
        await leased.request("service.suspend", { name: TRANSPORT });
        throw suspended(error);
      }
      journal.defer({ type: "result", step: START, outcome: "done" });
    },
  };
}

/**
 * The expected certificate, or one that a connector still needs (its name flips later).
 * @throws STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED
 */
export async function requireStarttls(
  host: HostConnection,
  session: HostSession,
  expected: string,
  deadlineMs: number,
  signal: AbortSignal,
  accepted: string[] = [],
): Promise<void> {
  const good = [...(await toleratedBeside(session, expected)), ...accepted];
  await awaitStarttls({ host, session, expected, good }, deadlineMs, signal);
}

/** Certificates that a connector still needs, whatever its FQDN. */
async function toleratedBeside(session: HostSession, expected: string): Promise<string[]> {
  return (await gatherCompetitors(session, expected, defaultThumbprint(session))).tolerated;
}

/** `good`: as good as the expected one. */
interface Presented {
  host: HostConnection;
  session: HostSession;
  expected: string;
  good: readonly string[];
}

async function awaitStarttls({ host, session, expected, good }: Presented, deadlineMs: number, signal: AbortSignal): Promise<void> {
  const fits = (leaf: string | null): boolean => leaf !== null && [expected, ...good].includes(leaf);
  const leaf = await waitForLeaf(() => starttlsLeaf(host, session), fits, deadlineMs, signal);
  if (fits(leaf)) return noteStarttls(session, leaf);
  const name = session.facts.name;
  if (leaf === null) {
    throw new ExchangeError("STARTTLS_NOT_OFFERED", `${name}: transport offers no STARTTLS; ${short(expected)} was expected.`, {
      host: name,
    });
  }
  throw new ExchangeError("STARTTLS_WRONG_CERTIFICATE", `${name}: transport presents ${leaf} at STARTTLS, not ${expected}.`, {
    host: name,
  });
}

/** The same failure, saying what became of transport. */
function suspended(error: unknown): unknown {
  if (!isExchangeError(error, "STARTTLS_WRONG_CERTIFICATE")) return error;
  const hint = `Transport was suspended again. ${error.hint}`;
  return new ExchangeError(error.code, error.sentence, { host: error.host, hint, cause: error });
}
