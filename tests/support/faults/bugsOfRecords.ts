/** Defects of what is remembered: journal, snapshot, claims, replies. */
import { attempt, kill, lab, method, nothing, replace, steps, type Any, type Bug } from "./plant";
import { SHAPES } from "./programs";
import { CANARIES } from "./world";

const { overwrite, recreate } = SHAPES;

export const OF_RECORDS: Bug[] = [
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
        (old) => async (opening: { edge: { facts: { name: string } }; organization: never; actor: never }) => {
          const { writeSnapshot } = load<Any>("rotation/snapshot");
          const { withLease } = load<Any>("rotation/leasedShell");
          const journal = await old(opening as never);
          await withLease(opening.organization, opening.actor, (async (leased: never) => {
            const connectors = await load<Any>("exchange/sendConnectors").listSendConnectors(leased);
            await writeSnapshot(leased, { edge: opening.edge.facts.name, utc: "", connectors, subscribed: true } as never);
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
    plant: (load) => steps(load, (step) => void (step.id === "mend" && (step.probe = () => Promise.resolve(true)))),
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
    cases: Array.from({ length: 12 }, (_, index) =>
      attempt(overwrite, lab({ host: "EDGE01", cmdlet: "file.append", nth: index + 1, at: "before", kind: "kill" })),
    ),
  },
  {
    name: "a mutation is repeated when its reply is lost",
    plant: (load) =>
      method(
        load,
        "rotation/leasedShell",
        "LeasedShell",
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
    name: "a password in the claims",
    plant: (load) =>
      replace(load, "rotation/claims", "withClaim", (old) => (book: never, input: object) => {
        const made = old(book, input as never) as { current: object };
        return { ...made, current: { ...made.current, debug: CANARIES.login } };
      }),
    cases: [attempt(overwrite)],
  },
  {
    name: "the connector snapshot is written after the removal",
    plant: (load) => {
      let late: (() => Promise<void>) | undefined;
      replace(load, "rotation/snapshot", "writeSnapshot", (old) => (leased: never, snapshot: object) => {
        late = async () => {
          const connectors = await load<Any>("exchange/sendConnectors").listSendConnectors(leased);
          await old(leased, { ...snapshot, connectors } as never);
        };
        return Promise.resolve();
      });
      replace(load, "exchange/subscriptions", "removeSubscription", (old) => async (...args: never[]) => {
        await old(...args);
        await late?.();
      });
    },
    cases: [attempt(recreate)],
  },
  {
    name: "the resume is forgotten by the run that takes over",
    plant: (load) => {
      const { Journal } = load<{ Journal: { load: (...args: never[]) => Promise<object>; prototype: object } }>("rotation/journal");
      const opened = new WeakSet<object>();
      method(
        load,
        "rotation/journal",
        "Journal",
        "open",
        (old) =>
          function (this: unknown, ...args) {
            opened.add(this as object);
            return old.apply(this, args);
          },
      );
      const getter = Object.getOwnPropertyDescriptor(Journal.prototype, "state")!;
      Object.defineProperty(Journal.prototype, "state", {
        ...getter,
        get(this: object) {
          const state = getter.get!.call(this) as { old: object; resumeOwed: boolean } | null;
          return state && !opened.has(this) ? { ...state, resumeOwed: false, old: { ...state.old, transport: "Stopped" } } : state;
        },
      });
    },
    cases: [attempt(overwrite, kill("enable.after-result"))],
  },
  {
    name: "a change is tried again when its time is over",
    plant: (load) =>
      method(
        load,
        "rotation/leasedShell",
        "LeasedShell",
        "invoke",
        (old) =>
          async function (this: unknown, ...args: unknown[]) {
            try {
              return await old.apply(this, args);
            } catch (error) {
              if ((error as { code?: string }).code !== "CALL_TIMEOUT") throw error;
              return old.apply(this, args);
            }
          },
      ),
    cases: [attempt(overwrite, lab({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "after", kind: "hang" }))],
  },
];
