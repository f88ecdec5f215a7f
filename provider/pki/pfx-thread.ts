/** Runs one PKCS#12 operation in a worker thread, so that key derivation never blocks SSH keepalives. */
import path from "node:path";
import { Worker } from "node:worker_threads";
import { ErrorCode, ExchangeError } from "../base/errors";
import type { OpenedContainer } from "./pfx-codec";
import type { ContainerParts } from "./pfx-writer";

export type PfxRequest = { kind: "open"; der: Uint8Array; password: string } | { kind: "write"; parts: ContainerParts };
export type PfxReply = { opened: OpenedContainer } | { written: Uint8Array } | { code: ErrorCode; sentence: string };

/** The dearest container that is allowed takes a few seconds. */
const DEADLINE_MS = 60_000;

/** Resolves with the thread's reply; its failures become ExchangeErrors. The thread is gone afterwards. */
export async function runPfxThread(request: PfxRequest): Promise<Exclude<PfxReply, { code: ErrorCode }>> {
  const worker = new Worker(path.join(__dirname, "pfx-worker.js"), {
    workerData: request,
    execArgv: [],
    stdout: true,
    stderr: true,
    resourceLimits: { maxOldGenerationSizeMb: 256 },
  });
  let timer: NodeJS.Timeout | undefined;
  try {
    const reply = await new Promise<PfxReply>((resolve, reject) => {
      const failed = (cause?: unknown): void => reject(new ExchangeError("PFX_UNREADABLE", "The PFX cannot be processed.", { cause }));
      timer = setTimeout(() => reject(new ExchangeError("PFX_TOO_EXPENSIVE", "Opening the PFX took longer than a minute.")), DEADLINE_MS);
      worker.once("message", resolve);
      worker.once("error", failed);
      worker.once("exit", () => failed());
    });
    if ("code" in reply) throw new ExchangeError(reply.code, reply.sentence);
    return reply;
  } finally {
    clearTimeout(timer);
    await worker.terminate();
  }
}
