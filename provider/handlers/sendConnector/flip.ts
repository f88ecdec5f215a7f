/**
 * A connector's new value on its way to the sources: forced sync, read-back on each Edge, restart of transport source by source.
 * What is left to do is kept on the organisation's host, so that a crash does not forget a restart.
 */
import { ExchangeError } from "../../base/errors";
import { defaultThumbprint } from "../../exchange/certificates";
import { listSendConnectors } from "../../exchange/sendConnectors";
import { equalNames, text, type Shell } from "../../exchange/shell";
import { TRANSPORT, transportStatus } from "../../exchange/transport";
import { withProgress } from "../../base/progress";
import type { HostSession } from "../../remote/sessions";
import { gatherCompetitors, competitorsStep } from "../../rotation/competitors";
import { failPoint } from "../../rotation/failpoints";
import { fileName, readJson, removeFile, writeJson } from "../../rotation/files";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { readJournal } from "../../rotation/journal";
import type { Actor } from "../../rotation/actor";
import { starttlsLeaf, waitForLeaf } from "../doors";
import { presentedNow, START_TIMES } from "../transport/start";
import { allServe, closeWindows, moveWindow, openWindows, restarting } from "./siteWindows";
import { forceSync } from "../subscription/sync";
import { SYNC_TIMEOUT } from "../subscription/inputs";
import type { Context } from "../types";
import { changesOf, type Gathered, type Source } from "./gather";
import type { ConnectorInputs } from "./inputs";

export interface Flip {
  connector: string;
  since: string;
  /** Source servers whose transport ran and has not been restarted since the value arrived. */
  restarts: string[];
}
const path = (connector: string): string => `flips/${fileName(connector.toUpperCase())}.json`;

export function readFlip(organization: Shell, connector: string): Promise<Flip | null> {
  return readJson<Flip>(organization, path(connector));
}

/** Written before the connector is set. Sources that an earlier flip still owes stay on the list. */
export async function writeFlip(leased: LeasedShell, connector: string, sources: Source[], earlier: Flip | null): Promise<void> {
  const running: string[] = [];
  for (const { session } of sources) if ((await transportStatus(session)).status === "Running") running.push(session.facts.name);
  const restarts = [...new Set([...(earlier?.restarts ?? []), ...running])];
  await writeJson(leased, path(connector), { connector, since: leased.facts.utc, restarts } satisfies Flip);
}

/** Brings the value to every source. Runs again from its start after a crash. @throws EDGE_WINDOW_BUSY */
export async function carry(ctx: Context, inputs: ConnectorInputs, now: Gathered, organization: HostSession, actor: Actor): Promise<void> {
  const { connector } = inputs;
  const under = (work: (leased: LeasedShell) => Promise<void>): Promise<void> => withLease(organization, actor, work, ctx.signal);
  const owed = (await readFlip(organization, connector))?.restarts ?? [];
  const edges = await restarting(now.sources.filter(({ session }) => owed.includes(session.facts.name)));
  await under((leased) => openWindows(leased, connector, edges, actor));
  try {
    for (const source of now.sources.filter((one) => one.session.facts.role === "Edge")) {
      const host = source.session.facts.name;
      await withProgress(`[${host}] bring "${connector}" to the Edge`, () => arrive(ctx, inputs, source, organization, actor));
      failPoint(host, "flip-arrived", "after-result");
      await restartIfOwed(ctx, inputs, source, organization, actor);
    }
  } catch (error) {
    // An Edge that did not come back keeps its site's window: no other one may leave service.
    if (await allServe(edges)) await under((leased) => closeWindows(leased, connector, edges)).catch(() => undefined);
    throw error;
  }
  await under(async (leased) => {
    await closeWindows(leased, connector, edges);
    await removeFile(leased, path(connector));
  });
}

async function arrive(ctx: Context, inputs: ConnectorInputs, source: Source, organization: HostSession, actor: Actor): Promise<void> {
  if (await hasArrived(inputs, source.session)) return;
  const { fqdn, name } = source.session.facts;
  await forceSync({ organization, edgeFqdn: fqdn, actor, timeoutSeconds: SYNC_TIMEOUT, signal: ctx.signal });
  if (await hasArrived(inputs, source.session)) return;
  throw new ExchangeError(
    "READ_BACK_DIFFERS",
    `${name}: EdgeSync succeeded, but "${inputs.connector}" does not show the new values there.`,
    { host: name },
  );
}

async function hasArrived(inputs: ConnectorInputs, edge: Shell): Promise<boolean> {
  const replica = (await listSendConnectors(edge)).find((one) => equalNames(text(one.Name), inputs.connector));
  return replica !== undefined && Object.keys(changesOf(inputs, replica)).length === 0;
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
  const restarts = flip.restarts.filter((name) => name !== session.facts.name);
  await withLease(organization, actor, (leased) => writeJson(leased, path(inputs.connector), { ...flip, restarts }), ctx.signal);
}

/** Inside an open window transport is started later anyway; else it is restarted here and its leaf looked at. */
async function restart(ctx: Context, source: Source, leased: LeasedShell): Promise<void> {
  const { session, server } = source;
  const host = session.facts.name;
  if ((await readJournal(session))?.open) return;
  const offered = await presentedNow(server.host, session);
  await withProgress(`[${host}] restart ${TRANSPORT}`, async () => {
    await removeCompetitors(ctx, leased, server.thumbprint);
    const status = (await transportStatus(leased)).status;
    if (status === "Stopped") await leased.request("service.start", { name: TRANSPORT });
    else await leased.request("service.restart", { name: TRANSPORT, keepStopped: [] });
  });
  await refuseCompetitor(ctx, source, offered);
}

/**
 * What transport presents by its own name need not be the connector's certificate; but it must not be one that should have gone,
 * and STARTTLS must be offered where it was. @throws STARTTLS_WRONG_CERTIFICATE, STARTTLS_NOT_OFFERED
 */
async function refuseCompetitor(ctx: Context, { session, server }: Source, offered: string | null): Promise<void> {
  const host = session.facts.name;
  const competitors = (await gatherCompetitors(session, server.thumbprint, await defaultThumbprint(session))).remove;
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

/** After the flip no connector needs a competitor any more: what would still win the choice goes now. */
async function removeCompetitors(ctx: Context, leased: LeasedShell, expected: string): Promise<void> {
  const step = competitorsStep(leased, expected, () => defaultThumbprint(leased), ctx.warn);
  if (!(await step.probe())) await step.run();
}
