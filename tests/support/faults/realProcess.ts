/** Runs of a real provider process against a lab behind SSH, with a fail point that ends it by SIGKILL. */
import { fork } from "node:child_process";
import { join } from "node:path";
import { patientTimer, progress } from "../../../tools/testing/patience";
import type { Lab } from "../../../lab/start";
import { issuedCertificates } from "../../../lab/issued";
import type { News, Order } from "./child";
import type { State } from "./engine";
import type { Shape } from "./programs";

export interface Ended {
  state: State;
  ok: boolean;
  killed: boolean;
  error?: string;
}
export const FRESH: State = { resources: {}, pendingDeletes: [], pendingCreates: [] };
const LIMIT_MS = 120_000;

export function runProcess(lab: Lab, input: { state: State; shape: Shape; refresh?: boolean; failPoint?: string }): Promise<Ended> {
  const hosts = Object.fromEntries(lab.ready.hosts.map(({ name, ssh }) => [name, { ...ssh, name }]));
  const order: Order = {
    state: input.state,
    shape: input.shape,
    refresh: input.refresh ?? false,
    hosts,
    certificates: issuedCertificates(lab.organisation),
  };
  const env = { ...process.env, ...(input.failPoint === undefined ? {} : { PULUMI_EXCHANGE_FAILPOINT: input.failPoint }) };
  return new Promise((resolve, reject) => {
    const child = fork(join(__dirname, "child.js"), { env, stdio: ["ignore", "ignore", "inherit", "ipc"] });
    let state = input.state;
    let ended: { ok: boolean; error?: string } | undefined;
    const timer = patientTimer(LIMIT_MS, () => child.kill("SIGKILL"));
    child.on("message", (news: News) => {
      progress();
      if ("state" in news) state = news.state;
      else ended = news.ended;
    });
    child.once("error", reject);
    child.once("close", (_code, signal) => {
      timer.clear();
      resolve({ state, ok: ended?.ok ?? false, killed: signal === "SIGKILL", error: ended?.error });
    });
    child.send(order);
  });
}
