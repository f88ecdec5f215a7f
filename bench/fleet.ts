/** Large fleets and real latencies, simulated in a process whose clock jumps: what is counted is the same on every machine. */
import { fork } from "node:child_process";
import path from "node:path";
import { counted, figure, type Figure, type Note, type Outcome } from "./measure";
import type { FleetSize } from "./organisation";
import type { Life } from "./simulated";

/** 200 Edges with two connectors each; a copy of each certificate on each Mailbox server. */
const LARGE: FleetSize = { sites: 4, edges: 50, connectors: 2 };
/** The same with a quarter of the Edges, to see what grows. */
const SMALL: FleetSize = { ...LARGE, edges: 12 };
const SYNCHRONISED: FleetSize = { sites: 1, edges: 4, connectors: 1 };

function simulate(size: FleetSize, note: Note): Promise<Life> {
  return new Promise((resolve, reject) => {
    const child = fork(path.join(__dirname, "simulated.js"), {
      execArgv: ["--expose-gc", "--max-semi-space-size=64", "--max-old-space-size=4096"],
    });
    child.on("message", (told: { stage?: string; life?: Life }) => {
      if (told.stage !== undefined) note(`${size.sites * size.edges} Edges: ${told.stage}`);
      if (told.life?.error !== undefined) reject(new Error(told.life.error));
      else if (told.life) resolve(told.life);
    });
    child.once("exit", (code) => reject(new Error(`it ended with ${code} and told nothing`)));
    child.send(size);
  });
}

export async function benchFleet(note: Note): Promise<Outcome> {
  const [small, large] = [await simulate(SMALL, note), await simulate(LARGE, note)];
  const head = ["", "Edges", "requests an Edge", "changes an Edge", "kB an Edge", "simulated", "CPU", "provider keeps"];
  const rows = [head];
  const figures: Figure[] = [];
  for (const [index, { name }] of large.operations.entries()) {
    for (const [size, life] of [
      [SMALL, small],
      [LARGE, large],
    ] as const) {
      const { requests, changes, megabytes, minutes, cpuSeconds, heapMB } = life.operations[index];
      const edges = size.sites * size.edges;
      const each = (value: number): string => (value / edges).toFixed(1);
      rows.push([
        ...[name, String(edges), each(requests), each(changes), each(megabytes * 1000)],
        ...[`${minutes.toFixed(0)} min`, `${cpuSeconds.toFixed(1)} s`, `${heapMB.toFixed(1)} MB`],
      ]);
      figures.push(
        counted(`${name}, ${edges} Edges: requests`, "requests", requests),
        counted(`${name}, ${edges} Edges: changes`, "changes", changes),
        figure(`${name}, ${edges} Edges: simulated`, "min", [minutes]),
        figure(`${name}, ${edges} Edges: CPU`, "s", [cpuSeconds]),
        figure(`${name}, ${edges} Edges: the provider's heap at its end`, "MB", [heapMB]),
      );
    }
  }
  const { resources, certificates, connectors } = large;
  const notes = [
    `${LARGE.sites} sites with a Mailbox server each, ${connectors} send connectors, ${certificates.toLocaleString("en")} certificates in ${resources.toLocaleString("en")} resources; one Edge after the other.`,
    "Real handlers, on wires in memory and a clock that jumps, at the lab's real latencies; the CPU is that of provider, lab and a played engine together.",
  ];
  return { figures, rows, notes };
}

export async function benchSynchronisations(note: Note): Promise<Outcome> {
  const { operations } = await simulate(SYNCHRONISED, note);
  const renewal = operations.find(({ name }) => name === "renewal")!;
  const edges = SYNCHRONISED.sites * SYNCHRONISED.edges;
  return {
    figures: [
      counted("forced synchronisations an Edge", "times", renewal.forced / edges, "≤ 5"),
      figure("a renewal, an Edge", "min", [renewal.minutes / edges]),
    ],
    notes: [`${edges} Edges, one after the other, at the lab's real latencies: EdgeSync's cache of five minutes among them.`],
  };
}
