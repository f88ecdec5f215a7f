/** The suite that every agent passes, asked of the shipped script in a real PowerShell. */
import { strict as assert } from "node:assert";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { AGENT_SHA256 } from "../../provider/remote/agentHash";
import { COMPLETE } from "../support/agents/choice";
import { FakeOrganisation } from "../support/agents/fakeOrganisation";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { agentSuite, type Bench } from "../support/agents/suite";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("the shipped script in a real PowerShell", () => {
  let organisation: FakeOrganisation;
  const stage = stageForAll(() => ({ scenario: undefined, organisation: (organisation = new FakeOrganisation()) }));
  const bench: Bench = {
    get organisation() {
      return organisation;
    },
    get account() {
      return stage().lab.hosts.get("MBX01")!.host.account;
    },
    hash: AGENT_SHA256,
    history: () => stage().lab.history.entries,
    ignoresCase: process.platform === "win32",
    open: (host, logon = "password") => {
      // what sshd's ExposeAuthInfo writes
      const file = join(stage().folder, `logon-${logon}`);
      writeFileSync(file, `${logon} ssh-ed25519 AAAA\n`);
      return stage().agent(host, { noise: false }, { env: { SSH_USER_AUTH: file } });
    },
  };
  agentSuite(() => bench);

  it("a cmdlet of the closed list that the role or the version lacks is not found", async () => {
    const missing = "Get-HybridConfiguration";
    // in front of the stage's function of that name
    const prelude =
      "$global:LabAll = ${function:Import-LabExchange}; " +
      `function global:Import-LabExchange($rules) { $rest = $rules.Clone(); $rest.Remove('${missing}'); & $global:LabAll $rest };`;
    const agent = await stage().agent("EDGE01", { noise: false, prelude });
    const list = { parameters: {}, select: ["Name"] };
    assert.equal(await agent.refusal("invoke", { cmdlet: missing, ...list }), "CommandNotFound");
    await agent.value("invoke", { cmdlet: "Get-SendConnector", ...list });
    await agent.end();
  });

  // two minutes: the time that the page gives
  if (COMPLETE)
    it("a host that another process is changing for two minutes is busy", async function () {
      this.timeout(0);
      const [one, other] = [await stage().agent("EDGE01", { noise: false }), await stage().agent("EDGE01", { noise: false })];
      let release!: () => void;
      const gate = new Promise<void>((resolve) => (release = resolve));
      let calls = 0;
      organisation.onInvoke = async () => {
        calls++;
        await gate;
        return { objects: [], warnings: [] };
      };
      const call = { cmdlet: "Set-SendConnector", parameters: { RequireTLS: true }, select: [] };
      const running = one.request("invoke", call, { fence: 100 });
      await until("the cmdlet runs", () => calls === 1, 30_000);
      assert.deepEqual(await Promise.all([other.refusal("invoke", call, { fence: 100 }), other.refusal("fence.raise", { fence: 101 })]), [
        "Busy",
        "Busy",
      ]);
      release();
      assert.equal((await running)?.ok, true);
      assert.equal(calls, 1);
      organisation.onInvoke = undefined;
      assert.deepEqual(await other.value("fence.raise", { fence: 101 }), { fence: 101 });
      for (const agent of [one, other]) await agent.end();
    });
});
