/** What happens when the second PowerShell of a Mailbox server, at the far end of remoting, dies. */
import { strict as assert } from "node:assert";
import { kill, runs } from "../../lab/powershell/processes";
import type { Reply } from "../../provider/remote/protocol";
import type { ChildAgent } from "../support/agents/child";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

/** A call must be answered so long after the far end's death, in ms. */
const ANSWERED_MS = 15_000;
const LIST = { cmdlet: "Get-SendConnector", parameters: {}, select: ["Name"] };
const SET = {
  cmdlet: "Set-SendConnector",
  parameters: { Identity: "Outbound to Office 365", Comment: "x", Confirm: false },
  select: [],
};

/** Internal, or no reply at all: both are unknown to the client. */
function failedAsUnknown(reply: Reply | undefined): void {
  if (reply && !reply.ok) assert.equal(reply.error.class, "Internal");
}

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("the far end of remoting dies", () => {
  const stage = stageForAll();
  let agent: ChildAgent;
  let far = 0;
  /** The agent, or the next one where it has ended: what the provider's next call does. */
  const living = async (): Promise<ChildAgent> => (agent.closed ? (agent = await stage().agent("MBX01")) : agent);
  const listed = async (): Promise<object[]> => (await (await living()).value<{ objects: object[] }>("invoke", LIST)).objects;
  let connectors: object[];
  before(async function () {
    this.timeout(300_000);
    agent = await stage().agent("MBX01");
    stage().stage.door.watch = ({ pid }) => void (far = pid);
    connectors = await listed();
  });

  it("between two calls: at most one call fails, with an unknown outcome", async () => {
    const dead = far;
    kill(dead);
    await until("the far end has ended", () => !runs(dead), 30_000);
    const reply = await agent.request("invoke", LIST);
    failedAsUnknown(reply);
    assert.deepEqual(await listed(), connectors);
    assert.notEqual(far, dead);
  });

  it("inside a change: it fails within 15 s, with an unknown outcome", async () => {
    const { door } = stage().stage;
    const one = await living();
    let died = false;
    door.watch = ({ pid, cmdlet }, at) => {
      far = pid;
      if (cmdlet !== SET.cmdlet || at !== "after" || died) return;
      kill(pid);
      died = true;
    };
    const answer = one.request("invoke", SET, { fence: 1, key: "a" });
    await until("the far end dies", () => died, 60_000);
    await until("the answer, or the agent's end", () => one.closed || one.replies().some(({ ok }) => !ok), ANSWERED_MS);
    const reply = await answer;
    assert.notEqual(reply?.ok, true);
    failedAsUnknown(reply);
    if (one.closed) assert.match(one.stderr, /far end .* outcome is unknown/);
    assert.deepEqual(await listed(), connectors);
    assert.equal((await (await living()).request("invoke", SET, { fence: 1, key: "a" }))?.ok, true);
  });
});
