/** One definition for objects whose settings are owned in part: receive connectors, the hybrid configuration. */
import { isExchangeError } from "../base/errors";
import { same, type JsonObject } from "../base/json";
import type { Shell } from "../exchange/shell";
import type { Value } from "../remote/protocol";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { claimRecord } from "../rotation/claimFiles";
import type { Kind } from "../rotation/claims";
import { runPlan } from "../rotation/engine";
import type { StepId } from "../rotation/order";
import type { LeasedShell } from "../rotation/leasedShell";
import type { DirectoryView } from "../directory";
import type { Arguments } from "./arguments";
import { deleteClaimed } from "./deletion";
import { fromDirectory } from "./directory";
import { lifecycle, writeClaim, type Home, type Task, type Working } from "./lifecycle";
import type { Offline } from "./offline";
import {
  changesOf,
  changeWords,
  differing,
  observedSettings,
  ownedValues,
  previousSettings,
  restoring,
  type Bag,
  type Owned,
} from "./settings";
import type { Context, Handler } from "./types";

/** What tells one kind of object from another. */
export interface SettingsKind {
  /** The class. */
  name: string;
  kind: Kind;
  step: StepId;
  /** `receive connector`, for sentences. */
  noun: string;
  owned: Owned;
  arguments: Arguments;
  /** The argument that names the object, or null where there is one an organisation. */
  nameArgument: string | null;
  role?: Home["role"];
  find(shell: Shell, name: string): Promise<Bag>;
  /** The same out of the organisation's directory, where it holds such objects; undefined where it shows none. */
  inDirectory?(view: DirectoryView): Bag | undefined;
  set(leased: LeasedShell, name: string, changes: Changes): Promise<void>;
  /** id of the resource, and key of its claim. */
  id(session: HostSession, name: string): string;
  /** Refusals that need the host. */
  refuse?(inputs: JsonObject, session: HostSession): Promise<void> | void;
  /** Refusals of a change that is about to be made. */
  refuseChange?(shell: Shell, changes: Changes, now: Date, bag: Bag): Promise<void>;
  /** What a delete's changes would hand the object over to that nobody wants in silence; null where that is nothing. */
  handsOver?(shell: Shell, changes: Changes, now: Date, bag: Bag): Promise<Handover | null>;
}
interface Changes {
  [property: string]: Value;
}
/** Properties whose change does it, and the sentence about it. */
export interface Handover {
  properties: string[];
  sentence: string;
}
interface Inputs extends JsonObject {
  owner: string;
}
interface Facts {
  task: Task<Inputs>;
  shell: Shell;
  bag: Bag;
  changes: Changes;
}
const nameOf = (kind: SettingsKind, inputs: JsonObject): string => (kind.nameArgument ? String(inputs[kind.nameArgument]) : kind.noun);
const whatOf = (kind: SettingsKind, inputs: JsonObject): string =>
  kind.nameArgument ? `${kind.noun} "${nameOf(kind, inputs)}"` : kind.noun;
const hostOf = (inputs: JsonObject): HostConnection => inputs.host as unknown as HostConnection;

export function settingsHandler(kind: SettingsKind): Handler {
  const { owned } = kind;
  return lifecycle<Inputs, Facts>({
    ...offline(kind),
    kind: kind.kind,
    home: (inputs) => ({ connection: hostOf(inputs), role: kind.role }),
    // An organisation's object is the same from any of its servers.
    ...(kind.nameArgument === null ? {} : { stands: { argument: "host", fqdn: (_id, olds) => olds.server } }),
    look: async (task, shell) => {
      const bag = await kind.find(shell, nameOf(kind, task.inputs));
      return { task, shell, bag, changes: changesOf(owned, task.inputs, bag) };
    },
    refusals: [
      ({ task }) => kind.refuse?.(task.inputs, task.home),
      ({ task, shell, changes, bag }) => kind.refuseChange?.(shell, changes, task.ctx.now, bag),
    ],
    isSettled: (_task, { changes }) => Object.keys(changes).length === 0,
    work: (working) => set(kind, working),
    id: ({ home, inputs }) => kind.id(home, nameOf(kind, inputs)),
    outputs: async ({ home, inputs }, facts, anew) => {
      const bag = anew ? await kind.find(home, nameOf(kind, inputs)) : facts.bag;
      const record = await claimRecord(home, { kind: kind.kind, name: kind.id(home, nameOf(kind, inputs)) });
      const previous = previousSettings(owned, inputs, record?.previous);
      return { ...observedSettings(owned, inputs, bag), previous, server: home.facts.fqdn };
    },
    unseen: ({ inputs, home }, { bag }) => ({ ...observedSettings(owned, inputs, bag), server: home.facts.fqdn }),
    read: async (ctx, _id, inputs, home) => {
      const bag = await orNull(() => findAnywhere(ctx, kind, inputs, home));
      return bag && { outputs: observedSettings(owned, inputs, bag) };
    },
    remove: (ctx, id, props) => remove(ctx, kind, id, props),
  });
}

