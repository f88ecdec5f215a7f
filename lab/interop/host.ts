/** A real sshd in front of a simulated host. */
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { LabHost } from "../doors/network";
import { AgentDoor } from "./agentDoor";
import { startSshd, type Sshd, type SshdOptions } from "./sshd";

export interface RealHost {
  name: string;
  sshd: Sshd;
  /** PowerShell behind it. */
  agent: AgentDoor;
  /** The lab's doors, as sshd reaches them: it resolves names itself, so the lab's network does not apply. */
  endpoints: { smtp: string; ldaps?: string };
  close(): Promise<void>;
}

/** Opens `powershell.exe` and sshd for one host of a lab; everything is written below `options.folder`. */
export async function openRealHost({ host, smtp, ldaps }: LabHost, options: SshdOptions): Promise<RealHost> {
  mkdirSync(options.folder, { recursive: true });
  const agent = await AgentDoor.open(host, join(options.folder, "bin"));
  const sshd = await startSshd({ path: agent.folder, ...options, folder: join(options.folder, "sshd") });
  return {
    name: host.name,
    sshd,
    agent,
    endpoints: { smtp: `127.0.0.1:${smtp.port}`, ...(ldaps && { ldaps: `127.0.0.1:${ldaps.port}` }) },
    close: async () => {
      await sshd.stop();
      await agent.close();
    },
  };
}
