/** Defects of who may write. */
import type { Fault } from "./cases";
import { attempt, nothing, replace, type Bug } from "./plant";
import { SHAPES } from "./programs";

const { overwrite } = SHAPES;

export const OF_LEASES: Bug[] = [
  {
    name: "fences do not grow",
    plant: (load) =>
      replace(
        load,
        "rotation/lease",
        "takeLease",
        () =>
          async (
            shell: { request: (...args: unknown[]) => Promise<{ fence: number; utc: string }> },
            actor: { owner: string; run: string },
          ) => {
            const { fence } = await shell.request("hello", {});
            return { fence: Math.max(fence, 1), owner: actor.owner, run: actor.run, expires: new Date(Date.now() + 30_000).toISOString() };
          },
      ),
    cases: [4, 8, 12, 16].map((index) => attempt(overwrite, { at: "rival", index, same: true })),
  },
  {
    name: "the lease's expiry is judged by the runner's clock",
    plant: (load) =>
      replace(
        load,
        "rotation/lease",
        "takeLease",
        (old) =>
          (shell: { request: (...args: unknown[]) => Promise<object> }, ...rest: never[]) => {
            const request = async (...args: unknown[]): Promise<object> => {
              const value = await shell.request(...args);
              return args[0] === "hello" ? { ...value, utc: new Date().toISOString() } : value;
            };
            return old(Object.create(shell, { request: { value: request } }) as never, ...rest);
          },
      ),
    cases: [
      attempt(overwrite, ...["MBX01", "EDGE01", "EDGE02"].map((host): Fault => ({ at: "clock", index: 0, seconds: -86_400, host })), {
        at: "rival",
        index: 100,
        same: true,
      }),
    ],
  },
  {
    name: "a lease is not renewed",
    plant: (load) => replace(load, "rotation/lease", "renewLease", nothing),
    cases: [100, 115, 130].map((index) => attempt(overwrite, { at: "rival", index, same: true })),
  },
];
