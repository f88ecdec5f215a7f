import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import { isExchangeError } from "../../../provider/base/errors";
import type { runPfxThread } from "../../../provider/pki/pfx-thread";
import type { ContainerParts } from "../../../provider/pki/pfx-writer";
import { makePfx, makeSelfSigned } from "../../support/certificates";

type Run = typeof runPfxThread;
const PASSWORD = "secret";
const MOST = Math.min(4, availableParallelism());

/** The module as a new process has it: with no thread yet. */
function newModule(): Run {
  const path = require.resolve("../../../provider/pki/pfx-thread");
  const kept = require.cache[path];
  delete require.cache[path];
  const { runPfxThread: run } = require(path) as { runPfxThread: Run };
  require.cache[path] = kept;
  return run;
}

describe("threads for PFX files", () => {
  const started: Worker[] = [];
  const note = (message: unknown): void => void started.push((message as { worker: Worker }).worker);
  let der: Buffer;
  let run: Run;
  const open = (password = PASSWORD): ReturnType<Run> => run({ kind: "open", der, password });
  before(async () => {
    der = await makePfx(await makeSelfSigned(), PASSWORD);
    subscribe("worker_threads", note);
  });
  beforeEach(() => {
    started.splice(0);
    run = newModule();
  });
  after(() => unsubscribe("worker_threads", note));

  it("one that has answered is kept for the next file", async () => {
    for (let count = 0; count < 5; count++) assert.ok("opened" in (await open()));
    await assert.rejects(open("wrong"), (error) => isExchangeError(error, "PFX_PASSWORD_WRONG"));
    assert.ok("opened" in (await open()));
    assert.equal(started.length, 1);
  });

  it("many files at once share as many as there are processors, at most four", async () => {
    const replies = await Promise.all(Array.from({ length: 40 }, () => open()));
    assert.ok(replies.every((reply) => "opened" in reply && reply.opened.keys.length === 1));
    assert.equal(started.length, MOST);
  });

  it("one that ends under its work fails that file alone, and another takes its place", async () => {
    const parts = { certificates: [], pkcs8: Buffer.alloc(32), password: PASSWORD, algorithm: "3des", iterations: 2 ** 31 - 1 };
    const endless = Array.from({ length: MOST }, () => run({ kind: "write", parts: parts as unknown as ContainerParts }));
    const waits = open();
    const ended = endless.map((one) => assert.rejects(one, (error) => isExchangeError(error, "PFX_UNREADABLE")));
    await Promise.all(started.slice(0, MOST).map((worker) => worker.terminate()));
    await Promise.all(ended);
    assert.ok("opened" in (await waits));
    assert.equal(started.length, MOST + 1);
  });
});
