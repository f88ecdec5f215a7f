/** Family 2: the SSH connection is cut around every message boundary and at seeded offsets, both ways, FIN and RST, and falls silent. */
import assert from "node:assert/strict";
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { CutSweep, Where } from "../support/faults/cuts";
import type { CutAnswer, CutOrder } from "../support/faults/cutWorker";
import { deadline, family, isFull } from "../support/faults/families";
import type { Cut } from "../support/faults/proxy";
import { begin, count, countPlanted, remark } from "../support/faults/report";

const CUTS = "2 connection cut";
const HOLES = "2 black holes";
const OFFSETS = 200;
const SEED = 11;
/** They wait more than they work. */
const PROCESSES = 12;

describe("connection cut", function () {
  this.timeout(isFull() ? 0 : 240_000);
  family(CUTS);
  let workers: ChildProcess[] = [];
  before(async () => {
    workers = Array.from({ length: PROCESSES }, () =>
      fork(join(__dirname, "../support/faults/cutWorker.js"), { stdio: ["ignore", "inherit", "inherit", "ipc"] }),
    );
    const sizes = await Promise.all(workers.map(size));
    const { messages, bytes } = sizes[0];
    remark(`a connection that is cut has ${messages.join(" and ")} messages up and down, ${bytes.join(" and ")} bytes`);
  });
  after(() => workers.forEach((worker) => worker.kill("SIGKILL")));

  async function sweep(name: string, where: Where, hows: Cut["how"][]): Promise<void> {
    begin(name);
    const failures: string[] = [];
    await Promise.all(
      workers.map((worker, k) => part(worker, { where, hows, part: [k, workers.length], until: deadline() }, name, failures)),
    );
    assert.deepEqual(failures, []);
  }

  it("at every message boundary, one byte before and behind it, FIN and RST", () => sweep(CUTS, "boundaries", ["fin", "rst"]));
  it(isFull() ? "at every byte, FIN and RST" : `at ${OFFSETS} offsets of each direction, FIN and RST`, () => {
    console.log(`      cut offsets: seed ${SEED}`);
    return sweep(CUTS, isFull() ? "everywhere" : { offsets: OFFSETS, seed: SEED }, ["fin", "rst"]);
  });
  it("black holes at every message boundary, one byte before and behind it", () => sweep(HOLES, "boundaries", ["blackhole"]));
  it(`black holes at ${OFFSETS} offsets`, () => sweep(HOLES, { offsets: OFFSETS / 2, seed: SEED }, ["blackhole"]));
  it("catches a seeded bug: no keepalive", async () => {
    const failures: string[] = [];
    await part(workers[0], { plant: "no keepalive" }, null, failures);
    countPlanted(failures.length > 0 ? 1 : 0, 1);
    assert.match(failures.join(), /hangs/);
  });
});

function size(worker: ChildProcess): Promise<CutSweep["size"]> {
  return new Promise((resolve, reject) =>
    worker.once("message", (message) => {
      const answer = message as CutAnswer;
      if ("size" in answer) resolve(answer.size);
      else reject(new Error(JSON.stringify(answer)));
    }),
  );
}

function part(worker: ChildProcess, order: CutOrder, name: string | null, failures: string[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("a process that cuts has ended"));
    const heard = (message: unknown): void => {
      const answer = message as CutAnswer;
      if ("result" in answer) {
        const { cut, wrong } = answer.result;
        const late = wrong.some((one) => /runs$|^hangs/.test(one));
        if (name !== null) count(name, { cleanRuns: late ? null : 1, violations: wrong.map(() => ({ invariant: "twice" })) });
        if (wrong.length > 0) failures.push(`${JSON.stringify(cut)}: ${wrong.join("; ")}`);
        return;
      }
      worker.removeListener("message", heard).removeListener("exit", gone);
      if ("done" in answer) resolve();
      else reject(new Error(JSON.stringify(answer)));
    };
    worker.on("message", heard).once("exit", gone);
    worker.send(order);
  });
}
