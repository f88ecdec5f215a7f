/** Family 2: the SSH connection is cut at message boundaries and at random offsets, both ways, FIN and RST, and falls silent. */
import assert from "node:assert/strict";
import fc from "fast-check";
import type { Lab } from "../../lab/start";
import type { ReadyHost } from "../../lab/start";
import { setWriter } from "../../provider/base/progress";
import { asExchangeError } from "../../provider/base/errors";
import { findSendConnector, setSendConnector } from "../../provider/exchange/sendConnectors";
import { text } from "../../provider/exchange/shell";
import type { HostConnection } from "../../provider/remote/hosts";
import { closeAll, openSession, setSshTimes } from "../../provider/remote/sessions";
import { runPlan, type Step } from "../../provider/rotation/engine";
import { releaseAll, withHand, type Hand } from "../../provider/rotation/hand";
import { whoIs } from "../../provider/rotation/who";
import { family, isFull } from "../support/faults/families";
import { CutProxy, type Cut } from "../support/faults/proxy";
import { count } from "../support/faults/report";
import { FAULTS_SCENARIO } from "../support/faults/scenario";
import { startTestLab } from "../support/lab";

const CUTS = "2 connection cut";
const HOLES = "2 black holes";
const CONNECTOR = "Partner fabrikam";
const OFFSETS = 200;
/** No run may take longer than this, cut or not. */
const HANG_MS = 20_000;

describe("connection cut", function () {
  this.timeout(isFull() ? 0 : 240_000);
  family(CUTS);
  let lab: Lab;
  let host: ReadyHost;
  let round = 0;
  let boundaries: CutProxy["boundaries"];
  before(async () => {
    setWriter(() => undefined);
    lab = await startTestLab({ scenario: FAULTS_SCENARIO });
    host = lab.ready.hosts.find(({ name }) => name === "MBX01")!;
    setSshTimes({ connect: 2_000, retry: 5, keepalive: 150, keepaliveCount: 2 });
    ({ boundaries } = await attempt(null));
  });
  after(async () => {
    setSshTimes({});
    setWriter();
    await lab.close();
  });

  /** Two changes under a lease, each read back: once through the proxy, and again until it is done. */
  async function attempt(
    cut: Cut | null,
  ): Promise<{ boundaries: CutProxy["boundaries"]; wrong: string[]; detected: boolean; runs: number }> {
    const proxy = new CutProxy(host.ssh);
    proxy.cut = cut;
    await proxy.listen();
    const connection = { ...host.ssh, name: "MBX01", host: "127.0.0.1", port: proxy.port } as unknown as HostConnection;
    const mark = lab.history.entries.length;
    const values = [`value ${++round}`, `value ${++round}`];
    let runs = 0;
    let detected = false;
    const errors: string[] = [];
    try {
      for (let done = false; !done && runs < 3; runs++) {
        try {
          await withLimit(work(connection, values));
          done = true;
        } catch (error) {
          detected = true;
          const { code, sentence } = asExchangeError(error);
          errors.push(`${code} ${sentence}`);
          if (["INTERNAL", "HANGS"].includes(code)) throw error;
        }
      }
    } finally {
      await withLimit(releaseAll()).catch(() => undefined);
      await closeAll();
      await proxy.close();
    }
    detected ||= proxy.connections > 1;
    return { boundaries: proxy.boundaries, wrong: judge(values, mark).map((one) => `${one} (${errors.join(" | ")})`), detected, runs };
  }

  /** Each value was written exactly once, in order, and none was written after the next one. */
  function judge(values: string[], mark: number): string[] {
    const writes = lab.history.entries.slice(mark).filter((entry) => entry.cmdlet === "Set-SendConnector" && entry.executed);
    const written = writes.map(({ parameters }) => String(parameters.Comment));
    return written.join() === values.join() ? [] : [`written: ${written.join(", ")}, wanted: ${values.join(", ")}`];
  }

  async function sweep(name: string, cuts: Cut[]): Promise<void> {
    const failures: string[] = [];
    for (const cut of cuts) {
      const result = await attempt(cut).catch((error: Error) => ({ wrong: [error.message], runs: 9, detected: true }));
      const wrong = [...result.wrong, ...(result.runs > 2 ? [`${result.runs} runs`] : [])];
      count(name, { cleanRuns: result.runs > 2 ? null : 1, violations: wrong.map(() => ({ invariant: "twice" })) });
      if (wrong.length > 0) failures.push(`${JSON.stringify(cut)}: ${wrong.join("; ")}`);
    }
    assert.deepEqual(failures, []);
  }
  const total = (direction: "up" | "down"): number => boundaries[direction].at(-1)!;

  it("at every message boundary, one byte before and behind it", () => {
    const around = (direction: "up" | "down"): Cut[] =>
      [...new Set(boundaries[direction].flatMap((end) => [end - 1, end, end + 1]))]
        .filter((after) => after > 0 && after < total(direction))
        .map((after, index): Cut => ({ after, direction, how: index % 2 === 0 ? "fin" : "rst" }));
    return sweep(CUTS, [...around("up"), ...around("down")]);
  });
  it(isFull() ? "at every byte" : `at ${OFFSETS} offsets`, () => {
    const directions = ["up", "down"] as const;
    const hows = ["fin", "rst"] as const;
    if (isFull()) {
      const all = directions.flatMap((direction) =>
        hows.flatMap((how) => Array.from({ length: total(direction) - 1 }, (_, after): Cut => ({ after: after + 1, direction, how }))),
      );
      return sweep(CUTS, all);
    }
    console.log("      cut offsets: seed 11");
    const one = fc.constantFrom(...directions).chain((direction) =>
      fc.record({
        direction: fc.constant(direction),
        how: fc.constantFrom(...hows),
        after: fc.integer({ min: 1, max: total(direction) - 1 }),
      }),
    );
    return sweep(CUTS, fc.sample(one, { seed: 11, numRuns: OFFSETS }));
  });
  it("black holes", () => {
    const some = (direction: "up" | "down"): Cut[] =>
      boundaries[direction]
        .filter((_, index, all) => index % Math.ceil(all.length / 6) === 0)
        .map((after) => ({ after, direction, how: "blackhole" }));
    return sweep(
      HOLES,
      [...some("up"), ...some("down")].filter(({ after, direction }) => after < total(direction)),
    );
  });
});

async function work(connection: HostConnection, values: string[]): Promise<void> {
  const session = await openSession(connection);
  const controller = new AbortController();
  const step = (hand: Hand, value: string, index: number): Step => ({
    name: `set-${index}`,
    text: `write ${value}`,
    probe: async () => values.indexOf(text((await findSendConnector(hand, CONNECTOR)).Comment)) >= index,
    run: () => setSendConnector(hand, CONNECTOR, { Comment: value }),
  });
  await withHand(session, whoIs("faults/cuts/connector"), (hand) =>
    runPlan({ host: "MBX01", steps: values.map((value, index) => step(hand, value, index)), journal: null, signal: controller.signal }),
  );
}

function withLimit<T>(task: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const limit = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`hangs: no end within ${HANG_MS} ms`)), HANG_MS);
  });
  return Promise.race([task, limit]).finally(() => clearTimeout(timer));
}
