/** Entry of the worker thread: one request, one reply, then it ends. Started by pfx-thread.ts. */
import { parentPort, workerData } from "node:worker_threads";
import { isExchangeError } from "../base/errors";
import { openContainer } from "./pfx-codec";
import type { PfxReply, PfxRequest } from "./pfx-thread";
import { writeContainer } from "./pfx-writer";

function answer(request: PfxRequest): PfxReply {
  try {
    return request.kind === "open" ? { opened: openContainer(request.der, request.password) } : { written: writeContainer(request.parts) };
  } catch (error) {
    if (isExchangeError(error)) return { code: error.code, sentence: error.sentence };
    return { code: request.kind === "open" ? "PFX_UNREADABLE" : "INTERNAL", sentence: "The PFX cannot be processed." };
  }
}

if (parentPort) parentPort.postMessage(answer(workerData as PfxRequest));
