/**
 * The provider's modules, loaded afresh for each process that a case starts. Compiled and resolved once; run once a process,
 * because what they remember (leases, sessions, opened sources) must not outlive it.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, resolve, sep } from "node:path";
import { compileFunction } from "node:vm";
import { every } from "./virtualTime";

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
  const names = ["exports", "require", "module", "__filename", "__dirname", "setTimeout", "setInterval", "clearInterval"];
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
  const { setTimeout, setInterval, clearInterval } = timers;
  one.factory(module.exports, inner, module, path, dirname(path), setTimeout, setInterval, clearInterval);
  return module.exports;
}

/** Timers of one process: they end with it, and those that repeat follow the jumping clock. */
export class Timers {
  private readonly pending = new Set<NodeJS.Timeout>();
  private readonly repeating = new Set<() => void>();
  readonly setTimeout = (run: () => void, ms?: number): NodeJS.Timeout => {
    const timer = setTimeout(() => {
      this.pending.delete(timer);
      run();
    }, ms);
    this.pending.add(timer);
    return timer;
  };
  readonly setInterval = (run: () => void, ms: number): { unref(): void; end(): void } => {
    const end = every(ms, run);
    this.repeating.add(end);
    return { unref: () => undefined, end };
  };
  readonly clearInterval = (timer: { end(): void }): void => timer.end();
  stop(): void {
    for (const timer of this.pending) clearTimeout(timer);
    for (const end of this.repeating) end();
  }
}
