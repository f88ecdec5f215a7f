/**
 * The life of a resource, written once: check, diff, create, update, read, delete. A kind of resource is a definition: its arguments, what
 * a preview says of it (offline.ts), what it looks at, what speaks against a change, the work, its outputs, and its removal.
 *
 * Every create and update goes the same way: connect, look, refuse, and where something is to be done look and refuse again under
 * the lease, then work. What fails once something may have been changed keeps id and outputs, so that the next run finishes it.
 */
import { randomUUID } from "node:crypto";
import { canonical, plain, type Json, type JsonObject } from "../base/json";
import type { Shell } from "../exchange/shell";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { actorOf, type Actor } from "../rotation/actor";
import { claimsOf, saveClaimsOf } from "../rotation/claimFiles";
import { newClaim, withClaim, type Kind } from "../rotation/claims";
import { READY } from "../rotation/conditions";
import { healServices } from "../rotation/directoryServices";
import { failPoint } from "../rotation/failpoints";
import { seeLease } from "../rotation/lease";
import { isLeaseKept, withLease, type LeasedShell } from "../rotation/leasedShell";
import { refuseForeign } from "../rotation/opening";
import { sessionIfUp } from "./directory";
import { check, diff, type Offline } from "./offline";
import { partial, rememberOutage, requireRole } from "./outcome";
import { refuseFirst, type Chain } from "./refusals";
import type { Context, Handler, ReadResult } from "./types";
import { refuseOtherServer, standsElsewhere } from "./whereabouts";

/** What an earlier create or update left in state. */
export interface Former {
  id: string;
  olds: JsonObject;
  revision: string;
  owner: string;
}
/** A create or update of one resource, whatever the servers show. */
export interface Task<I> {
  ctx: Context;
  inputs: I;
  /** The server that the resource stands on, or the organisation's host: lease and claim lie there. */
  home: HostSession;
  actor: Actor;
  claim: string;
  /** Null in a create. */
  former: Former | null;
}
/** A task whose turn it is. */
export interface Working<I, F, L = LeasedShell> extends Task<I> {
  leased: L;
  /** Read under the lease, and refused by nothing. */
  facts: F;
  /** To be called right before the first change: what fails from then on is kept in state. `seen`: what only the work could know. */
  touch(seen?: F): void;
  /** Nothing is left of what was changed: what fails now is kept nowhere. */
  untouch(): void;
  isTouched(): boolean;
}
/** What a read sees: outputs, and whether an earlier run left something open. */
export interface Seen {
  /** Undefined: no output any more. */
  outputs: { [name: string]: Json | undefined };
  open?: boolean;
}
/** The server that a resource stands on. */
export interface Home {
  connection: HostConnection;
  role?: { role: "Edge" | "Mailbox"; argument: string };
  /** Further connections that a later delete may need. */
  others?: (HostConnection | undefined)[];
}
type Result = Promise<{ id: string; outs: JsonObject }>;

/** `I`: arguments, `F`: facts, `L`: the leased shell, null where the work takes its leases itself. */
export interface Definition<I extends { owner: string }, F, L = LeasedShell> extends Offline {
  /** Its claims and fail points. */
  kind: Kind;
  point?: string;
  home(inputs: I): Home;
  /** `home` may be an Edge whose directory services a broken run has stopped: they are started before Exchange is asked. */
  heals?: true;
  /** Reads only. `shell`: the home's session, or its leased shell. `before`: what was seen before the lease. */
  look(task: Task<I>, shell: Shell, before: F | null): Promise<F>;
  refusals: Chain<F>;
  /** Nothing to do: the update leaves everything as it is, its revision included. */
  isSettled(task: Task<I>, facts: F): boolean | Promise<boolean>;
  /** Where the work takes its leases itself: how it is kept from others of its kind in this process. */
  alone?<T>(task: Task<I>, work: () => Promise<T>): Promise<T>;
  /** May give back what it has seen last: then the servers are not asked again for the outputs. */
  work(working: Working<I, F, L>): Promise<void | F>;
  /** What a run has to tell once all is done. */
  tell?(task: Task<I>, facts: F): void;
  id(task: Task<I>, facts: F): string;
  /** Arguments that are kept in state; default: all. */
  kept?(inputs: I): JsonObject;
  /** Outputs beside the arguments; `anew`: the servers are asked again. */
  outputs(task: Task<I>, facts: F, anew: boolean): Promise<JsonObject>;
  /** Outputs after a failure, where the servers do not answer any more; default: as they were seen before. */
  unseen?(task: Task<I>, facts: F): JsonObject;
  /** What the directory shows of it. Where there is something, a server that is down fails no refresh, and that is all that is read. */
  inDirectory?(ctx: Context, id: string, inputs: I): Promise<JsonObject | null>;
  /** Null when it is gone. `home` connects on first need, where the resource stands on no server of its own. */
  read(ctx: Context, id: string, inputs: I, home: () => Promise<HostSession>): Promise<Seen | null>;
  remove: Handler["delete"];
}

