/** Family 6: the suite itself is tried: seeded bugs, each of which it has to notice. */
import assert from "node:assert/strict";
import { selfSigned } from "../../lab/model/authority";
import { openPfx } from "../../provider/pki";
import { openContainer } from "../../provider/pki/pfx-codec";
import * as thread from "../../provider/pki/pfx-thread";
import { writeContainer } from "../../provider/pki/pfx-writer";
import { BUGS } from "../support/faults/bugs";
import { describeOutcome } from "../support/faults/cases";
import { family, isGood, one } from "../support/faults/families";
import { countPlanted } from "../support/faults/report";
import { readyKey } from "../support/keys";

describe("seeded bugs", function () {
  family("6 seeded bugs");
  let caught = 0;
  after(() => countPlanted(caught, BUGS.length));

  it("the same faults do no harm without a bug", async () => {
    const outcomes = await Promise.all(BUGS.flatMap(({ name, cases }) => cases.map(async (spec) => ({ name, outcome: await one(spec) }))));
    const bad = outcomes.filter(({ outcome }) => !isGood(outcome));
    assert.equal(bad.length, 0, bad.map(({ name, outcome }) => `${name}: ${describeOutcome(outcome)}`).join("\n"));
  });
  for (const { name, cases } of BUGS) {
    it(`catches: ${name}`, async () => {
      const outcomes = await Promise.all(cases.map((spec) => one({ ...spec, plant: name }).catch((error: Error) => error)));
      // A defect that breaks the provider itself shows nothing about the suite.
      const crashed = outcomes.some((outcome) => outcome instanceof Error || /\b(Type|Reference)Error\b/.test(describeOutcome(outcome)));
      const noticed = !crashed && outcomes.some((outcome) => !(outcome instanceof Error) && !isGood(outcome));
      if (noticed) caught += 1;
      assert.ok(
        noticed,
        `nobody noticed: ${outcomes.map((outcome) => (outcome instanceof Error ? outcome.message : describeOutcome(outcome))).join("; ")}`,
      );
    });
  }
});

/** Key derivation that takes a while, and how often the event loop came round meanwhile: SSH keepalives need that. */
describe("a seeded bug outside the model", () => {
  const password = "only for tests";
  const turnsWhile = async (work: () => Promise<unknown>): Promise<number> => {
    let turns = 0;
    let over = false;
    const count = (): void => {
      turns += 1;
      if (!over) setImmediate(count);
    };
    setImmediate(count);
    await work();
    over = true;
    return turns;
  };
  const fewTurns = 20;

  it("catches: a PFX is opened in the event loop", async () => {
    const { certificate, privateKey } = await selfSigned({
      subject: "CN=x",
      notBefore: new Date(0),
      notAfter: new Date(4e12),
      key: readyKey("test"),
    });
    const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
    const der = writeContainer({ certificates: [certificate.der], pkcs8, password, algorithm: "aes256", iterations: 100_000 });
    const free = await turnsWhile(() => openPfx(der, password));
    const real = thread.runPfxThread;
    const inline: typeof real = (request) =>
      Promise.resolve(request.kind === "open" ? { opened: openContainer(request.der, request.password) } : { written: new Uint8Array() });
    Object.assign(thread, { runPfxThread: inline });
    const blocked = await turnsWhile(() => openPfx(der, password));
    Object.assign(thread, { runPfxThread: real });
    countPlanted(blocked < fewTurns ? 1 : 0, 1);
    assert.ok(free >= fewTurns && blocked < fewTurns, `${free} turns, ${blocked} with the bug`);
  });
});
