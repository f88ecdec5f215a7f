/** Create and update of send connector TLS settings: acts on a difference only. */
import { randomUUID } from "node:crypto";
import { ExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { findSendConnector, sourcesOf, type ConnectorBag } from "../../exchange/sendConnectors";
import type { HostSession } from "../../remote/sessions";
import { newClaim, readClaims, recordOf, saveClaims, withClaim } from "../../rotation/claims";
import { READY } from "../../rotation/conditions";
import { runPlan } from "../../rotation/engine";
import { failPoint } from "../../rotation/failpoints";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { actorOf, type Actor } from "../../rotation/actor";
import { partial, requireRole } from "../outcome";
import { refuseFirst } from "../refusals";
import { observedSettings, ownedValues, previousSettings } from "../settings";
import type { Context } from "../types";
import { readFlip, writeFlip } from "../../rotation/flips";
import { carry } from "./carry";
import { changesOf, gather, type Gathered, type Source } from "./gather";
import { OWNED, type ConnectorInputs } from "./inputs";
import { REFUSALS, type Facts } from "./refusals";
import { setNamed } from "./refused";
import { closeWindows, edgesAmong, oneFlipAtATime, openWindows, restarting, running } from "./siteWindows";
import { lostWords } from "./tlsDomain";

export interface Former {
  claim: string;
  revision: string;
  owner: string;
  unfinished: boolean;
}
interface Run {
  ctx: Context;
  inputs: ConnectorInputs;
  organization: HostSession;
  actor: Actor;
  claim: string;
  former: Former | null;
}

export async function converge(ctx: Context, inputs: ConnectorInputs, former: Former | null): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(inputs.host);
  const organization = await ctx.session(inputs.host);
  requireRole(organization, "Mailbox", "host");
  const run: Run = { ctx, inputs, organization, actor: actorOf(inputs.owner), claim: former?.claim ?? newClaim(), former };
  const now = await lookFirst(run);
  const settled = Object.keys(now.changes).length === 0 && !now.owed;
  if (former && !former.unfinished && settled && former.owner === inputs.owner) return finish(run, now.connector, former.revision);
  return oneFlipAtATime(organization, () => change(run, now));
}

/** Before the lease and again under it: another run may have worked in between. */
async function lookFirst({ ctx, inputs, organization }: Run): Promise<Facts> {
  const owed = (await readFlip(organization, inputs.connector)) !== null;
  return refuseFirst(REFUSALS, { ...(await gather(ctx, inputs, organization)), inputs, owed });
}

async function change(run: Run, now: Gathered): Promise<{ id: string; outs: JsonObject }> {
  const { inputs, organization, ctx } = run;
  const revision = randomUUID();
  let touched = false;
  const set = async (leased: LeasedShell): Promise<void> => {
    const { sources } = await lookFirst(run);
    await setUnderLease(run, leased, sources, () => (touched = true));
  };
  try {
    await withLease(organization, run.actor, set, ctx.signal);
    touched = true;
    if (await readFlip(organization, inputs.connector)) await carry(ctx, inputs, now, organization, run.actor);
    failPoint(organization.facts.name, "connector", "before-reply");
    return await finish(run, await findSendConnector(organization, inputs.connector), revision);
  } catch (error) {
    if (!touched) throw error;
    const seen = await findSendConnector(organization, inputs.connector).catch(() => now.connector);
    throw partial(error, inputs.connector, { ...outsOf(run, seen), revision });
  }
}

/** The sites' windows first: refused there, nothing was changed. */
async function setUnderLease(run: Run, leased: LeasedShell, sources: Source[], touched: () => void): Promise<void> {
  const { inputs } = run;
  const connector = await findSendConnector(leased, inputs.connector);
  const changed = Object.keys(changesOf(inputs, connector)).length > 0;
  const edges = changed ? await running(await restarting(sources)) : [];
  await openWindows(leased, inputs.connector, edges, run.actor);
  touched();
  if (!changed) {
    // What a run left that was killed between its windows and the name.
    if ((await readFlip(leased, inputs.connector)) === null) await closeWindows(leased, inputs.connector, edgesAmong(sources));
    return writeClaim(run, leased, connector, false);
  }
  try {
    await setAll(run, leased, sources, connector);
  } catch (error) {
    await closeWindows(leased, inputs.connector, edges).catch(() => undefined);
    throw error;
  }
}

async function setAll(run: Run, leased: LeasedShell, sources: Source[], connector: ConnectorBag): Promise<void> {
  const { inputs, organization, ctx } = run;
  const changes = changesOf(inputs, connector);
  await writeClaim(run, leased, connector, true);
  const shells = sources.map(({ session }) => session);
  await writeFlip(leased, inputs.connector, shells, await readFlip(organization, inputs.connector));
  const step = {
    id: "set-connector" as const,
    text: `set ${Object.keys(changes).join(", ")} of "${inputs.connector}"`,
    probe: async () => Object.keys(changesOf(inputs, await findSendConnector(leased, inputs.connector))).length === 0,
    run: () => setNamed(leased, inputs.connector, inputs.tlsCertificateName, changes),
  };
  await runPlan({ host: organization.facts.name, steps: [step], journal: null, signal: ctx.signal });
  const lost = lostWords(inputs, changes, connector);
  if (lost) ctx.warn(lost);
}

async function writeClaim({ inputs, claim, former }: Run, leased: LeasedShell, connector: ConnectorBag, made: boolean): Promise<void> {
  const before = await readClaims(leased);
  const previous = ownedValues(OWNED, connector);
  const input = { kind: "sendConnector" as const, name: inputs.connector, owner: inputs.owner, claim, made, previous };
  await saveClaims(leased, before, withClaim(before, { ...input, formerOwner: former?.owner }));
}

async function finish(run: Run, connector: ConnectorBag, revision: string): Promise<{ id: string; outs: JsonObject }> {
  const { inputs, organization } = run;
  if (Object.keys(changesOf(inputs, connector)).length > 0) {
    throw new ExchangeError("READ_BACK_DIFFERS", `"${inputs.connector}" does not show the declared values.`, {
      host: organization.facts.name,
    });
  }
  const record = recordOf(await readClaims(organization), "sendConnector", inputs.connector);
  const previous = previousSettings(OWNED, inputs, record?.previous);
  return { id: inputs.connector, outs: plain({ ...outsOf(run, connector), previous, revision, condition: READY }) };
}

function outsOf({ inputs, claim }: Run, connector: ConnectorBag): JsonObject {
  return plain({ ...(inputs as unknown as JsonObject), ...observed(inputs, connector), claim });
}

/** Declared arguments with the connector's real values, and its sources. */
export function observed(inputs: ConnectorInputs, connector: ConnectorBag): JsonObject {
  return { sourceTransportServers: sourcesOf(connector), ...observedSettings(OWNED, inputs, connector) };
}
