/** What the shipped script costs in a real PowerShell: printed, not asserted. */
import { agentFigures, agentFiguresLine } from "../support/agents/figures";
import { COMPLETE } from "../support/agents/choice";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

const missing = pwshMissing ?? (process.platform === "linux" ? undefined : "working sets are read from /proc");

skipUnless(missing === undefined, missing ?? "").describe("figures of the shipped script in a real PowerShell", () => {
  const stage = stageForAll();
  for (const host of COMPLETE ? ["EDGE01", "MBX01"] : ["EDGE01"]) {
    it(`${host}: starts, calls, memory`, async function () {
      this.timeout(600_000);
      console.log(`      figure: ${agentFiguresLine(await agentFigures(stage(), host, COMPLETE ? 1_000 : 50))}`);
    });
  }
});
