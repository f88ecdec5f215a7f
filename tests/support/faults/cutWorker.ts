/** A process that cuts connections: its part of the cuts comes in, what was wrong goes out. */
import { CutSweep, type CutResult, type Where } from "./cuts";
import type { Cut } from "./proxy";

export type CutOrder = { plant: "no keepalive" } | Sweep;
interface Sweep {
  where: Where;
  hows: Cut["how"][];
  /** The `k`-th of `n` parts. */
  part: [k: number, n: number];
  /** No further cut after this moment (Unix ms); null = all. */
  until: number | null;
}
export type CutAnswer = { size: CutSweep["size"] } | { result: CutResult } | { done: true } | { error: string };

const tell = (answer: CutAnswer): void => void process.send!(answer);
const started = CutSweep.start();
started.then(
  (sweep) => tell({ size: sweep.size }),
  (error: Error) => tell({ error: error.stack ?? error.message }),
);

process.on("message", (order: CutOrder) => void work(order));

async function work(order: CutOrder): Promise<void> {
  const sweep = await started;
  if ("plant" in order) tell({ result: await sweep.withoutKeepalive() });
  else await cutAll(sweep, order);
  tell({ done: true });
}

async function cutAll(sweep: CutSweep, { where, hows, part: [k, n], until }: Sweep): Promise<void> {
  for (const [index, cut] of sweep.cuts(where, hows).entries())
    if (index % n === k && (until === null || Date.now() < until)) tell({ result: await sweep.judged(cut) });
}
