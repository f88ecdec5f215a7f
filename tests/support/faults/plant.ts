/** How a defect is planted: a part of the freshly loaded provider is replaced. The product has no switch for them. */
import type { Case, Fault } from "./cases";
import type { Shape } from "./programs";
import type { Hooks } from "./provider";

export type Load = Parameters<NonNullable<Hooks["plant"]>>[0];
export type Any = { [name: string]: (...args: never[]) => unknown };
export interface Bug {
  name: string;
  plant: (load: Load) => void;
  cases: Omit<Case, "plant">[];
}

export const attempt = (shape: Shape, ...faults: Fault[]): Omit<Case, "plant"> => ({ shape, attempts: [faults] });
export const kill = (point: string): Fault => ({ at: "named", point, action: "kill" });
export const fails = (point: string): Fault => ({ at: "named", point, action: "error" });
export const lab = (fault: Extract<Fault, { at: "lab" }>["fault"]): Fault => ({ at: "lab", fault });

/** Replaces one function of a module; the new one gets the old one. */
export function replace(load: Load, module: string, name: string, by: (old: (...args: never[]) => unknown) => unknown): void {
  const exports = load<Any>(module);
  exports[name] = by(exports[name]) as never;
}
export const nothing = () => () => Promise.resolve();
interface Method {
  [name: string]: (...args: unknown[]) => unknown;
}
export function method(
  load: Load,
  module: string,
  type: string,
  name: string,
  by: (old: (...args: unknown[]) => unknown) => (this: unknown, ...args: unknown[]) => unknown,
): void {
  const prototype = load<{ [type: string]: { prototype: Method } }>(module)[type].prototype;
  prototype[name] = by(prototype[name]);
}
/** A step of that name runs and is then taken for done, or is not run at all. */
export function steps(load: Load, change: (step: { id: string; probe: () => Promise<boolean>; run: () => Promise<void> }) => void): void {
  replace(load, "rotation/engine", "runPlan", (old) => (plan: { steps: Parameters<typeof change>[0][] }) => {
    plan.steps.forEach(change);
    return old(plan as never);
  });
}
