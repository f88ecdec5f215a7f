/** One handler for objects of a single host whose settings are owned in part: receive connectors, the hybrid configuration. */
import { randomUUID } from "node:crypto";
import { isExchangeError } from "../base/errors";
import { hasUnknown, plain, same, type Json, type JsonObject } from "../base/json";
import type { Shell } from "../exchange/shell";
import type { Value } from "../remote/protocol";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { newClaim, readClaims, recordOf, saveClaims, withClaim, type Kind } from "../rotation/claims";
import { READY } from "../rotation/conditions";
import { runPlan } from "../rotation/engine";
import type { StepId } from "../rotation/order";
import { failPoint } from "../rotation/failpoints";
import { withLease, type LeasedShell } from "../rotation/leasedShell";
import { actorOf } from "../rotation/actor";
import type { DirectoryView } from "../directory";
import { deleteClaimed } from "./deletion";
import { fromDirectory } from "./directory";
import { partial, refuseOtherServer, serverName } from "./outcome";
import { refuseFirst, type Chain } from "./refusals";
import {
  changesOf,
  changeWords,
  equalSetting,
  observedSettings,
  ownedValues,
  previousSettings,
  restoring,
  type Bag,
  type Owned,
} from "./settings";
import type { CheckResult, Context, DiffResult, Handler, ReadResult } from "./types";
import { validate, type Fields } from "./validation";

/** What tells one kind of object from another. */
export interface SettingsKind {
  kind: Kind;
  step: StepId;
  /** `receive connector`, for sentences. */
  noun: string;
  owned: Owned;
  fields: Fields;
  /** The argument that names the object, or null where there is one a host (or organisation). */
  nameArgument: string | null;
  find(shell: Shell, name: string): Promise<Bag>;
  /** The same out of the organisation's directory, where it holds such objects; undefined where it shows none. */
  inDirectory?(view: DirectoryView): Bag | undefined;
  set(leased: LeasedShell, name: string, changes: { [property: string]: Value }): Promise<void>;
  /** id of the resource, and key of its claim. */
  id(session: HostSession, name: string): string;
  /** Refusals that need the host. */
  refuse?(inputs: JsonObject, session: HostSession): Promise<void> | void;
  /** Refusals of a change that is about to be made. */
  refuseChange?(shell: Shell, changes: { [property: string]: Value }, now: Date, bag: Bag): Promise<void>;
  /** What a delete's changes would hand the object over to that nobody wants in silence; null where that is nothing. */
  handsOver?(shell: Shell, changes: { [property: string]: Value }, now: Date, bag: Bag): Promise<Handover | null>;
}
/** Properties whose change does it, and the sentence about it. */
export interface Handover {
  properties: string[];
  sentence: string;
}
interface Run {
  ctx: Context;
  kind: SettingsKind;
  inputs: JsonObject;
  session: HostSession;
  former: JsonObject | null;
  claim: string;
}
const QUIET = ["host", "after", "onDelete", "onUnreachable", "owner"];
const nameOf = (kind: SettingsKind, inputs: JsonObject): string => (kind.nameArgument ? String(inputs[kind.nameArgument]) : kind.noun);
const hostOf = (inputs: JsonObject): HostConnection => inputs.host as unknown as HostConnection;

export function settingsHandler(kind: SettingsKind): Handler {
  return {
    check: (_ctx, olds, news) => Promise.resolve(check(kind, olds, news)),
    diff: (ctx, _id, olds, news) => Promise.resolve(diff(kind, ctx, olds, news)),
    create: (ctx, inputs) => converge(ctx, kind, inputs, null),
    update: async (ctx, _id, olds, news) => ({ outs: (await converge(ctx, kind, news, olds)).outs }),
    read: (ctx, id, props) => read(ctx, kind, id, props),
    delete: (ctx, id, props) => remove(ctx, kind, id, props),
  };
}

function check(kind: SettingsKind, olds: JsonObject, news: JsonObject): CheckResult {
  const failures = validate(news, kind.fields, ["rotation"]);
  const inputs: JsonObject = { ...news, onUnreachable: news.onUnreachable ?? "fail" };
  delete inputs.rotation;
  const declared = Object.keys(kind.owned);
  const told = [...declared, ...(kind.nameArgument ? [kind.nameArgument] : [])];
  if (failures.length > 0 || told.some((name) => hasUnknown(inputs[name]))) return { inputs, failures };
  const unchanged = olds.rotation !== undefined && declared.every((name) => same(olds[name], inputs[name]));
  return { inputs: { ...inputs, rotation: unchanged ? olds.rotation! : sentence(kind, olds, inputs) }, failures };
}

