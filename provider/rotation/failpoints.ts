/**
 * Named fail points before and after each side effect, for tests only: `PULUMI_EXCHANGE_FAILPOINT` holds
 * `name=error|kill`, several separated by commas; `name` is `<host>/<step>.<position>` or `<step>.<position>`.
 */
import { ExchangeError } from "../base/errors";
import { tellStop } from "../rehearsal";

export type Position = "before-intent" | "after-intent" | "after-cmdlet" | "after-result" | "before-reply";

export function failPoint(host: string, step: string, position: Position, env: NodeJS.ProcessEnv = process.env): void {
  const asked = env.PULUMI_EXCHANGE_FAILPOINT;
  if (!asked) return;
  for (const entry of asked.split(",")) {
    const [name, action] = entry.trim().split("=");
    if (name !== `${step}.${position}` && name !== `${host}/${step}.${position}`) continue;
    if (action === "kill") {
      tellStop(name, env);
      process.kill(process.pid, "SIGKILL");
    }
    throw new ExchangeError("FAILPOINT", `${host}: stopped at ${step}, ${position}, as a test asked.`, { host });
  }
}
