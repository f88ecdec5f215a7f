/** The context of a run of the provider process. */
import { currentTime } from "../base/clock";
import { sawServer } from "../base/edges";
import { sawFleetServer } from "../base/fleet";
import { note, warn } from "../base/progress";
import { openSession, registerConnection } from "../remote/sessions";
import { serverName } from "./outcome";
import { releaseAtEnd } from "./shutdown";
import type { Context } from "./types";

const controller = new AbortController();

/** Aborts every wait of this process (end of the run). */
export function abortAll(): void {
  controller.abort(new Error("the run ended"));
}

export function createContext(): Context {
  releaseAtEnd();
  return {
    now: currentTime(),
    signal: controller.signal,
    session: async (host, options) => {
      const session = await openSession(host, options);
      const { name, role } = session.facts;
      sawServer(serverName(host), name, role);
      sawFleetServer(serverName(host), name, role);
      return session;
    },
    register: (host) => registerConnection(host),
    note,
    warn,
  };
}
