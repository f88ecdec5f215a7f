/**
 * Cuts of one SSH connection, over a lab of its own: two changes under a lease, each read back, once through a proxy that cuts, and
 * again until they are done. Most of the time is spent waiting, so several processes share the cuts (`cutWorker.ts`).
 */
import fc from "fast-check";
import { startLab, type Lab, type ReadyHost } from "../../../lab/start";
import { asExchangeError } from "../../../provider/base/errors";
import { setWriter } from "../../../provider/base/progress";
import { findSendConnector, setSendConnector } from "../../../provider/exchange/sendConnectors";
import { text } from "../../../provider/exchange/shell";
import { forgetRefusals } from "../../../provider/remote/accounts";
import type { HostConnection } from "../../../provider/remote/hosts";
import { closeAll, openSession, setSshTimes } from "../../../provider/remote/sessions";
import { runPlan, type Step } from "../../../provider/rotation/engine";
import { ORDER } from "../../../provider/rotation/order";
import { releaseLeases, withLease, type LeasedShell } from "../../../provider/rotation/leasedShell";
import { actorOf } from "../../../provider/rotation/actor";
import { slowness, within } from "../../../tools/testing/patience";
import "../keys";
import { CutProxy, type Cut } from "./proxy";
import { FAULTS_SCENARIO } from "./scenario";

const CONNECTOR = "Partner fabrikam";
/** No run may take longer than this, cut or not. */
const HANG_MS = 20_000;
/** A cut tells by itself, and a busy machine must not look like one; silence is noticed by these deadlines alone. */
const TIMES = { connect: 10_000, retry: 5, keepalive: 3_000, keepaliveCount: 3 };
const SILENCE = { connect: 1_000, retry: 5, keepalive: 100, keepaliveCount: 2 };
const RUNS = 3;
/** The provider's own deadlines on this machine, as long as it is slow. */
function setPatiently({ connect, retry, keepalive, keepaliveCount }: typeof TIMES): void {
  const times = slowness();
  setSshTimes({ connect: connect * times, retry, keepalive: Math.round(keepalive * times), keepaliveCount });
}
const DIRECTIONS = ["up", "down"] as const;
type Direction = (typeof DIRECTIONS)[number];
/** Where to cut: around message boundaries, at so many seeded offsets of each direction, at every byte. */
export type Where = "boundaries" | "everywhere" | { offsets: number; seed: number };

export interface CutResult {
  cut: Cut;
  wrong: string[];
}

export class CutSweep {
  private round = 0;
  private limit = HANG_MS;
  private silence = SILENCE;
  private boundaries!: CutProxy["boundaries"];

  private constructor(
    private readonly lab: Lab,
    private readonly host: ReadyHost,
  ) {}

  static async start(): Promise<CutSweep> {
    setWriter(() => undefined);
    const lab = await startLab({ scenario: FAULTS_SCENARIO, speed: 600, startCost: { powershell: 0, exchange: 0 } });
    const sweep = new CutSweep(
      lab,
      lab.ready.hosts.find(({ name }) => name === "MBX01")!,
    );
    ({ boundaries: sweep.boundaries } = await sweep.attempt(null));
    return sweep;
  }

  close(): Promise<void> {
    return this.lab.close();
  }

  /** Messages and bytes of a whole connection. */
  get size(): { messages: number[]; bytes: number[] } {
    return { messages: DIRECTIONS.map((one) => this.boundaries[one].length), bytes: DIRECTIONS.map((one) => this.total(one)) };
  }

  cuts(where: Where, hows: readonly Cut["how"][]): Cut[] {
    const at = (direction: Direction): number[] =>
      where === "boundaries" ? this.around(direction) : where === "everywhere" ? this.everywhere(direction) : this.drawn(direction, where);
    return DIRECTIONS.flatMap((direction) => at(direction).flatMap((after) => hows.map((how): Cut => ({ after, direction, how }))));
  }

  async judged(cut: Cut): Promise<CutResult> {
    try {
      const { wrong, runs, detected } = await this.attempt(cut);
      const late = runs >= RUNS ? [`${runs} runs`] : [];
      return { cut, wrong: [...wrong, ...late, ...(detected ? [] : ["nobody noticed it"])] };
    } catch (error) {
      return { cut, wrong: [(error as Error).message] };
    }
  }