function sentence(kind: SettingsKind, olds: JsonObject, news: JsonObject): string {
  const what = kind.nameArgument ? `${kind.noun} "${nameOf(kind, news)}"` : kind.noun;
  if (Object.keys(olds).length === 0) return `first deployment: adopts ${what} as it is where it matches, else sets it`;
  const changed = Object.keys(kind.owned).filter((name) => !same(olds[name], news[name]));
  return `${what}: ${changeWords(changed, olds, news)}`;
}

function diff(kind: SettingsKind, ctx: Context, olds: JsonObject, news: JsonObject): DiffResult {
  const server = serverName(news.host);
  if (kind.nameArgument && olds[kind.nameArgument] !== news[kind.nameArgument]) return { replaces: [kind.nameArgument] };
  if (olds.unfinished === true) return { changes: true };
  const changed = Object.keys(kind.owned).filter((name) => {
    const wanted = news[name];
    return wanted !== undefined && wanted !== null && (hasUnknown(wanted) || !equalSetting(kind.owned, name, olds[name] ?? null, wanted));
  });
  if (changed.length === 0) return { changes: QUIET.some((name) => !same(olds[name], news[name])) };
  const drift = olds.rotation !== undefined && olds.rotation === news.rotation;
  ctx.note(
    `[${server}] ${drift ? `drift: ${changed.join(", ")} of ${nameOf(kind, news)} was changed by hand; \`pulumi up\` sets it again` : String(news.rotation ?? "settings change")}`,
  );
  return drift ? { changes: true } : {};
}

async function converge(
  ctx: Context,
  kind: SettingsKind,
  inputs: JsonObject,
  former: JsonObject | null,
): Promise<{ id: string; outs: JsonObject }> {
  ctx.register(hostOf(inputs));
  const session = await ctx.session(hostOf(inputs));
  if (former && kind.kind !== "hybrid") refuseOtherServer(session, String(former.server));
  await kind.refuse?.(inputs, session);
  const run: Run = { ctx, kind, inputs, session, former, claim: former ? String(former.claim) : newClaim() };
  const bag = await kind.find(session, nameOf(kind, inputs));
  const settled = Object.keys(changesOf(kind.owned, inputs, bag)).length === 0;
  if (settled && former && former.unfinished !== true && former.owner === inputs.owner) return finish(run, bag, String(former.revision));
  await lookFirst(run, session);
  return withLease(session, actorOf(String(inputs.owner)), (leased) => change(run, leased), ctx.signal);
}

/** What the refusals of a change look at. */
interface Facts extends Run {
  shell: Shell;
  bag: Bag;
  changes: { [property: string]: Value };
}

/** What speaks against a change, in order (refusals.ts). */
const REFUSALS: Chain<Facts> = [({ kind, shell, changes, ctx, bag }) => kind.refuseChange?.(shell, changes, ctx.now, bag)];

/** Before the lease and again under it: another run may have worked in between. */
async function lookFirst(run: Run, shell: Shell): Promise<Facts> {
  const { kind, inputs } = run;
  const bag = await kind.find(shell, nameOf(kind, inputs));
  return refuseFirst(REFUSALS, { ...run, shell, bag, changes: changesOf(kind.owned, inputs, bag) });
}

async function change(run: Run, leased: LeasedShell): Promise<{ id: string; outs: JsonObject }> {
  const { kind, inputs, session, ctx } = run;
  const name = nameOf(kind, inputs);
  const { bag, changes } = await lookFirst(run, leased);
  try {
    await writeClaim(run, leased, bag, Object.keys(changes).length > 0);
    const open = async (): Promise<boolean> => Object.keys(changesOf(kind.owned, inputs, await kind.find(leased, name))).length === 0;
    const text = `set ${Object.keys(changes).join(", ")} of ${kind.noun} "${name}"`;
    const step = { id: kind.step, text, probe: open, run: () => kind.set(leased, name, changes) };
    await runPlan({ host: session.facts.name, steps: [step], journal: null, signal: ctx.signal });
    failPoint(session.facts.name, kind.kind, "before-reply");
    return await finish(run, await kind.find(leased, name), randomUUID());
  } catch (error) {
    throw partial(error, kind.id(session, name), { ...outsOf(run, bag), revision: randomUUID() });
  }
}

async function writeClaim({ kind, inputs, session, former, claim }: Run, leased: LeasedShell, bag: Bag, made: boolean): Promise<void> {
  const before = await readClaims(leased);
  const name = kind.id(session, nameOf(kind, inputs));
  const owner = String(inputs.owner);
  const previous = ownedValues(kind.owned, bag);
  const formerOwner = former?.owner === undefined ? undefined : String(former.owner);
  await saveClaims(leased, before, withClaim(before, { kind: kind.kind, name, owner, claim, made, previous, formerOwner }));
}

async function finish(run: Run, bag: Bag, revision: string): Promise<{ id: string; outs: JsonObject }> {
  const { kind, inputs, session } = run;
  const id = kind.id(session, nameOf(kind, inputs));
  const previous = previousSettings(kind.owned, inputs, recordOf(await readClaims(session), kind.kind, id)?.previous);
  return { id, outs: plain({ ...outsOf(run, bag), previous, revision, condition: READY }) };
}
function outsOf({ kind, inputs, session, claim }: Run, bag: Bag): JsonObject {
  return plain({ ...inputs, ...observedSettings(kind.owned, inputs, bag), claim, server: session.facts.fqdn });
}

/** Whether an object has any of what a resource may own. */
const shows = ({ owned }: SettingsKind, bag: Bag): boolean => Object.values(ownedValues(owned, bag)).some((value) => value !== null);

async function read(ctx: Context, kind: SettingsKind, id: string, props: JsonObject): Promise<ReadResult> {
  const inShell = async (): Promise<Bag> => kind.find(await ctx.session(hostOf(props)), nameOf(kind, props));
  try {
    const { inDirectory } = kind;
    const bag = inDirectory
      ? await fromDirectory(ctx, hostOf(props), `the ${kind.noun}`, inDirectory, inShell, (seen) => shows(kind, seen))
      : await inShell();
    return { id, props: plain({ ...props, ...observedSettings(kind.owned, props, bag) }) };
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return {};
    throw error;
  }
}

/** What we set goes back to what it was; what was adopted stays. */
async function remove(ctx: Context, kind: SettingsKind, id: string, props: JsonObject): Promise<void> {
  const name = nameOf(kind, props);
  await deleteClaimed(ctx, { kind: kind.kind, name: id, host: hostOf(props), props }, async ({ leased, right, record }) => {
    const bag = right === "act" ? await findOrNull(kind, leased, name) : null;
    if (!bag) return;
    const previous = (record.previous ?? {}) as Bag;
    const asked = props.onDelete === "clear" ? { TlsCertificateName: null } : await restorable(ctx, kind, props, bag, previous, leased);
    const changes = await withoutHandover(ctx, kind, props, bag, asked, leased);
    if (Object.keys(changes).length > 0) await kind.set(leased, name, changes);
  });
}

/** `restoring` without a name that would not resolve: what is there now stays (rotation.md 6). */
async function restorable(
  ctx: Context,
  kind: SettingsKind,
  props: JsonObject,
  bag: Bag,
  previous: Json,
  leased: LeasedShell,
): Promise<{ [property: string]: Value }> {
  const changes = restoring(kind.owned, props, bag, previous as Bag);
  try {
    await kind.refuseChange?.(leased, changes, ctx.now, bag);
    return changes;
  } catch (error) {
    if (!isExchangeError(error, "CERTIFICATE_NOT_FOUND", "CERTIFICATE_EXPIRED", "CERTIFICATE_NOT_YET_VALID")) throw error;
    ctx.warn(`[DELETE_KEPT] ${kind.noun} "${nameOf(kind, props)}" keeps its present TlsCertificateName: ${error.sentence}`);
    const { TlsCertificateName: _name, ...rest } = changes;
    return rest;
  }
}

/** Where the program says what a delete does, it is done, and said; else the object keeps what it has (DESIGN 3, point 6). */
async function withoutHandover(
  ctx: Context,
  kind: SettingsKind,
  props: JsonObject,
  bag: Bag,
  changes: { [property: string]: Value },
  leased: LeasedShell,
): Promise<{ [property: string]: Value }> {
  const handover = (await kind.handsOver?.(leased, changes, ctx.now, bag)) ?? null;
  if (handover === null) return changes;
  const what = `${kind.noun} "${nameOf(kind, props)}"`;
  if (props.onDelete !== undefined && props.onDelete !== null) {
    ctx.warn(`${what} goes back as onDelete asks: ${handover.sentence}`);
    return changes;
  }
  ctx.warn(`[DELETE_KEPT] ${what} keeps its present ${handover.properties.join(", ")}: ${handover.sentence}`);
  return Object.fromEntries(Object.entries(changes).filter(([property]) => !handover.properties.includes(property)));
}

async function findOrNull(kind: SettingsKind, shell: Shell, name: string): Promise<Bag | null> {
  try {
    return await kind.find(shell, name);
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return null;
    throw error;
  }
}
