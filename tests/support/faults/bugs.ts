/**
 * Defects that the suite must notice (reliability.md 3.5, point 4). Each replaces a part of the freshly loaded provider: the
 * product has no switch for them. With each come the faults that bring it to light; the clean program has none of these ends.
 */
import type { Case, Fault } from "./cases";
import { SHAPES, type Shape } from "./programs";
import type { Hooks } from "./provider";
import { CANARIES } from "./world";

type Load = Parameters<NonNullable<Hooks["plant"]>>[0];
type Any = { [name: string]: (...args: never[]) => unknown };
export interface Bug {
  name: string;
  plant: (load: Load) => void;
  cases: Omit<Case, "plant">[];
}

const { overwrite, recreate, flip } = SHAPES;
const attempt = (shape: Shape, ...faults: Fault[]): Omit<Case, "plant"> => ({ shape, attempts: [faults] });
const kill = (point: string): Fault => ({ at: "named", point, action: "kill" });
const fails = (point: string): Fault => ({ at: "named", point, action: "error" });
const lab = (fault: Extract<Fault, { at: "lab" }>["fault"]): Fault => ({ at: "lab", fault });

/** Replaces one function of a module; the new one gets the old one. */
function replace(load: Load, module: string, name: string, by: (old: (...args: never[]) => unknown) => unknown): void {
  const exports = load<Any>(module);
  exports[name] = by(exports[name]) as never;
}
const nothing = () => () => Promise.resolve();
interface Method {
  [name: string]: (...args: unknown[]) => unknown;
}
function method(
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
function steps(load: Load, change: (step: { name: string; probe: () => Promise<boolean>; run: () => Promise<void> }) => void): void {
  replace(load, "rotation/engine", "runPlan", (old) => (plan: { steps: Parameters<typeof change>[0][] }) => {
    plan.steps.forEach(change);
    return old(plan as never);
  });
}

export const BUGS: Bug[] = [
  {
    name: "no journal",
    plant: (load) => {
      method(load, "rotation/journal", "Journal", "append", () => () => Promise.resolve());
      method(load, "rotation/journal", "Journal", "open", () => () => Promise.resolve());
    },
    cases: [attempt(overwrite, kill("enable.after-result"))],
  },
  {
    name: "no connector snapshot",
    plant: (load) => replace(load, "rotation/snapshot", "writeSnapshot", nothing),
    cases: [attempt(recreate)],
  },
  {
    name: "a new snapshot over an open journal",
    plant: (load) =>
      replace(
        load,
        "rotation/opening",
        "openRotation",
        (old) => async (opening: { edge: { facts: { name: string } }; organization: never; who: never }) => {
          const { writeSnapshot } = load<Any>("rotation/snapshot");
          const { withHand } = load<Any>("rotation/hand");
          const journal = await old(opening as never);
          await withHand(opening.organization, opening.who, (async (hand: never) => {
            const connectors = await load<Any>("exchange/sendConnectors").listSendConnectors(hand);
            await writeSnapshot(hand, { edge: opening.edge.facts.name, utc: "", connectors, subscribed: true } as never);
          }) as never);
          return journal;
        },
      ),
    cases: [attempt(recreate, kill("import-subscription.after-cmdlet"))],
  },
  {
    name: "whole source lists are written",
    plant: (load) =>
      replace(
        load,
        "exchange/sendConnectors",
        "addSource",
        () => (shell: never, name: never, server: string) =>
          load<Any>("exchange/sendConnectors").setSendConnector(shell, name, { SourceTransportServers: [server] } as never),
      ),
    cases: [attempt(recreate)],
  },
  {
    name: "connectors are not mended",
    plant: (load) => steps(load, (step) => void (step.name === "mend" && (step.probe = () => Promise.resolve(true)))),
    cases: [attempt(recreate)],
  },
  {
    name: "a connector that vanished is made anew by its name and addresses alone",
    plant: (load) =>
      replace(
        load,
        "exchange/sendConnectors",
        "recreateSendConnector",
        (old) =>
          (shell: never, { Name, AddressSpaces, SourceTransportServers }: { [name: string]: unknown }) =>
            old(shell, { Name, AddressSpaces, SourceTransportServers } as never),
      ),
    cases: [attempt(recreate)],
  },
  {
    name: "mending brings back what an operator changed",
    plant: (load) =>
      replace(
        load,
        "exchange/sendConnectors",
        "addSource",
        () => (shell: never, name: never, server: string) =>
          load<Any>("exchange/sendConnectors").setSendConnector(shell, name, {
            SourceTransportServers: { Add: [server] },
            Comment: null,
            ProtocolLoggingLevel: "None",
          } as never),
      ),
    cases: [attempt(recreate, { at: "operator", index: 60, edit: "comment" })],
  },
  {
    name: "a killed import counts as a finished re-subscription",
    plant: (load) =>
      replace(
        load,
        "handlers/subscription/gather",
        "decide",
        (old) => (inputs: never, now: { journal: { done: Set<string> } | null }, changed: never) => {
          const journal = now.journal && { ...now.journal, exported: false };
          return old(inputs, { ...now, journal } as never, changed);
        },
      ),
    cases: [attempt(recreate, kill("import-subscription.after-result"))],
  },
  {
    name: "a failed append is forgotten",
    plant: (load) => method(load, "rotation/journal", "Journal", "settle", () => () => Promise.resolve()),
    cases: [attempt(overwrite, lab({ host: "EDGE01", cmdlet: "file.append", nth: 22, at: "before", kind: "kill" }))],
  },
  {
    name: "the drain is skipped",
    plant: (load) => {
      steps(load, (step) => void (step.name === "drain" && (step.probe = () => Promise.resolve(true))));
      replace(load, "rotation/drain", "ensureDrained", nothing);
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "the drain comes last",
    plant: (load) => {
      replace(load, "rotation/drain", "ensureDrained", nothing);
      replace(load, "handlers/certificate/steps", "certificateSteps", (old) => (task: never) => (old(task) as unknown[]).reverse());
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "a reboot in the window is not noticed",
    plant: (load) => replace(load, "rotation/drain", "ensureDrained", nothing),
    cases: [140, 150, 160, 170, 180, 190, 200].map((index) => attempt(overwrite, { at: "reboot", index, host: "EDGE01" })),
  },
  {
    name: "transport is never started again",
    plant: (load) => steps(load, (step) => void (step.name === "start" && (step.probe = () => Promise.resolve(true)))),
    cases: [attempt(overwrite)],
  },
  {
    name: "a failure before the default changed leaves the Edge out of service",
    plant: (load) => replace(load, "handlers/certificate/undo", "undoUnlessDefault", () => () => Promise.resolve(false)),
    cases: [attempt(overwrite, fails("EDGE01/import.after-intent"))],
  },
  {
    name: "the site's window stays open",
    plant: (load) => replace(load, "rotation/window", "closeWindow", nothing),
    cases: [attempt(overwrite)],
  },
  {
    name: "a mutation is repeated when its reply is lost",
    plant: (load) =>
      method(
        load,
        "rotation/hand",
        "Hand",
        "invoke",
        (old) =>
          async function (this: unknown, ...args: unknown[]) {
            try {
              return await old.apply(this, args);
            } catch (error) {
              if ((error as { unknown?: boolean }).unknown !== true) throw error;
              return old.apply(this, args);
            }
          },
      ),
    cases: [attempt(overwrite, lab({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "after", kind: "disconnect" }))],
  },
  {
    name: "steps are not read back",
    plant: (load) => {
      steps(load, (step) => {
        const probe = step.probe;
        let ran = false;
        const run = step.run;
        step.run = async () => {
          await run();
          ran = true;
        };
        step.probe = () => (ran ? Promise.resolve(true) : probe());
      });
      replace(load, "handlers/sendConnector/converge", "converge", (old) => old);
    },
    cases: [{ shape: recreate, attempts: [[{ at: "call", call: "New-SendConnector", nth: 1, verdict: "warn" }]] }],
  },
  {
    name: "the import makes default connectors",
    plant: (load) =>
      replace(
        load,
        "exchange/subscriptions",
        "importSubscription",
        (old) => (shell: never, input: object) => old(shell, { ...input, createInternet: true, createInbound: true } as never),
      ),
    cases: [attempt(overwrite)],
  },
  {
    name: "the subscription file stays on the Edge",
    plant: (load) => {
      replace(
        load,
        "exchange/subscriptions",
        "exportSubscription",
        () => async (edge: { facts: { folder: string }; invoke: never; request: never }) => {
          const { invoke, request } = edge as unknown as {
            invoke: (...args: unknown[]) => Promise<void>;
            request: (...args: unknown[]) => Promise<{ data: string }>;
          };
          await invoke.call(edge, "New-EdgeSubscription", { FileName: `${edge.facts.folder}\\kept.xml`, Force: true, Confirm: false }, []);
          return Buffer.from((await request.call(edge, "file.read", { path: "kept.xml" })).data, "base64");
        },
      );
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "the old certificate goes before it is bound anew",
    plant: (load) =>
      replace(
        load,
        "handlers/certificate/steps",
        "certificateSteps",
        (old) => (task: { hand: { request: (...args: unknown[]) => Promise<unknown> }; subject: { thumbprint: string } }) => [
          ...(old(task as never) as unknown[]),
          {
            name: "early",
            text: "remove the predecessor at once",
            probe: () => Promise.resolve(false),
            run: async () => {
              const keep = (task as unknown as { subject: { certificate?: { thumbprint: string }; thumbprint?: string } }).subject;
              const expected = keep.certificate?.thumbprint ?? keep.thumbprint ?? "";
              const rivals = (await load<Any>("rotation/competitors").gatherRivals(
                task.hand as never,
                expected as never,
                expected as never,
              )) as { remove: { thumbprint: string }[] };
              for (const { thumbprint } of rivals.remove)
                await task.hand.request("certificate.remove", { thumbprint, keep: expected, default: expected });
            },
          },
        ],
      ),
    cases: [attempt(overwrite)],
  },
  {
    name: "AD LDS is not restarted after the export",
    plant: (load) =>
      method(
        load,
        "rotation/hand",
        "Hand",
        "request",
        (old) =>
          function (this: unknown, ...args: unknown[]) {
            const skip = args[0] === "service.restart" && JSON.stringify(args[1]).includes("ADAM_MSExchange");
            return skip ? Promise.resolve({}) : old.apply(this, args);
          },
      ),
    cases: [attempt(overwrite)],
  },
  {
    name: "the flip is not carried to the Edges",
    plant: (load) => replace(load, "handlers/sendConnector/flip", "carry", nothing),
    cases: [attempt(flip)],
  },
  {
    name: "a password in the claims",
    plant: (load) =>
      replace(load, "rotation/claims", "withClaim", (old) => (book: never, input: object) => {
        const made = old(book, input as never) as { current: object };
        return { ...made, current: { ...made.current, debug: CANARIES.login } };
      }),
    cases: [attempt(overwrite)],
  },
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
            who: { owner: string; run: string },
          ) => {
            const { fence } = await shell.request("hello", {});
            return { fence: Math.max(fence, 1), owner: who.owner, run: who.run, expires: new Date(Date.now() + 30_000).toISOString() };
          },
      ),
    cases: [4, 8, 12, 16].map((index) => attempt(overwrite, { at: "rival", index, same: true })),
  },
  {
    name: "a finished rotation writes its connector again",
    plant: (load) => replace(load, "handlers/sendConnector/gather", "changesOf", () => () => ({ TlsCertificateName: "<I>x<S>CN=y" })),
    cases: [attempt(flip)],
  },
];

export function bugNamed(name: string): Bug {
  const found = BUGS.find((one) => one.name === name);
  if (!found) throw new Error(`There is no seeded bug ${name}.`);
  return found;
}