export function lifecycle<I extends { owner: string }, F, L = LeasedShell>(definition: Definition<I, F, L>): Handler {
  return {
    check: (ctx, olds, news) => check(definition, ctx, olds, news),
    diff: (ctx, id, olds, news) => Promise.resolve(diff(definition, ctx, id, olds, news)),
    create: (ctx, inputs) => converge(definition, ctx, inputs, null),
    update: async (ctx, id, olds, news) => {
      const former = { id, olds, revision: String(olds.revision), owner: String(olds.owner) };
      return { outs: (await converge(definition, ctx, news, former)).outs };
    },
    read: (ctx, id, props) => read(definition, ctx, id, props),
    delete: definition.remove,
  };
}

/** Brings a server to what is declared, from wherever it is. */
async function converge<I extends { owner: string }, F, L>(
  definition: Definition<I, F, L>,
  ctx: Context,
  news: JsonObject,
  former: Former | null,
): Result {
  const inputs = news as unknown as I;
  const { connection, role, others = [] } = definition.home(inputs);
  for (const one of [connection, ...others]) if (one) ctx.register(one);
  const home = await ctx.session(connection);
  if (role) requireRole(home, role.role, role.argument);
  const deployed = former && definition.stands?.fqdn(former.id, former.olds);
  if (typeof deployed === "string") refuseOtherServer(home, connection, deployed);
  const actor = actorOf(inputs.owner);
  const claim = typeof former?.olds.claim === "string" ? former.olds.claim : newClaim();
  const task: Task<I> = { ctx, inputs, home, actor, claim, former };
  // The lease first: what is asked behind it stands when it is taken (rotation/lease.ts).
  const seen = definition.alone || isLeaseKept(home) ? undefined : seeLease(home);
  // Looked at along with what has to be so before: where a service had to be started first, it is looked at anew.
  const looked = definition.look(task, home, null);
  looked.catch(() => undefined);
  const [{ journal, healed }] = await Promise.all([
    definition.heals ? healServices(home, actor, ctx.signal) : { journal: null, healed: false },
    seen,
  ]);
  refuseForeign(journal, actor, home.facts.name);
  const facts = await refuseFirst(definition.refusals, await (healed ? definition.look(task, home, null) : looked));
  const finished = former !== null && former.olds.unfinished !== true && former.owner === inputs.owner;
  if (finished && (await definition.isSettled(task, facts))) return finish(definition, task, facts, { revision: former.revision });
  if (definition.alone) return definition.alone(task, () => change(definition, { ...task, facts, leased: null as L }));
  return withLease(
    home,
    actor,
    async (leased) => change(definition, { ...task, facts: await lookFirst(definition, task, leased, facts), leased: leased as L }),
    ctx.signal,
  );
}

/** Before the lease and again under it: another run may have worked in between. */
async function lookFirst<I extends { owner: string }, F, L>(
  { look, refusals }: Definition<I, F, L>,
  task: Task<I>,
  shell: Shell,
  before: F | null,
): Promise<F> {
  return refuseFirst(refusals, await look(task, shell, before));
}

