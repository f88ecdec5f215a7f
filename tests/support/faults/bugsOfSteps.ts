/** Defects of the steps and their order. */
import { attempt, fails, method, nothing, replace, steps, type Any, type Bug } from "./plant";
import { SHAPES, WIDE } from "./programs";

const { overwrite, flip } = SHAPES;

export const OF_STEPS: Bug[] = [
  {
    name: "the drain is skipped",
    plant: (load) => {
      steps(load, (step) => void (step.id === "drain" && (step.probe = () => Promise.resolve(true))));
      replace(load, "rotation/drain", "ensureDrained", nothing);
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "the drain comes last",
    plant: (load) => {
      replace(load, "rotation/drain", "ensureDrained", nothing);
      replace(load, "rotation/order", "inOrder", (old) => (given: never) => {
        const ordered = old(given) as { id: string }[];
        return [...ordered.filter(({ id }) => id !== "drain"), ...ordered.filter(({ id }) => id === "drain")];
      });
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
    plant: (load) => steps(load, (step) => void (step.id === "start" && (step.probe = () => Promise.resolve(true)))),
    cases: [attempt(overwrite)],
  },
  {
    name: "a failure before the default changed leaves the Edge out of service",
    plant: (load) => replace(load, "steps/undo", "undoUnlessDefault", () => () => Promise.resolve(false)),
    cases: [attempt(overwrite, fails("EDGE01/import.after-intent"))],
  },
  {
    name: "the site's window stays open",
    plant: (load) => replace(load, "rotation/siteWindow", "closeSiteWindow", nothing),
    cases: [attempt(overwrite)],
  },
  {
    name: "the Edges that are out of service are not counted",
    plant: (load) => replace(load, "rotation/siteRules", "whyNot", () => () => null),
    cases: [70, 120].map((index) => ({
      shape: { ...WIDE, edges: WIDE.edges!.slice(0, 2), known: WIDE.edges!.slice(2) },
      attempts: [[{ at: "rival", index, edges: WIDE.edges!.slice(2) }]],
      noQuiet: true,
    })),
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
        "exportBeside",
        () => async (edge: { facts: { folder: string }; invoke: never; request: never }, _name: string, beside: () => Promise<unknown>) => {
          const { invoke, request } = edge as unknown as {
            invoke: (...args: unknown[]) => Promise<void>;
            request: (...args: unknown[]) => Promise<{ data: string }>;
          };
          await invoke.call(edge, "New-EdgeSubscription", { FileName: `${edge.facts.folder}\\kept.xml`, Force: true, Confirm: false }, []);
          const { data } = await request.call(edge, "file.read", { path: "kept.xml" });
          return { file: Buffer.from(data, "base64"), beside: await beside() };
        },
      );
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "the old certificate goes before it is bound anew",
    plant: (load) => {
      const ran = new Set<object>();
      replace(
        load,
        "handlers/certificate/steps",
        "certificateSteps",
        (old) =>
          (task: {
            leased: { facts: { role: string }; request: (...args: unknown[]) => Promise<unknown> };
            subject: { thumbprint: string };
          }) => [
            ...(old(task as never) as unknown[]),
            {
              id: "other-services",
              text: "remove the predecessor at once",
              probe: () => Promise.resolve(ran.has(task)),
              run: async () => {
                ran.add(task);
                if (task.leased.facts.role !== "Edge") return;
                const keep = (task as unknown as { subject: { certificate?: { thumbprint: string }; thumbprint?: string } }).subject;
                const expected = keep.certificate?.thumbprint ?? keep.thumbprint ?? "";
                const rivals = (await load<Any>("rotation/competitors").gatherCompetitors(
                  task.leased as never,
                  expected as never,
                  expected as never,
                )) as { remove: { thumbprint: string }[] };
                for (const { thumbprint } of rivals.remove)
                  await task.leased.request("certificate.remove", { thumbprint, keep: expected, default: expected });
              },
            },
          ],
      );
    },
    cases: [attempt(overwrite)],
  },
  {
    name: "AD LDS is not restarted after the export",
    plant: (load) =>
      method(
        load,
        "rotation/leasedShell",
        "LeasedShell",
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
    plant: (load) => replace(load, "handlers/sendConnector/carry", "carry", nothing),
    cases: [attempt(flip)],
  },
];
