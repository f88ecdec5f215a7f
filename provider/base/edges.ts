/**
 * What this process knows of the Edges' service, kept in memory: a signal leaves three seconds, and what failed may be the very
 * connection that would be asked. Whoever learns something says it here; nobody is asked.
 */

/** An open rotation of one Edge. */
export interface OpenRotation {
  /** When it was opened, ISO 8601. */
  since: string;
  /** How far it came, and what was done last: `the subscription file was exported`. */
  step: number;
  of: number;
  text: string;
  /** Transport was stopped by it, and is still to be started. */
  isOut: boolean;
  /** The stack that rotates, `project/stack`, where it is known. */
  stack?: string;
}
/** The same, with the owner of what rotates. */
export interface OwnedRotation extends OpenRotation {
  owner: string;
}
/** A site's window as its record on the organisation's host tells it. */
export interface SeenWindow {
  edge: string;
  owner: string;
  since: string;
}

interface Edge {
  site: string | null;
  /** Undefined: nobody has read its journal yet. */
  rotation?: OpenRotation | null;
  /** Transport's last seen status. */
  transport?: string;
}
const edges = new Map<string, Edge>();
const windows = new Map<string, readonly SeenWindow[]>();
/** The stack that this process works for, `project/stack`. */
let ownStack: string | undefined;

const keyOf = (name: string): string => name.toUpperCase();
function edgeNamed(name: string): Edge {
  const found = edges.get(keyOf(name)) ?? { site: null };
  edges.set(keyOf(name), found);
  return found;
}

export function knowStack(stack: string): void {
  ownStack = stack;
}
/** An Edge of the program, by the name that it is declared under. */
export function knowEdge(name: string, site?: string): void {
  const edge = edgeNamed(name);
  if (site) edge.site = site;
}
/** A connection leads to this server; it may be declared under another name, and it may be no Edge. */
export function sawServer(declared: string, name: string, role: string): void {
  const before = edges.get(keyOf(declared));
  if (role !== "Edge" || keyOf(declared) !== keyOf(name)) edges.delete(keyOf(declared));
  if (role === "Edge")
    edges.set(keyOf(name), { ...before, ...edgeNamed(name), site: edges.get(keyOf(name))?.site ?? before?.site ?? null });
}
/** An Edge's journal as it is now; null where no rotation is open. True when that it is out of service was not known here. */
export function sawRotation(name: string, rotation: OpenRotation | null, site: string | null): boolean {
  const edge = edgeNamed(name);
  const isNews = rotation?.isOut === true && edge.rotation?.isOut !== true;
  edge.rotation = rotation;
  edge.site = site ?? edge.site;
  return isNews;
}
/** What is known here of an Edge's rotation: null where none is open, undefined where nobody has looked. */
export function rotationOf(name: string): OpenRotation | null | undefined {
  return edges.get(keyOf(name))?.rotation;
}
/** `since 21:04, step 5 of 9: the subscription file was exported` */
export function rotationInWords({ since, step, of, text }: Omit<OpenRotation, "isOut">, now: Date): string {
  return `since ${clockTime(since, now)}, step ${step} of ${of}: ${text}`;
}
/** What finishes a rotation: a run of the stack that it belongs to, which is named where it is not `own`. */
export function wayOf({ stack }: Pick<OpenRotation, "stack">, own: string | undefined, way: string): string {
  return stack === undefined || own === undefined || stack === own ? way : `${way} in stack ${stack}`;
}
/** `EDGE01 is out of service: a rotation of shop/prod/edge01 has been open since …, step 3 of 9: the subscription file was exported` */
export function openInWords(name: string, { owner, since, step, of, text, isOut }: OwnedRotation): string {
  return `${name} is ${isOut ? "out of" : "in"} service: a rotation of ${owner} has been open since ${since}, step ${step} of ${of}: ${text}`;
}
export function sawTransport(name: string, status: string): void {
  edgeNamed(name).transport = status;
}
/** Those that are open in the site now. */
export function sawSiteWindows(site: string, open: readonly SeenWindow[]): void {
  if (open.length > 0) windows.set(keyOf(site), open);
  else windows.delete(keyOf(site));
}
/** Another process begins; for tests. */
export function forgetEdges(): void {
  edges.clear();
  windows.clear();
  ownStack = undefined;
}

