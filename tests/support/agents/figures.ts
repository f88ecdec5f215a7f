/** What a real PowerShell costs: its starts, a call in the process that a run keeps, and the same with a PowerShell for each command. */
import { readFileSync } from "node:fs";
import type { ChildAgent } from "./child";
import type { TestStage } from "./stage";

export interface AgentFigures {
  host: string;
  /** Milliseconds from the start of the program. */
  ready: number;
  firstAnswer: number;
  /** Milliseconds a call, after the first ones. */
  oneByOne: number;
  pipelined: number;
  /** Milliseconds a command with a PowerShell of its own, as @pulumi/command runs one: start, Exchange's shell, the cmdlet, end. */
  processEach: number;
  /** Calls between the two looks at the memory. */
  calls: number;
  /** Megabytes before and after the calls; undefined where there is no /proc. */
  memory?: [number, number];
}

const LIST = { cmdlet: "Get-SendConnector", parameters: {}, select: ["Name"] };

function megabytes(pid: number): number | undefined {
  try {
    return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024);
  } catch {
    return undefined;
  }
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Starts an agent, and measures it with `calls` calls, half of them one after the other; the agent goes on. */
export async function measuredAgent(stage: TestStage, host: string, calls: number): Promise<{ agent: ChildAgent; figures: AgentFigures }> {
  const start = performance.now();
  const agent = await stage.agent(host, { noise: false });
  const ready = performance.now() - start;
  await agent.value("invoke", LIST);
  const firstAnswer = performance.now() - start;
  for (let count = 0; count < 5; count++) await agent.value("invoke", LIST);
  const before = megabytes(agent.ready.pid);
  const half = Math.ceil(calls / 2);
  const sequential = await timed(async () => {
    for (let count = 0; count < half; count++) await agent.value("invoke", LIST);
  });
  const ahead = await timed(() => Promise.all(Array.from({ length: half }, () => agent.value("invoke", LIST))));
  const after = megabytes(agent.ready.pid);
  const each = await timed(() => stage.stage.runAlone(host, LIST.cmdlet));
  const ms = { ready, firstAnswer, oneByOne: sequential / half, pipelined: ahead / half, processEach: each };
  const rounded = Object.fromEntries(Object.entries(ms).map(([name, value]) => [name, Number(value.toFixed(1))])) as typeof ms;
  return { agent, figures: { host, ...rounded, calls: 2 * half, ...(before && after ? { memory: [before, after] } : {}) } };
}

/** Wall time of a rotation on the real engine: one line that the runner repeats at its end, the same for both agents. */
export function rotationFigure(name: string, agent: "simulated" | "real", started: number, runs = 1): void {
  console.log(`      figure: ${name} with the ${agent} agent: ${((performance.now() - started) / 1000).toFixed(1)} s in ${runs} runs`);
}

/** One line for people. */
export function agentFiguresLine({ host, ready, firstAnswer, oneByOne, pipelined, processEach, calls, memory }: AgentFigures): string {
  const parts = [`ready ${ready} ms`, `first answer ${firstAnswer} ms`, `a call ${oneByOne} ms, pipelined ${pipelined} ms`];
  const kept = memory ? [`working set ${memory.join(" → ")} MB over ${calls} calls`] : [];
  return [`${host}: ${parts.join(", ")}`, `a PowerShell for each command ${processEach} ms`, ...kept].join(", ");
}
