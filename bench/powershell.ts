/**
 * What the shipped script costs in a real PowerShell, beside a PowerShell for each command as @pulumi/command runs one; and a rotation with
 * the simulated agent and with the real one, behind the same sshd.
 */
import { measuredAgent, type AgentFigures } from "../tests/support/agents/figures";
import { pwshMissing, TestStage } from "../tests/support/agents/stage";
import { passwordMissing, RealContoso, type RealContosoOptions } from "../tests/support/interop/contoso";
import { fleet } from "../tests/support/stories/fleet";
import { Rig } from "../tests/support/stories/rig";
import { figure, timed, type Figure, type Note, type Outcome } from "./measure";

const HOSTS = ["EDGE01", "MBX01"];
const CALLS = 1_000;

/** Nothing, and a note why, where PowerShell is missing. */
export async function benchPowerShell(note: Note): Promise<Outcome> {
  if (pwshMissing !== undefined) return { figures: [], notes: [`Left out: ${pwshMissing}.`] };
  const figures: Figure[] = [];
  const stage = await TestStage.open();
  try {
    for (const host of HOSTS) {
      note(`the script in a real PowerShell: ${host}, ${CALLS} calls`);
      const measured = await measuredAgent(stage, host, CALLS);
      await measured.agent.end();
      figures.push(...shown(measured.figures));
    }
  } finally {
    await stage.close();
  }
  const { figures: rounds, notes } = await rotations(note);
  return { figures: [...figures, ...rounds], notes };
}

function shown({ host, ready, firstAnswer, oneByOne, pipelined, processEach, memory, calls }: AgentFigures): Figure[] {
  const role = host.startsWith("EDGE") ? "Edge" : "Mailbox";
  const ms = (name: string, value: number): Figure => figure(`PowerShell, ${role}: ${name}`, "ms", [value]);
  const kept = (memory ?? []).map((value, index) =>
    figure(`PowerShell, ${role}: working set ${index === 0 ? "before" : "after"} ${calls.toLocaleString("en")} calls`, "MB", [value]),
  );
  return [
    ms("start to ready", ready),
    ms("start to the first answer", firstAnswer),
    ms("a call, one after the other", oneByOne),
    ms("a call, pipelined", pipelined),
    ms("a command with a PowerShell of its own", processEach),
    ...kept,
  ];
}

async function rotations(note: Note): Promise<Outcome> {
  if (passwordMissing !== undefined) return { figures: [], notes: [`Rotations left out: ${passwordMissing}.`] };
  const figures: Figure[] = [];
  for (const agent of ["simulated", "real"] as const) {
    note(`a rotation of two Edges with the ${agent} agent`);
    const seconds = (await rotation(agent === "real" ? { powershell: { noise: false } } : {})) / 1000;
    figures.push(figure(`rotation of two Edges with the ${agent} agent, lab at speed 60`, "s", [seconds]));
  }
  return { figures };
}

/** Milliseconds from v1 to v2 on both Edges. */
async function rotation(options: RealContosoOptions): Promise<number> {
  const contoso = await RealContoso.open({ logon: "password", lab: { speed: 60 }, ...options });
  try {
    const rig = Rig.over(contoso.throughSshd());
    await rig.apply(fleet(rig, "v1"));
    return await timed(() => rig.apply(fleet(rig, "v2")));
  } finally {
    await contoso.close();
  }
}
