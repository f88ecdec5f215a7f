/** What a real PowerShell costs: its starts, a call in the process that a run keeps, and the same with a PowerShell for each command. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { promisify } from "node:util";
import { findPwsh } from "../../../lab/powershell/pwsh";
import type { TestStage } from "./stage";

export interface AgentFigures {
  host: string;
  /** Milliseconds from the start of the program. */
  ready: number;
  firstAnswer: number;
  /** Milliseconds a call, after the first ones. */
  oneByOne: number;
  pipelined: number;
  /** Milliseconds a command with a PowerShell of its own, which does nothing but start and end. */
  processEach: number;
  /** Megabytes before and after the calls. */
  memory: [number, number];
}

const LIST = { cmdlet: "Get-SendConnector", parameters: {}, select: ["Name"] };
const megabytes = (pid: number): number =>
  Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) / 1024);

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

/** Measures an agent of one host with `calls` calls each way. Linux only (/proc). */
export async function agentFigures(stage: TestStage, host: string, calls: number): Promise<AgentFigures> {
  const start = performance.now();
  const agent = await stage.agent(host, { noise: false });
  const ready = performance.now() - start;
  await agent.value("invoke", LIST);
  const firstAnswer = performance.now() - start;
  for (let count = 0; count < 20; count++) await agent.value("invoke", LIST);
  const before = megabytes(agent.ready.pid);
  const sequential = await timed(async () => {
    for (let count = 0; count < calls; count++) await agent.value("invoke", LIST);
  });
  const ahead = await timed(() => Promise.all(Array.from({ length: calls }, () => agent.value("invoke", LIST))));
  const after = megabytes(agent.ready.pid);
  await agent.end();
  const run = promisify(execFile);
  const each = await timed(async () => {
    for (let count = 0; count < 3; count++) await run(findPwsh()!, ["-NoProfile", "-NonInteractive", "-Command", "exit"]);
  });
  const figures = { ready, firstAnswer, oneByOne: sequential / calls, pipelined: ahead / calls, processEach: each / 3 };
  const rounded = Object.fromEntries(Object.entries(figures).map(([name, ms]) => [name, Number(ms.toFixed(1))])) as typeof figures;
  return { host, ...rounded, memory: [before, after] };
}

/** One line for people. */
export function agentFiguresLine({ host, ready, firstAnswer, oneByOne, pipelined, processEach, memory }: AgentFigures): string {
  const parts = [`ready ${ready} ms`, `first answer ${firstAnswer} ms`, `a call ${oneByOne} ms, pipelined ${pipelined} ms`];
  return `${host}: ${parts.join(", ")}, a PowerShell for each command at least ${processEach} ms, working set ${memory.join(" → ")} MB`;
}
