/** The context of a run of the provider process. */
import { currentTime } from "../base/clock";
import { note, warn } from "../base/progress";
import { registerConnection, openSession } from "../remote/sessions";
import type { Context } from "./types";

const controller = new AbortController();

/** Aborts every wait of this process (end of the run). */
export function abortAll(): void {
  controller.abort(new Error("the run ended"));
}

export function createContext(): Context {
  return {
    now: currentTime(),
    signal: controller.signal,
    session: (host, options) => openSession(host, options),
    register: (host) => registerConnection(host),
    note,
    warn,
  };
}
