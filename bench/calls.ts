/** What a call on a host costs: in the one process that a run keeps, and with a process for every call. */
import { setWriter } from "../provider/base/progress";
import { startAgent, type AgentSession } from "../provider/remote/agentClient";
import { agentScript } from "../provider/remote/agentScript";
import type { HostConnection } from "../provider/remote/hosts";
import { connectSsh } from "../provider/remote/ssh";
import { startTestLab } from "../tests/support/lab";
import { RealContoso, sshdMissing } from "../tests/support/interop/contoso";
import { figure, repeated, timed, type Note, type Outcome } from "./measure";

/** Calls that a rotation makes on a host before it changes anything, roughly. */
export const CALLS = 12;
/** Start of PowerShell and of Exchange's shell in milliseconds, waited for in real time. */
export const START_COST = { powershell: 500, exchange: 3000 };
const RUNS = 7;
const WARM_CALLS = 200;

const question = { cmdlet: "Get-SendConnector", parameters: {}, select: ["Name", "TlsCertificateName"] };
const ask = (agent: AgentSession): Promise<unknown> => agent.request("invoke", question);

/** Most of it is simulated starts. */
export async function benchCalls(note: Note): Promise<Outcome> {
  const before = setWriter(() => undefined);
  const target = await openTarget();
  try {
    note(`${RUNS} runs of ${CALLS} calls in one process`);
    const whole = await repeated(RUNS, () => inOneProcess(target.host));
    note(`${CALLS} calls with a process each`);
    const single = await aProcessEach(target.host);
    note(`${WARM_CALLS} calls in a warm process`);
    const { sequential, pipelined } = await warm(target.host);
    const eachAll = single.reduce((sum, ms) => sum + ms, 0);
    const one = figure(`${CALLS} calls in one process, with connection and starts`, "ms", whole);
    const server = target.server === "sshd" ? "OpenSSH's sshd" : "the lab's SSH server (sshd is not installed)";
    return {
      notes: [`SSH through ${server}; PowerShell starts in 0.5 s, Exchange's shell in 3 s (simulated).`],
      figures: [
        one,
        figure("a call with a process of its own, on an open connection", "ms", single),
        figure(
          `${CALLS} such calls`,
          "ms",
          single.map((ms) => ms * CALLS),
        ),
        figure("a call in a warm process, one after the other", "ms", sequential),
        figure("a call in a warm process, pipelined", "ms", pipelined),
        figure("a process for every call takes, of one process", "times", [eachAll / one.median]),
      ],
    };
  } finally {
    await target.close();
    setWriter(before);
  }
}

interface Target {
  /** `sshd` (OpenSSH with the simulated PowerShell as a program) or `lab` (the lab's own SSH server). */
  server: "sshd" | "lab";
  host: HostConnection;
  close(): Promise<void>;
}

async function openTarget(): Promise<Target> {
  const options = { scenario: "contoso", speed: 1, startCost: START_COST };
  if (sshdMissing === undefined) {
    const real = await RealContoso.open({ lab: options });
    return { server: "sshd", host: real.connection("EDGE01"), close: () => real.close() };
  }
  const lab = await startTestLab(options);
  const { ssh } = lab.ready.hosts.find(({ name }) => name === "EDGE01")!;
  return { server: "lab", host: ssh, close: () => lab.close() };
}

/** A run as the provider makes it: connect, start, ask, one answer after the other. */
async function inOneProcess(host: HostConnection): Promise<void> {
  const ssh = await connectSsh(host);
  const agent = await startAgent(ssh, { script: agentScript() });
  for (let call = 0; call < CALLS; call++) await ask(agent);
  agent.close();
  ssh.close();
}

/** The kindest form of the alternative: the connection stays, only PowerShell starts anew. */
async function aProcessEach(host: HostConnection): Promise<number[]> {
  const ssh = await connectSsh(host);
  const samples = await repeated(CALLS, async () => {
    const agent = await startAgent(ssh, { script: agentScript() });
    await ask(agent);
    agent.close();
  });
  ssh.close();
  return samples;
}

async function warm(host: HostConnection): Promise<{ sequential: number[]; pipelined: number[] }> {
  const ssh = await connectSsh(host);
  const agent = await startAgent(ssh, { script: agentScript() });
  await ask(agent);
  const sequential = await repeated(WARM_CALLS, () => ask(agent));
  const pipelined: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    const all = await timed(() => Promise.all(Array.from({ length: WARM_CALLS }, () => ask(agent))));
    pipelined.push(all / WARM_CALLS);
  }
  agent.close();
  ssh.close();
  return { sequential, pipelined };
}
