/**
 * How far a run is with the Edges of its fleet: which one this is, how many are done and left, and about how long those take. In memory: what
 * was declared together is a fleet, and a time is known once this run has taken an Edge out of service and back.
 */

/** One Edge, as this run has seen it. */
export interface FleetEdge {
  /** `out`: this run has it out of service. `done`: nothing is to be done on it any more, whether or not something was. */
  state: "left" | "begun" | "out" | "done" | "failed";
  /** When it left service, in ms of a clock that never jumps; undefined where a run before this one took it out. */
  since?: number;
  /** How long it was out of service, in ms; undefined where it never was, or a run before this one had begun it. */
  took?: number;
  /** Code of what it failed with. */
  code?: string;
}

/** Edge → all Edges of its fleet. */
const fleets = new Map<string, Set<string>>();
const edges = new Map<string, FleetEdge>();
/** Declared name → the name that the server gives itself. */
const aliases = new Map<string, string>();
const noEdges = new Set<string>();
/** Certificates that the program wants somewhere, as far as this run has come to them. */
const wanted = new Set<string>();

function keyOf(declared: string): string {
  const name = declared.toUpperCase();
  return aliases.get(name) ?? name;
}
function edgeNamed(key: string): FleetEdge {
  const found = edges.get(key) ?? { state: "left" };
  edges.set(key, found);
  return found;
}

/** These Edges were declared together, in whatever order; a list that shares an Edge with another one belongs to the same fleet. */
export function declareFleet(names: readonly string[]): void {
  const keys = names.map(keyOf);
  const all = new Set([...keys, ...keys.flatMap((key) => [...(fleets.get(key) ?? [])])]);
  for (const key of all) fleets.set(key, all);
}
/** A server of the organisation, among whatever Edges it was named. */
export function isNoEdge(name: string): void {
  noEdges.add(keyOf(name));
}
/** A connection leads to this server: an Edge may be declared by its address, or by an alias. */
export function sawFleetServer(declared: string, name: string, role: string): void {
  const [from, to] = [keyOf(declared), name.toUpperCase()];
  if (role !== "Edge") noEdges.add(to);
  if (from === to) return;
  aliases.set(declared.toUpperCase(), to);
  const [fleet, edge] = [fleets.get(from), edges.get(from)];
  fleets.delete(from);
  edges.delete(from);
  if (edge && !edges.has(to)) edges.set(to, edge);
  if (!fleet) return;
  fleet.delete(from);
  declareFleet([to, ...fleet]);
}
/** Another process begins; for tests. */
export function forgetFleets(): void {
  for (const one of [fleets, edges, aliases, noEdges, wanted, atWork, waiting, onMove]) one.clear();
  lastWork = -Infinity;
}

/** This run works on the Edge. */
export function beginEdge(name: string): void {
  const edge = edgeNamed(keyOf(name));
  if (edge.state === "left" || edge.state === "failed" || (edge.state === "done" && edge.took === undefined)) edge.state = "begun";
}
/** The program wants this certificate: on an Edge, or a copy of it. */
export function wantsCertificate(thumbprint: string): void {
  wanted.add(thumbprint.toUpperCase());
}
/**
 * An earlier run has made this certificate the Edge's default, and ended there. Where the program still wants it the Edge is done, before this
 * run comes to it; if something is to be done all the same, it begins then.
 */
export function edgeWasFinished(name: string, thumbprint: string): void {
  const edge = edgeNamed(keyOf(name));
  if (edge.state === "left" && wanted.has(thumbprint.toUpperCase())) edge.state = "done";
}
/**
 * The Edge is out of service. Null, unless this run works on it and it is news; else the line that says so.
 * @param fresh whether this run took it out; else one before it did, and how long an Edge takes cannot be learnt from it
 */
export function edgeIsOut(name: string, fresh: boolean, now: number): string | null {
  const edge = edgeNamed(keyOf(name));
  if (edge.state !== "begun") return null;
  edge.state = "out";
  edge.since = fresh ? now : undefined;
  return lineOf(name, fresh ? "leaves service" : "is still out of service", now);
}
/**
 * Nothing is left to be done on the Edge. A line where it is the last one that this run had out of service: what another one ended, the next
 * one's line tells.
 */
