/** A connector's new value on its way to the sources: forced sync, read-back on each Edge, restart of transport source by source. */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { connectorNamed } from "../../exchange/sendConnectors";
import type { Shell } from "../../exchange/shell";
import type { HostSession } from "../../remote/sessions";
import type { Actor } from "../../rotation/actor";
import { gatherCompetitors } from "../../rotation/competitors";
import { starttlsLeaf, waitForLeaf } from "../../rotation/doors";
import { runPlan } from "../../rotation/engine";
import { closeFlip, readFlip, restarted } from "../../rotation/flips";
import { readJournal } from "../../rotation/journal";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { arriveStep } from "../../steps/arrive";
import { predecessorStep } from "../../steps/predecessor";
import { restartStep } from "../../steps/restart";
import { presentedNow, START_TIMES } from "../../steps/start";
import type { Context } from "../types";
import { changesOf, type Gathered, type Source } from "./gather";
import type { ConnectorInputs } from "./inputs";
import { allServe, closeWindows, edgesAmong, moveWindow, openWindows, restarting } from "./siteWindows";

/** Brings the value to every source. Runs again from its start after a crash. @throws EDGE_WINDOW_BUSY */
export async function carry(ctx: Context, inputs: ConnectorInputs, now: Gathered, organization: HostSession, actor: Actor): Promise<void> {
  const { connector } = inputs;
  const { signal } = ctx;
  const under = (work: (leased: LeasedShell) => Promise<void>): Promise<void> => withLease(organization, actor, work, signal);
  const owed = (await readFlip(organization, connector))?.restarts ?? [];
  const edges = await restarting(now.sources.filter(({ session }) => owed.includes(session.facts.name)));
  await under((leased) => openWindows(leased, connector, edges, actor));
  try {
    for (const source of now.sources.filter((one) => one.session.facts.role === "Edge")) {
      const edge = source.session;
      const steps = [arriveStep({ connector, edge, organization, hasArrived: () => isIn(inputs, edge), actor, signal })];
      await runPlan({ host: edge.facts.name, steps, journal: null, signal });
      await restartIfOwed(ctx, inputs, source, organization, actor);
    }
  } catch (error) {
    // An Edge that did not come back keeps its site's window: no other one may leave service.
    if (await allServe(edges)) await under((leased) => closeWindows(leased, connector, edges)).catch(() => undefined);
    throw error;
  }
  await under(async (leased) => {
    // Not only those that are restarted now: a run that was killed after its last restart has left its windows.
    await closeWindows(leased, connector, edgesAmong(now.sources));
    await closeFlip(leased, connector);
  });
}

async function isIn(inputs: ConnectorInputs, edge: Shell): Promise<boolean> {
  const replica = await connectorNamed(edge, inputs.connector);
  return replica !== null && Object.keys(changesOf(inputs, replica)).length === 0;
}

async function restartIfOwed(
  ctx: Context,
  inputs: ConnectorInputs,
  source: Source,
  organization: HostSession,
  actor: Actor,
): Promise<void> {
  const { session } = source;
  const flip = await readFlip(organization, inputs.connector);
  if (!flip?.restarts.includes(session.facts.name)) return;
  await withLease(organization, actor, (leased) => moveWindow(leased, session.facts.name), ctx.signal);
  await withLease(session, actor, (leased) => restart(ctx, source, leased), ctx.signal);
  await withLease(organization, actor, (leased) => restarted(leased, flip, session.facts.name), ctx.signal);
}

/**
 * Inside an open window transport is started later anyway; else it is restarted here and its leaf looked at. After the flip no connector
 * needs a competitor any more: what would still win the choice goes before.
 */
async function restart(ctx: Context, source: Source, leased: LeasedShell): Promise<void> {
  const { session, server } = source;
  if ((await readJournal(session))?.open) return;
  const offered = await presentedNow(server.host, session);
  const steps = [
    predecessorStep(leased, server.thumbprint, () => defaultThumbprint(leased), ctx.warn),
    restartStep(leased, () => refuseCompetitor(ctx, source, offered)),
  ];
  await runPlan({ host: session.facts.name, steps, journal: null, signal: ctx.signal });
}

/**
 * What transport presents by its own name need not be the connector's certificate; but it must not be one that should have gone,
 * and STARTTLS must be offered where it was. @throws STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED
 */
async function refuseCompetitor(ctx: Context, { session, server }: Source, offered: string | null): Promise<void> {
  const host = session.facts.name;
  const competitors = (await gatherCompetitors(session, server.thumbprint, defaultThumbprint(session))).remove;
  const fits = (leaf: string | null): boolean => (leaf === null ? offered === null : !competitors.some((one) => one.thumbprint === leaf));
  const leaf = await waitForLeaf(() => starttlsLeaf(server.host, session), fits, START_TIMES.starttlsMs, ctx.signal);
  if (fits(leaf)) return;
  const hint = "Transport runs; remove the certificate that should have gone, or see `npx pulumi-exchange doctor`.";
  throw leaf === null
    ? new ExchangeError("STARTTLS_NOT_OFFERED", `${host}: transport offers no STARTTLS after its restart.`, { host })
    : new ExchangeError(
        "STARTTLS_WRONG_CERTIFICATE",
        `${host}: transport presents ${leaf} at STARTTLS after its restart, which should have gone.`,
        { host, hint },
      );
}
