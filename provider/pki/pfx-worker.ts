/** Entry of a worker thread: one reply for each request. Started by pfx-thread.ts. */
import { parentPort } from "node:worker_threads";
import { isExchangeError } from "../base/errors";
import { openContainer } from "./pfx-codec";
import type { PfxReply, PfxRequest } from "./pfx-thread";
import { writeContainer } from "./pfx-writer";

function answer(request: PfxRequest): PfxReply {
  try {
    return request.kind === "open" ? { opened: openContainer(request.der, request.password) } : { written: writeContainer(request.parts) };
  } catch (error) {
    if (isExchangeError(error)) return { code: error.code, sentence: error.sentence, hint: error.hint };
    return { code: request.kind === "open" ? "PFX_UNREADABLE" : "INTERNAL", sentence: "The PFX cannot be processed." };
  }
}

parentPort?.on("message", (request: PfxRequest) => parentPort!.postMessage(answer(request)));
