/** A real PowerShell that runs the shipped agent, with a lab as its Exchange, for mocha tests. */
import type { Lab, LabOptions } from "../../../lab/start";
import { findPwsh, findPwshForWindows, findWine } from "../../../lab/powershell/pwsh";
import { SimulatedWindows, type SimulatedService } from "../../../lab/powershell/wine";
import { Stage, type StandInOptions } from "../../../lab/powershell/stage";
import { openFolder, removeFolder } from "../interop/folders";
import { startTestLab } from "../lab";
import { ChildAgent, type ChildOptions } from "./child";

/** Why tests with a real PowerShell cannot run here; undefined where they can. */
export const pwshMissing =
  findPwsh() === undefined ? "PowerShell 7 is not installed: put `pwsh` on the PATH (https://aka.ms/powershell)" : undefined;

/** Why tests with a PowerShell for Windows cannot run here; undefined where they can. */
export const wineMissing =
  pwshMissing ??
  (findWine() === undefined ? "Wine is not installed: apt-get install wine64" : undefined) ??
  (findPwshForWindows() === undefined
    ? "PowerShell for Windows is not laid in ~/.cache/pulumi-exchange/pwsh-windows (a build machine's tools/provide does that)"
    : undefined);

/** A lab and the stage in front of it. */
export class TestStage {
  private readonly agents: ChildAgent[] = [];

  private constructor(
    readonly folder: string,
    readonly lab: Lab,
    readonly stage: Stage,
    readonly windows?: SimulatedWindows,
  ) {}

  /** @param services with them the agents run on a simulated Windows */
  static async open(options: LabOptions = {}, services?: readonly SimulatedService[]): Promise<TestStage> {
    const folder = openFolder();
    const lab = await startTestLab({ scenario: "contoso", ...options });
    const windows = services && (await SimulatedWindows.open(folder, services));
    return new TestStage(folder, lab, await Stage.open({ lab, folder, windows }), windows);
  }

  /** A new agent of a host, as a child of this process. */
  async agent(host: string, standIn: StandInOptions = {}, options: Omit<ChildOptions, "bin"> = {}): Promise<ChildAgent> {
    const agent = await ChildAgent.open({ bin: this.stage.writeStandIn(host, standIn), ...options });
    this.agents.push(agent);
    return agent;
  }

  async close(): Promise<void> {
    for (const agent of this.agents) agent.destroy();
    await Promise.all(this.agents.map((agent) => agent.until(() => false)));
    await this.stage.close();
    await this.windows?.close();
    await this.lab.close();
    removeFolder(this.folder);
  }
}

/** Declares hooks: one lab and stage for the whole suite. */
export function stageForAll(options: () => LabOptions = () => ({}), services?: readonly SimulatedService[]): () => TestStage {
  let stage: TestStage | undefined;
  before(async function () {
    this.timeout(120_000);
    stage = await TestStage.open(options(), services);
  });
  after(async () => {
    await stage?.close();
    stage = undefined;
  });
  return () => stage!;
}
