/** The shipped script, run by a real PowerShell: the examples of docs/agent-protocol.md, and what it costs (printed, not asserted). */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_SHA256 } from "../../provider/remote/agentHash";
import { packageRoot } from "../../provider/remote/agentScript";
import { examplesOf, type Host } from "../support/agents/documentExamples";
import { COMPLETE } from "../support/agents/choice";
import { agentFiguresLine, measuredAgent } from "../support/agents/figures";
import { labNames, replay } from "../support/agents/replay";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

const examples = examplesOf(readFileSync(join(packageRoot(__dirname), "docs", "agent-protocol.md"), "utf8"));
const HOSTS: Host[] = ["EDGE01", "MBX01"];

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("docs/agent-protocol.md, answered by the shipped script", () => {
  const stage = stageForAll();
  let names: { [shown: string]: string };
  before(() => (names = labNames(stage().lab)));

  for (const host of HOSTS) {
    it(`every example of ${host}`, async function () {
      this.timeout(300_000);
      const { agent, figures } = await measuredAgent(stage(), host, COMPLETE ? 1_000 : 20);
      console.log(`      figure: ${agentFiguresLine(figures)}`);
      assert.equal(agent.ready.agent, AGENT_SHA256, "the script is the shipped one");
      names["C:\\ProgramData\\pulumi-exchange\\subscription.xml"] = `${agent.ready.folder}/subscription.xml`;
      const own = examples.filter((example) => example.host === host);
      await replay(agent, own, names);
      await agent.end();
      assert.deepEqual([agent.exitCode, agent.stderr], [0, ""]);
    });
  }
});
