/**
 * What Pulumi's engine costs beside the work on the servers: it writes the whole state at every step. A first deployment that changes
 * nothing, with and without those checkpoints; the difference is the engine's.
 */
import type { PulumiFn } from "@pulumi/pulumi/automation";
import { EdgeFleet } from "pulumi-exchange";
import type { Lab } from "../lab/start";
import { hostsOf, pfxSource } from "../tests/support/engine/programs";
import { TestStack } from "../tests/support/engine/stack";
import { startTestLab } from "../tests/support/lab";
import { figure, type Note, type Outcome } from "./measure";
import { edgesOf, mailbox, organisation, siteName, useReadyKeys } from "./organisation";

/** The lab's ready-made keys come round again with more, and a Mailbox server's must not be an Edge's. */
const EDGES = [5, 10, 20];
const WARM_UP = 3;
const WITHOUT = { PULUMI_SKIP_CHECKPOINTS: "true" };

export async function benchEngine(note: Note): Promise<Outcome> {
  const outcome = { figures: [], rows: [["Edges", "resources", "state", "with checkpoints", "without", "the engine's share"]] } as Required<
    Pick<Outcome, "figures" | "rows">
  >;
  // The first runs of a machine compile and read from disk what later ones find ready.
  await measure(WARM_UP, note, { figures: [], rows: [] });
  for (const edges of EDGES) await measure(edges, note, outcome);
  return {
    ...outcome,
    notes: [
      "A first deployment onto an organisation that has everything already, on the real engine with a file backend: no server is changed.",
    ],
  };
}

async function measure(edges: number, note: Note, { figures, rows }: Required<Pick<Outcome, "figures" | "rows">>): Promise<void> {
  const size = { sites: 1, edges, connectors: 1 };
  useReadyKeys(size);
  const lab = await startTestLab({ scenario: organisation(size) });
  try {
    const seconds: number[] = [];
    let state = { resources: 0, kilobytes: 0 };
    for (const env of [{}, WITHOUT]) {
      note(`${edges} Edges ${env === WITHOUT ? "without" : "with"} checkpoints`);
      const stack = await TestStack.create();
      try {
        const up = await stack.up(fleetOf(lab, edges), { env });
        if (!up.ok) throw new Error(up.output);
        seconds.push(up.seconds);
        state = { resources: stack.resources().length, kilobytes: stack.stateFile().length / 1000 };
      } finally {
        stack.remove();
      }
    }
    const [all, without] = seconds;
    const s = (value: number): string => `${value.toFixed(1)} s`;
    rows.push([String(edges), String(state.resources), `${state.kilobytes.toFixed(0)} kB`, s(all), s(without), s(all - without)]);
    figures.push(
      figure(`${edges} Edges: with checkpoints`, "s", [all]),
      figure(`${edges} Edges: without checkpoints`, "s", [without]),
      figure(`${edges} Edges: state`, "kB", [state.kilobytes]),
    );
  } finally {
    await lab.close();
  }
}

function fleetOf(lab: Lab, count: number): PulumiFn {
  const hosts = hostsOf(lab);
  const size = { sites: 1, edges: count, connectors: 1 };
  return () => {
    new EdgeFleet("edges", {
      organization: hosts[mailbox(1)],
      site: siteName(1),
      edges: edgesOf(1, size).map((edge) => ({
        edge: hosts[edge],
        certificate: { source: pfxSource(lab, `${edge}-v1`), services: ["SMTP"], defaultSmtp: "replace" },
      })),
      mailboxHosts: [hosts[mailbox(1)]],
    });
    return Promise.resolve();
  };
}
