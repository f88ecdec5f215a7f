/** What `maxUnavailable` saves: the renewal of eight Edges by a clock that jumps to whatever happens next. */
import path from "node:path";
import { askApart } from "../tests/support/apart";
import type { SideBySide, SideBySideOrder } from "../tests/support/faults/sideBySide";
import { figure, type Figure, type Note, type Outcome } from "./measure";

const EDGES = 8;
const WAYS = [
  { name: "1", wide: 1 },
  { name: "2", wide: 2 },
  { name: '"50%"', wide: 4 },
];
const SCRIPT = path.join(__dirname, "../tests/support/faults/sideBySide.js");

async function renew(wide: number, late: boolean): Promise<SideBySide> {
  const order: SideBySideOrder = { edges: EDGES, wide, timed: true, ...(late && { late }) };
  const told = await askApart<SideBySide>(SCRIPT, order);
  const wrong = [...(told.error === undefined ? [] : [told.error]), ...told.wrong, ...told.behind];
  if (wrong.length > 0) throw new Error(wrong.join("\n"));
  return told;
}

export async function benchSideBySide(note: Note): Promise<Outcome> {
  const rows = [["maxUnavailable", "out at once", "beforeStart", "afterStart", "mails meanwhile", "lost"]];
  const figures: Figure[] = [];
  for (const { name, wide } of WAYS) {
    note(`${EDGES} Edges, maxUnavailable ${name}`);
    const [before, after] = [await renew(wide, false), await renew(wide, true)];
    const minutes = [before, after].map((one) => `${one.minutes.toFixed(1)} min`);
    rows.push([name, String(before.most), ...minutes, String(before.mails + after.mails), String(before.mail!.lost + after.mail!.lost)]);
    figures.push(figure(`${EDGES} Edges, maxUnavailable ${name}: simulated`, "min", [before.minutes]));
  }
  const notes = [
    "One site, one Mailbox server; every Edge is a source of every connector. The handlers are the real ones, Exchange is the lab's model at its own latencies, Pulumi's engine is played.",
  ];
  return { figures, rows, notes };
}