/** Whether a rotation that is known here has an Edge out of service. */
export function isAnyOut(): boolean {
  return [...edges.values()].some(({ rotation }) => rotation?.isOut === true);
}

/**
 * The state of the servers in an administrator's words, one line an Edge that is out of service:
 * `EDGE01 is out of service (since 21:04, step 5 of 9: the subscription file was exported); mail goes through EDGE02; …`.
 * @param way what finishes it
 */
export function serversInWords(now: Date, way = "`pulumi up`"): string {
  const out = allOut(now, way);
  if (out.length > 0) return out.map(({ sentence }) => sentence).join("\n");
  const all = [...edges.entries()];
  const unseen = all.filter(([, edge]) => edge.rotation === undefined).map(([name]) => name);
  if (all.length > 0 && unseen.length === 0) return "all Edges are in service";
  return `no Edge was taken out of service by this run${unseen.length > 0 ? ` (${unseen.sort().join(", ")}: not looked at)` : ""}`;
}

/** The same, for what an error begins with. Pulumi's status column shows the first line alone: where all is well it must say the error, too. */
export function serversBefore(now: Date): string {
  return `${serversInWords(now)}${allOut(now, "").length > 0 ? "\n" : ". "}`;
}

interface Out {
  name: string;
  sentence: string;
}
const allOut = (now: Date, way: string): Out[] => [...outByRotation(now, way), ...outByOthers(now), ...outOtherwise(way)];
const sorted = (): [string, Edge][] => [...edges.entries()].sort(([a], [b]) => a.localeCompare(b));

function outByRotation(now: Date, way: string): Out[] {
  return sorted().flatMap(([name, { rotation }]) => {
    if (!rotation?.isOut) return [];
    const how = rotationInWords(rotation, now);
    return [{ name, sentence: `${name} is out of service (${how}); ${mailGoes(name)}; ${wayOf(rotation, ownStack, way)} finishes it` }];
  });
}

/** Another run has it, or left it so: its journal was not read here. */
function outByOthers(now: Date): Out[] {
  return [...windows.values()].flat().flatMap(({ edge, owner, since }) => {
    if (edges.get(keyOf(edge))?.rotation !== undefined) return [];
    const how = `since ${clockTime(since, now)}, by ${owner}`;
    return [{ name: edge, sentence: `${edge} is out of service (${how}); ${mailGoes(edge)}; a run of its own stack finishes it` }];
  });
}

/** No rotation is open, and transport does not run. */
function outOtherwise(way: string): Out[] {
  return sorted().flatMap(([name, { rotation, transport }]) => {
    if (rotation?.isOut || transport === undefined || transport === "Running") return [];
    return [{ name, sentence: `${name} is out of service (transport is ${transport}); ${mailGoes(name)}; ${way} starts it` }];
  });
}

/** Edges of the same site, as far as sites are known, that are not out of service themselves. */
function mailGoes(out: string): string {
  const site = edges.get(keyOf(out))?.site ?? null;
  const others = sorted().filter(([name, one]) => {
    const elsewhere = site !== null && one.site !== null && keyOf(one.site) !== keyOf(site);
    const isDown = one.rotation?.isOut === true || (one.transport !== undefined && one.transport !== "Running");
    const isOther = [...windows.values()].flat().some(({ edge }) => keyOf(edge) === name && one.rotation === undefined);
    return name !== keyOf(out) && !elsewhere && !isDown && !isOther;
  });
  // Others may be declared later in this run, or by another program.
  if (others.length === 0) return "without another Edge in its site its mail waits";
  return `mail goes through ${others.map(([name]) => name).join(", ")}`;
}

/** `21:04`, on another day `2026-11-29 21:04`: this machine's time. */
export function clockTime(iso: string, now: Date): string {
  const then = new Date(iso);
  const two = (value: number): string => String(value).padStart(2, "0");
  const day = (date: Date): string => `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day(then) === day(now) ? "" : `${day(then)} `}${two(then.getHours())}:${two(then.getMinutes())}`;
}
