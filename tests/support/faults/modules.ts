/**
 * The provider's modules, loaded afresh for each process that a case starts. Compiled and resolved once; run once a process,
 * because what they remember (leases, sessions, opened sources) must not outlive it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { compileFunction } from "node:vm";
import { every, passTo, stillness } from "./virtualTime";

export const ROOT = resolve(__dirname, "../../../provider");
/** Kept between processes: no state that a rotation could lean on, and dear to load. */
const SHARED = [join(ROOT, "base"), join(ROOT, "pki")];

export type Modules = Map<string, { exports: unknown }>;
type Factory = (exports: unknown, require: unknown, module: { exports: unknown }, ...rest: unknown[]) => void;
/** What a name in a `require` of some file leads to: a module of the process, or one that all share. */
type Target = { own: string } | { shared: unknown };
interface Compiled {
  factory: Factory;
  targets: Map<string, Target>;
  outer: NodeJS.Require;
}
const compiled = new Map<string, Compiled>();
const isOwn = (path: string): boolean => path.startsWith(ROOT + sep) && !SHARED.some((shared) => path.startsWith(shared + sep));

function compiledAt(path: string): Compiled {
  const known = compiled.get(path);
  if (known) return known;
  const names = ["exports", "require", "module", "__filename", "__dirname", "setTimeout", "clearTimeout", "setInterval", "clearInterval"];
  const factory = compileFunction(readFileSync(path, "utf8"), names, { filename: path }) as Factory;
  const made = { factory, targets: new Map<string, Target>(), outer: createRequire(path) };
  compiled.set(path, made);
  return made;
}

function targetOf({ targets, outer }: Compiled, name: string): Target {
  const known = targets.get(name);
  if (known) return known;
  const path = name.startsWith(".") ? outer.resolve(name) : name;
  const target = isOwn(path) ? { own: path } : { shared: outer(name) as unknown };
  targets.set(name, target);
  return target;
}

/** A module of one process, with all that it needs. */
export function loadInto(modules: Modules, timers: Timers, path: string): unknown {
  const known = modules.get(path);
  if (known) return known.exports;
  const module = { exports: {} };
  modules.set(path, module);
  const one = compiledAt(path);
  const inner = (name: string): unknown => {
    const target = targetOf(one, name);
    return "own" in target ? loadInto(modules, timers, target.own) : target.shared;
  };
  const { setTimeout, clearTimeout, setInterval, clearInterval } = timers;
  one.factory(module.exports, inner, module, path, dirname(path), setTimeout, clearTimeout, setInterval, clearInterval);
  return module.exports;
}

interface Pending {
  timer: NodeJS.Timeout;
  /** By the jumping clock. */
  due: number;
  run: () => void;
}
const processes = new Set<Timers>();

/** Timers of one process: they end with it, and those that repeat follow the jumping clock. */
export class Timers {
  private readonly pending = new Map<NodeJS.Timeout, Pending>();
  private readonly repeating = new Set<() => void>();

  constructor() {
    processes.add(this);
  }

  readonly setTimeout = (run: () => void, ms = 0): NodeJS.Timeout => {
    const fire = (): void => {
      this.pending.delete(timer);
      run();
    };
    // In real time it goes off only where something is wrong with the test: `expireNext` does it otherwise.
    const timer = setTimeout(fire, ms);
    this.pending.set(timer, { timer, due: Date.now() + ms, run: fire });
    return timer;
  };
  readonly clearTimeout = (timer?: NodeJS.Timeout): void => {
    if (timer) this.pending.delete(timer);
    clearTimeout(timer);
  };
  readonly setInterval = (run: () => void, ms: number): { unref(): void; end(): void } => {
    const end = every(ms, run);
    this.repeating.add(end);
    return { unref: () => undefined, end };
  };
  readonly clearInterval = (timer: { end(): void }): void => timer.end();
  stop(): void {
    processes.delete(this);
    for (const timer of this.pending.keys()) clearTimeout(timer);
    this.pending.clear();
    for (const end of this.repeating) end();
  }

  get next(): Pending | undefined {
    return [...this.pending.values()].sort((a, b) => a.due - b.due)[0];
  }
  has({ timer }: Pending): boolean {
    return this.pending.has(timer);
  }
}

/** Somebody waits for what does not come: once nothing else moves, time passes until the first deadline of any process. */
export async function expireNext(): Promise<void> {
  await stillness();
  const [first] = [...processes]
    .flatMap((timers) => (timers.next ? [{ timers, next: timers.next }] : []))
    .sort((a, b) => a.next.due - b.next.due);
  if (!first) return;
  const { timers, next } = first;
  await passTo(next.due, () => !timers.has(next));
  if (!timers.has(next)) return;
  clearTimeout(next.timer);
  next.run();
}
