/**
 * Family 1 for certificates that the server makes: wherever a run ends, the next ones go on from there, and make no second certificate.
 */
import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { join } from "node:path";
import { family } from "../support/faults/families";
import type { Made } from "../support/faults/made";
import type { MadeAnswer } from "../support/faults/madeWorker";
import { count } from "../support/faults/report";
import { progress } from "../../tools/testing/patience";

const FAMILY = "1 made on the server";
const WORKER = join(__dirname, "../support/faults/madeWorker.js");

/** All cases of one kind, in a process of its own; what was wrong, in lines. */
function swept(made: Made): Promise<{ tried: number; failures: string[] }> {
  const worker = fork(WORKER);
  const failures: string[] = [];
  let tried = 0;
  return new Promise<{ tried: number; failures: string[] }>((resolve, reject) => {
    worker.on("message", (answer: MadeAnswer) => {
      progress();
      if ("error" in answer) reject(new Error(answer.error));
      else if ("done" in answer) resolve({ tried, failures });
      else {
        const { what, cleanRuns, wrong } = answer.tried;
        tried++;
        count(FAMILY, { cleanRuns, violations: wrong.map((text) => ({ invariant: "made", text })) });
        failures.push(...(cleanRuns === null ? [`${what}: did not converge`] : []), ...wrong.map((text) => `${what}: ${text}`));
      }
    });
    worker.on("exit", (code) => reject(new Error(`the process of the cases ended with ${code}`)));
    worker.send(made);
  }).finally(() => worker.kill());
}

describe("killed at every step of a certificate that the server makes", function () {
  family(FAMILY);
  for (const made of [
    { on: "MBX01", by: "selfSigned" },
    { on: "MBX01", by: "adcs" },
    { on: "EDGE01", by: "selfSigned" },
    { on: "EDGE01", by: "adcs" },
  ] as Made[])
    it(`${made.by} on ${made.on}: one certificate, whatever happened`, async () => {
      const { tried, failures } = await swept(made);
      assert.ok(tried > 20, `${tried} cases`);
      assert.equal(failures.length, 0, `${failures.length} of ${tried}:\n${failures.join("\n")}`);
    });
});
