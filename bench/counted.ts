/** What an Edge's renewal asks of its hosts, counted: the gates of tests/contract/resources/cost.test.ts beside what is wanted. */
import path from "node:path";
import { agentScript } from "../provider/remote/agentScript";
import { deliveryOf } from "../provider/remote/agentStart";
import { AGENT_COMMAND } from "../provider/remote/command";
import { askApart } from "../tests/support/apart";
import type { CostOrder, Costs } from "../tests/support/faults/costs";
import { counted, type Note, type Outcome } from "./measure";

async function costs(order: CostOrder): Promise<Costs> {
  const told = await askApart<Costs>(path.join(__dirname, "../tests/support/faults/costs.js"), order);
  if (told.error !== undefined) throw new Error(told.error);
  return told;
}

export async function benchCounted(note: Note): Promise<Outcome> {
  note("two Edges");
  const two = await costs({ edges: 2 });
  note("10 and 50 Edges with two connectors of their own each");
  const [few, many] = [await costs({ edges: 10, own: 2 }), await costs({ edges: 50, own: 2 })];
  const slope = (many.edge.bytes - few.edge.bytes) / 40 / 1000;
  const { requests, turns, changes, repeated, bytes } = two.edge;
  const connection = AGENT_COMMAND.length + deliveryOf(agentScript()).line.length + 1;
  return {
    figures: [
      counted("turns: requests that wait for the answer to another one", "turns", turns, "≤ 45"),
      counted("turns while the Edge is out of service", "turns", two.window, "≤ 25"),
      counted("reads asked again with nothing in between", "reads", repeated, "≤ 8"),
      counted("requests", "requests", requests),
      counted("changes", "changes", changes),
      counted("bytes", "kB", Math.round(bytes / 1000)),
      counted("bytes more for each further Edge, 10 to 50", "kB", Number(slope.toFixed(2)), "≤ 0.5"),
      counted("turns of a refresh", "turns", two.refresh.turns, "≤ 3"),
      counted("agent, a connection", "bytes", connection, "≤ 32,000"),
    ],
    notes: ["The second of two Edges, on a clock that jumps: the same on every machine."],
  };
}