async function change<I extends { owner: string }, F, L>(
  definition: Definition<I, F, L>,
  working: Omit<Working<I, F, L>, keyof Trace<F>>,
): Result {
  const { home, facts } = working;
  const trace = traceOf(facts);
  try {
    const after = await definition.work({ ...working, ...trace });
    trace.touch(after ?? trace.seen() ?? facts);
    failPoint(home.facts.name, definition.point ?? definition.kind, "before-reply");
    return await finish(definition, working, trace.seen()!, { revision: randomUUID(), anew: after === undefined });
  } catch (error) {
    const seen = trace.seen();
    if (seen === null) throw error;
    const outputs = await definition.outputs(working, seen, true).catch(() => unseen(definition, working, seen));
    throw partial(error, definition.id(working, seen), outsOf(definition, working, outputs, randomUUID()));
  }
}

/** What a failure of the work keeps in state. */
interface Trace<F> extends Pick<Working<unknown, F>, "touch" | "untouch" | "isTouched"> {
  /** Null while there is nothing to keep. */
  seen(): F | null;
}
function traceOf<F>(first: F): Trace<F> {
  let kept: F | null = null;
  return {
    touch: (seen = kept ?? first) => void (kept = seen),
    untouch: () => void (kept = null),
    isTouched: () => kept !== null,
    seen: () => kept,
  };
}

async function unseen<I extends { owner: string }, F, L>(definition: Definition<I, F, L>, task: Task<I>, facts: F): Promise<JsonObject> {
  return definition.unseen ? definition.unseen(task, facts) : definition.outputs(task, facts, false);
}

async function finish<I extends { owner: string }, F, L>(
  definition: Definition<I, F, L>,
  task: Task<I>,
  facts: F,
  { revision, anew = false }: { revision: string; anew?: boolean },
): Result {
  const outputs = await definition.outputs(task, facts, anew);
  definition.tell?.(task, facts);
  const outs = outsOf(definition, task, outputs, revision);
  return { id: definition.id(task, facts), outs: plain({ ...outs, condition: outs.condition ?? READY }) };
}

function outsOf<I extends { owner: string }, F, L>(
  { kept }: Definition<I, F, L>,
  { inputs, claim }: Task<I>,
  outputs: JsonObject,
  revision: string,
): JsonObject {
  return plain({ ...(kept ? kept(inputs) : (inputs as unknown as JsonObject)), ...outputs, claim, revision });
}

async function read<I extends { owner: string }, F, L>(
  definition: Definition<I, F, L>,
  ctx: Context,
  id: string,
  props: JsonObject,
): Promise<ReadResult> {
  const inputs = props as unknown as I;
  const { connection } = definition.home(inputs);
  const shown = (await definition.inDirectory?.(ctx, id, inputs)) ?? null;
  if (shown && !(await sessionIfUp(ctx, connection))) return { id, props: plain({ ...props, ...shown }) };
  const deployed = definition.stands?.fqdn(id, props);
  if (typeof deployed === "string" && standsElsewhere(await ctx.session(connection), connection, deployed)) return {};
  const seen = await definition.read(ctx, id, inputs, () => ctx.session(connection));
  if (!seen) return {};
  const { unfinished: before, outOfService: _was, ...rest } = props;
  const unfinished = before === true || seen.open === true;
  const left = unfinished ? { unfinished: true, ...rememberOutage(props) } : {};
  return { id, props: plain({ ...rest, ...seen.outputs, ...shown, ...left }) };
}

/** Writes the claim of an object, and of an alias' former owner takes it (rotation.md 7). */
export async function writeClaim<I extends { owner: string }>(
  { inputs: { owner }, claim, former }: Pick<Task<I>, "inputs" | "claim" | "former">,
  leased: LeasedShell,
  object: Claimed,
): Promise<void> {
  const before = await claimsOf(leased, object);
  await saveClaimsOf(leased, object, before, withClaim(before, { ...object, owner, claim, formerOwner: former?.owner }));
}
export interface Claimed {
  kind: Kind;
  name: string;
  made: boolean;
  previous: JsonObject | null;
}

/** Whether the claim is written as it would be: then no lease is needed for it. */
export async function claimStands<I extends { owner: string }>(
  { inputs: { owner }, claim, former }: Pick<Task<I>, "inputs" | "claim" | "former">,
  shell: Shell,
  object: Claimed,
): Promise<boolean> {
  const book = await claimsOf(shell, object);
  return canonical(book) === canonical(withClaim(book, { ...object, owner, claim, formerOwner: former?.owner }));
}