export function edgeIsDone(name: string, now: number): string | null {
  const edge = edgeNamed(keyOf(name));
  if (edge.state === "done") return null;
  const wasOut = edge.state === "out";
  edge.state = "done";
  if (wasOut && edge.since !== undefined) edge.took = now - edge.since;
  if (!wasOut || fleetOf(name).some(({ state }) => state !== "done" && state !== "failed")) return null;
  return lineOf(name, "is back in service", now);
}
export function edgeFailed(name: string, code = "UNEXPECTED"): void {
  const edge = edgeNamed(keyOf(name));
  if (edge.state === "done") return;
  edge.state = "failed";
  edge.code = code;
}
/** Another Edge of the fleet that has failed in this run. */
export function failedBeside(name: string): { edge: string; code: string } | null {
  const all = [...(fleets.get(keyOf(name)) ?? [])].filter((key) => key !== keyOf(name));
  const failed = all.find((key) => edges.get(key)?.state === "failed");
  return failed === undefined ? null : { edge: failed, code: edges.get(failed)!.code! };
}

/** How many operations are under way on an Edge; Edges that wait for their site; when one of all that do not wait was last at work. */
const atWork = new Map<string, number>();
const waiting = new Set<string>();
let lastWork = -Infinity;
const onMove = new Set<() => void>();

/** An operation on the Edge begins; the result ends it. */
export function working(name: string, now: () => number): () => void {
  const count = (by: number): void => void atWork.set(keyOf(name), (atWork.get(keyOf(name)) ?? 0) + by);
  count(1);
  return () => {
    count(-1);
    lastWork = now();
    for (const tell of onMove) tell();
    onMove.clear();
  };
}
/** Its operation does nothing but wait for other Edges. */
export function waitsForSite(name: string, waits: boolean): void {
  if (waits) waiting.add(keyOf(name));
  else waiting.delete(keyOf(name));
}
/** For how long, in ms, this run has done nothing on any other Edge but wait; 0 while it does. */
export function quietFor(name: string, now: number): number {
  const isBusy = [...atWork].some(([key, count]) => count > 0 && key !== keyOf(name) && !waiting.has(key));
  return isBusy ? 0 : now - lastWork;
}
/** The end of the next operation on an Edge. */
export function nextMove(): Promise<void> {
  return new Promise((resolve) => onMove.add(resolve));
}
/** The name that the server gives itself, as far as a connection has led there; upper case. */
export const fleetName = keyOf;

function fleetOf(name: string): FleetEdge[] {
  return [...(fleets.get(keyOf(name)) ?? [])].filter((one) => !noEdges.has(one)).map(edgeNamed);
}

function lineOf(name: string, what: string, now: number): string | null {
  const all = fleetOf(name);
  return all.length < 2 ? null : `${keyOf(name)} of ${all.length} ${what}: ${fleetInWords(all, now)}`;
}

/**
 * `2 done, 6 left, about 12 min to go`: `left` counts all that are not done. The time is that of the Edges which this run took out of
 * service and back, as if everyone that is left had to be, as many at once as are now; nothing is said of it where no Edge was.
 */
export function fleetInWords(all: readonly FleetEdge[], now: number): string {
  const failed = all.filter(({ state }) => state === "failed").length;
  const done = all.filter(({ state }) => state === "done").length;
  const left = all.length - done - failed;
  const time = left === 0 ? null : timeLeft(all, now);
  return [
    `${done} done`,
    ...(failed > 0 ? [`${failed} failed`] : []),
    left === 0 ? "none left" : `${left} left`,
    ...(time === null ? [] : [`about ${roundly(time)} to go`]),
  ].join(", ");
}

/** In ms; null where nothing is known. */
export function timeLeft(all: readonly FleetEdge[], now: number): number | null {
  const known = all.flatMap(({ took }) => (took === undefined ? [] : [took]));
  if (known.length === 0) return null;
  // The lower median: the first one may wait five minutes for EdgeSync, and those behind it do not (exchange.md 15.8).
  const each = known.sort((a, b) => a - b)[(known.length - 1) >> 1];
  const out = all.filter(({ state }) => state === "out");
  const rests = out.map(({ since }) => Math.max(0, each - (since === undefined ? 0 : now - since)));
  const waiting = all.filter(({ state }) => state === "left" || state === "begun").length * each;
  const work = rests.reduce((sum, rest) => sum + rest, waiting);
  const time = Math.max(work / Math.max(1, out.length), ...rests);
  return time > 0 ? time : null;
}

/** `45 s`, `12 min`, `2 h 10 min`: no more of it than an estimate is worth. */
function roundly(ms: number): string {
  const seconds = ms / 1000;
  if (seconds < 90) return `${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 90) return `${minutes} min`;
  const tens = Math.round(minutes / 10) * 10;
  return `${Math.floor(tens / 60)} h${tens % 60 > 0 ? ` ${tens % 60} min` : ""}`;
}
