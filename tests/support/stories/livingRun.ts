/** Somebody else's run, as far as a host can tell: a lease of another stack that is taken and renewed. */
import type { Shell } from "../../../provider/exchange/shell";
import { startAgent } from "../../../provider/remote/agentClient";
import { agentScript } from "../../../provider/remote/agentScript";
import type { HostConnection } from "../../../provider/remote/hosts";
import { connectSsh } from "../../../provider/remote/ssh";
import { releaseLease, renewLease, takeLease } from "../../../provider/rotation/lease";
import type { Rig } from "./rig";

const EVERY_MS = 200;

/** Alive until the result is called, or until it has renewed its lease so often. */
export async function livingRun(rig: Rig, name: string, renewals = Infinity): Promise<() => Promise<void>> {
  const link = await connectSsh(rig.host(name) as unknown as HostConnection);
  const agent = await startAgent(link, { script: agentScript(), host: name });
  const shell = { facts: agent.facts, request: agent.request.bind(agent) } as unknown as Shell;
  const lease = await takeLease(shell, { owner: "other/prod/x", stack: "other/prod", run: "a-living-run" });
  let left = renewals;
  let ending: Promise<void> | undefined;
  const end = (): Promise<void> => (ending ??= leave());
  const timer = setInterval(() => void (left-- > 0 ? renewLease(shell, lease).catch(() => undefined) : end()), EVERY_MS);
  return end;

  async function leave(): Promise<void> {
    clearInterval(timer);
    await releaseLease(shell, lease);
    agent.close();
    link.close();
  }
}
