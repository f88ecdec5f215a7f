/** The lab's simulated agent behind its SSH door: the suite that every agent passes, and what the lab alone promises. */
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { generateHostKey } from "../../../../lab/doors/ssh/keys";
import { agentSuite, type Bench } from "../../../support/agents/suite";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";
import { control, labForAll } from "../../../support/lab";
import { TestAgent, SCRIPT, SCRIPT_TEXT, sshConfig } from "./client";

describe("lab: the agent behind the SSH door", () => {
  let organisation: FakeOrganisation;
  const lab = labForAll(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  const bench: Bench = {
    get organisation() {
      return organisation;
    },
    get account() {
      return lab().hosts.get("MBX01")!.host.account;
    },
    hash: createHash("sha256").update(SCRIPT_TEXT).digest("hex"),
    history: () => lab().history.entries,
    ignoresCase: true,
    open: (host, logon = "password") => {
      if (logon === "password") return TestAgent.open(lab(), host);
      const pair = generateHostKey("ed25519");
      lab().hosts.get(host)!.ssh.auth.authorizedKeys = [pair.public];
      return TestAgent.open(lab(), host, SCRIPT, { ...sshConfig(lab(), host), password: undefined, privateKey: pair.private });
    },
  };
  agentSuite(() => bench);

  it("writes fences, and an orphan's unknown outcome, into the history", async () => {
    const history = await control(lab()).history();
    const stop = history.find(({ cmdlet, mutating }) => cmdlet === "Stop-Service" && mutating)!;
    assert.deepEqual([stop.fence, stop.outcome], [3, "ok"]);
    const late = history.filter(({ cmdlet, outcome }) => cmdlet === "Set-SendConnector" && outcome === "unknown");
    assert.deepEqual(
      late.map(({ executed }) => executed),
      [true],
    );
    assert.ok(history.filter(({ cmdlet }) => cmdlet.startsWith("file.")).every(({ mutating }) => !mutating));
  });

  it("passes on a command that the model does not know, and a guard that fails", async () => {
    const agent = await TestAgent.open(lab(), "EDGE01");
    assert.equal(await agent.refusal("invoke", { cmdlet: "Get-Nothing", parameters: {}, select: [] }), "CommandNotFound");
    const removal = { thumbprint: "A".repeat(40), keep: "B".repeat(40) };
    assert.equal(await agent.refusal("certificate.remove", removal, { fence: 99 }), "GuardRefused");
    agent.destroy();
  });

  it("takes an empty list for one only where it was empty before `where`", async () => {
    organisation.elevated = false;
    const agent = await TestAgent.open(lab(), "EDGE01");
    const list = { cmdlet: "Get-ExchangeCertificate", parameters: {}, select: ["Name"], where: { Name: ["nobody"] } };
    assert.deepEqual(await agent.value("invoke", list), { objects: [], warnings: ["w"] });
    organisation.onInvoke = () => ({ objects: [], warnings: [] });
    const reply = await agent.request("invoke", list);
    assert.equal(reply?.ok === false && reply.error.fqid, "EmptyCertificateList,Get-ExchangeCertificate");
    organisation.elevated = true;
    organisation.onInvoke = undefined;
    agent.destroy();
  });

  it("knows no `where` as an agent of before, and stays what it was started as", async () => {
    const list = { cmdlet: "Get-SendConnector", parameters: {}, select: ["Name"], where: { Name: ["one"] } };
    const present = await TestAgent.open(lab(), "EDGE01");
    organisation.toggles.agentOperations = "before";
    const before = await TestAgent.open(lab(), "EDGE01");
    delete organisation.toggles.agentOperations;
    assert.deepEqual([present.ready.where, before.ready.where], [true, undefined]);
    assert.equal(await before.refusal("invoke", list), "BadRequest");
    assert.deepEqual((await present.value("invoke", list)).objects, [{ Name: "one" }]);
    for (const agent of [present, before]) agent.destroy();
  });

  it("takes a time as a parameter", async () => {
    const agent = await TestAgent.open(lab(), "EDGE01");
    organisation.calls.length = 0;
    await agent.value("invoke", { cmdlet: "Set-Thing", parameters: { At: { $time: "2026-01-02T03:04:05Z" } }, select: [] }, { fence: 99 });
    assert.deepEqual(organisation.calls[0].parameters.At, new Date("2026-01-02T03:04:05Z"));
    const wrong = { cmdlet: "Set-Thing", parameters: { At: { $time: "2026-13-01T00:00:00Z" } }, select: [] };
    assert.equal(await agent.refusal("invoke", wrong), "BadRequest");
    agent.destroy();
  });
});