  /** A black hole in the middle of the work, without keepalives: a defect that has to be noticed. */
  async withoutKeepalive(): Promise<CutResult> {
    this.silence = { ...SILENCE, keepalive: 0 };
    this.limit = 2_000;
    const { up } = this.boundaries;
    const result = await this.judged({ after: up[up.length - 6], direction: "up", how: "blackhole" });
    this.limit = HANG_MS;
    this.silence = SILENCE;
    return result;
  }

  private total(direction: Direction): number {
    return this.boundaries[direction].at(-1)!;
  }
  private around(direction: Direction): number[] {
    const near = this.boundaries[direction].flatMap((end) => [end - 1, end, end + 1]);
    return [...new Set(near)].filter((after) => after > 0 && after < this.total(direction));
  }
  private everywhere(direction: Direction): number[] {
    return Array.from({ length: this.total(direction) - 1 }, (_, index) => index + 1);
  }
  /** Every message is as likely as any other; the agent's script is one, and most of the bytes. */
  private drawn(direction: Direction, { offsets, seed }: { offsets: number; seed: number }): number[] {
    const ends = this.boundaries[direction];
    const within = fc.nat(ends.length - 1).chain((message) => fc.integer({ min: (ends[message - 1] ?? 0) + 1, max: ends[message] }));
    const cap = this.total(direction) - 1;
    return fc.sample(fc.noBias(within), { seed, numRuns: offsets }).map((after) => Math.min(after, cap));
  }

  private async attempt(
    cut: Cut | null,
  ): Promise<{ boundaries: CutProxy["boundaries"]; wrong: string[]; detected: boolean; runs: number }> {
    const proxy = new CutProxy(this.host.ssh);
    proxy.cut = cut;
    await proxy.listen();
    const connection = { ...this.host.ssh, name: "MBX01", host: "127.0.0.1", port: proxy.port } as unknown as HostConnection;
    const mark = this.lab.history.entries.length;
    const values = [`value ${++this.round}`, `value ${++this.round}`];
    const errors: string[] = [];
    let runs = 0;
    // What is cut when both values are written has nothing left to notice.
    let early = false;
    proxy.onCut = () => (early = this.written(mark).length < values.length);
    try {
      for (let done = false; !done && runs < RUNS; runs++) {
        setPatiently(runs === 0 && cut?.how === "blackhole" ? this.silence : TIMES);
        try {
          await within(work(connection, values), this.limit);
          done = true;
        } catch (error) {
          const { code, sentence } = asExchangeError(error);
          errors.push(`${code} ${sentence}`);
          if (code === "INTERNAL") throw error;
          // The next run is another process: a password whose answer the cut swallowed is tried again.
          forgetRefusals();
        }
      }
    } finally {
      await within(releaseLeases(), this.limit).catch(() => undefined);
      await closeAll();
      await proxy.close();
    }
    const wrong = this.judge(values, mark).map((one) => `${one} (${errors.join(" | ")})`);
    return { boundaries: proxy.boundaries, wrong, detected: !early || errors.length > 0 || proxy.connections > 1, runs };
  }

  private written(mark: number): string[] {
    const writes = this.lab.history.entries.slice(mark).filter((entry) => entry.cmdlet === "Set-SendConnector" && entry.executed);
    return writes.map(({ parameters }) => String(parameters.Comment));
  }

  /** Each value was written exactly once, in order, and none was written after the next one. */
  private judge(values: string[], mark: number): string[] {
    const written = this.written(mark);
    return written.join() === values.join() ? [] : [`written: ${written.join(", ")}, wanted: ${values.join(", ")}`];
  }
}

async function work(connection: HostConnection, values: string[]): Promise<void> {
  const session = await openSession(connection);
  const controller = new AbortController();
  const step = (leased: LeasedShell, value: string, index: number): Step => ({
    // any step will do: what counts is that they follow one another
    id: ORDER[index].id,
    text: `write ${value}`,
    probe: async () => values.indexOf(text((await findSendConnector(leased, CONNECTOR)).Comment)) >= index,
    run: () => setSendConnector(leased, CONNECTOR, { Comment: value }),
  });
  await withLease(session, actorOf("faults/cuts/connector"), (leased) =>
    runPlan({ host: "MBX01", steps: values.map((value, index) => step(leased, value, index)), journal: null, signal: controller.signal }),
  );
}