function offline(kind: SettingsKind): Offline {
  const declared = Object.keys(kind.owned);
  return {
    name: kind.name,
    arguments: kind.arguments,
    needs: [...declared, ...(kind.nameArgument ? [kind.nameArgument] : [])],
    words: (olds, news) => ({ rotation: sentence(kind, olds, news) }),
    unknown: () => "settings change",
    differs: (olds, news) => differing(kind.owned, olds, news),
    drift: (olds, news, pending) =>
      pending.length > 0 && olds.rotation !== undefined && olds.rotation === news.rotation
        ? `drift: ${pending.join(", ")} of ${nameOf(kind, news)} was changed by hand; \`pulumi up\` sets it again`
        : null,
  };
}

function sentence(kind: SettingsKind, olds: JsonObject, news: JsonObject): string {
  const what = whatOf(kind, news);
  if (Object.keys(olds).length === 0) return `first deployment: adopts ${what} as it is where it matches, else sets it`;
  const changed = Object.keys(kind.owned).filter((name) => !same(olds[name], news[name]));
  return `${what}: ${changeWords(changed, olds, news)}`;
}

async function set(kind: SettingsKind, { leased, facts, touch, ...task }: Working<Inputs, Facts>): Promise<void> {
  const { inputs, home, ctx } = task;
  const { bag, changes } = facts;
  const name = nameOf(kind, inputs);
  const made = Object.keys(changes).length > 0;
  touch();
  await writeClaim(task, leased, { kind: kind.kind, name: kind.id(home, name), made, previous: ownedValues(kind.owned, bag) });
  const isSet = async (): Promise<boolean> => Object.keys(changesOf(kind.owned, inputs, await kind.find(leased, name))).length === 0;
  const text = `set ${Object.keys(changes).join(", ")} of ${kind.noun} "${name}"`;
  const step = { id: kind.step, text, probe: isSet, run: () => kind.set(leased, name, changes) };
  await runPlan({ host: home.facts.name, steps: [step], journal: null, signal: ctx.signal });
}

/** What we set goes back to what it was; what was adopted stays. */
async function remove(ctx: Context, kind: SettingsKind, id: string, props: JsonObject): Promise<void> {
  const name = nameOf(kind, props);
  await deleteClaimed(ctx, { kind: kind.kind, name: id, host: hostOf(props), props }, async ({ leased, right, record }) => {
    const bag = right === "act" ? await orNull(() => kind.find(leased, name)) : null;
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
  previous: Bag,
  leased: LeasedShell,
): Promise<Changes> {
  const changes = restoring(kind.owned, props, bag, previous);
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
  changes: Changes,
  leased: LeasedShell,
): Promise<Changes> {
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

/** Out of the directory where it holds such objects, else from the host. */
async function findAnywhere(ctx: Context, kind: SettingsKind, inputs: Inputs, home: () => Promise<HostSession>): Promise<Bag> {
  const inShell = async (): Promise<Bag> => kind.find(await home(), nameOf(kind, inputs));
  const shows = (seen: Bag): boolean => Object.values(ownedValues(kind.owned, seen)).some((value) => value !== null);
  return kind.inDirectory ? fromDirectory(ctx, hostOf(inputs), `the ${kind.noun}`, kind.inDirectory, inShell, shows) : inShell();
}

async function orNull(find: () => Promise<Bag>): Promise<Bag | null> {
  try {
    return await find();
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return null;
    throw error;
  }
}
