import { strict as assert } from "node:assert";
import { control, labForEach, until } from "../../../support/lab";
import { TestAgent } from "./client";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

describe("lab: faults", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  let agent: TestAgent;
  beforeEach(async () => {
    agent = await TestAgent.open(lab(), "EDGE01");
  });
  afterEach(() => agent.client.destroy());
  const set = { cmdlet: "Set-Thing", parameters: {}, select: [] };
  const call = (extra: object = { fence: 1 }) => agent.request("invoke", set, extra);
  const entry = async () => (await control(lab()).history()).filter((item) => item.cmdlet === "Set-Thing").at(-1)!;

  it("error before: the model does not run it; after: it did", async () => {
    await control(lab()).fault({ cmdlet: "set-thing", at: "before", kind: "error", message: "Zugriff verweigert" });
    const before = await call();
    assert.deepEqual(before?.ok === false && [before.error.class, before.error.message], ["CmdletFailed", "Zugriff verweigert"]);
    assert.equal(organisation.calls.length, 0);
    assert.deepEqual([(await entry()).executed, (await entry()).outcome], [false, "error"]);
    await control(lab()).fault({ host: "edge01.contoso.com", at: "after", kind: "error" });
    assert.equal((await call())?.ok, false);
    assert.equal(organisation.calls.length, 1);
    assert.deepEqual([(await entry()).executed, (await entry()).outcome], [true, "error"]);
    assert.equal((await call())?.ok, true);
  });

  it("counts matching calls: nth, times, host", async () => {
    await control(lab()).fault({ host: "MBX01", cmdlet: "Set-Thing", at: "before", kind: "error" });
    await control(lab()).fault({ host: "EDGE01", cmdlet: "Set-Thing", nth: 2, times: 2, at: "before", kind: "error" });
    const results = [];
    for (let index = 0; index < 5; index++) results.push((await call())?.ok);
    assert.deepEqual(results, [true, false, false, true, true]);
  });

  it("DELETE clears them", async () => {
    await control(lab()).fault({ at: "before", kind: "error" });
    await control(lab()).clearFaults();
    assert.equal((await call())?.ok, true);
  });

  it("kill before: nothing ran, the process is gone, the connection stays", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "before", kind: "kill" });
    assert.equal(await call(), undefined);
    assert.equal(organisation.calls.length, 0);
    assert.equal(agent.exitCode, 1);
    assert.equal(lab().hosts.get("EDGE01")!.ssh.connections[0].open, true);
    assert.equal((await entry()).outcome, "unknown");
  });

  it("kill after and in the reply: it ran, the answer is missing or half", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "after", kind: "kill" });
    assert.equal(await call(), undefined);
    assert.equal(agent.rest, "");
    assert.deepEqual([(await entry()).executed, (await entry()).outcome], [true, "unknown"]);
    agent.client.destroy();
    agent = await TestAgent.open(lab(), "EDGE01");
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "reply", kind: "kill" });
    assert.equal(await call(), undefined);
    assert.match(agent.rest, /^\{"id":1/);
    assert.throws(() => JSON.parse(agent.rest));
  });

  it("disconnect after: the key gives the stored reply to the next process", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "after", kind: "disconnect" });
    assert.equal(await call({ fence: 1, key: "k" }), undefined);
    await until("the connection is closed", () => !lab().hosts.get("EDGE01")!.ssh.connections[0].open);
    agent = await TestAgent.open(lab(), "EDGE01");
    assert.equal((await call({ fence: 1, key: "k" }))?.ok, true);
    assert.equal(organisation.calls.length, 1);
  });

  it("disconnect before with ms: the orphan's key makes a repeat wait for it", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "before", kind: "disconnect", ms: 30 });
    assert.equal(await call({ fence: 1, key: "k" }), undefined);
    agent = await TestAgent.open(lab(), "EDGE01");
    assert.equal((await call({ fence: 1, key: "k" }))?.ok, true);
    assert.equal(organisation.calls.length, 1);
  });

  it("hang: no answer until the caller goes, and nothing ran", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "before", kind: "hang" });
    const hung = call();
    await until("the call began", entry);
    agent.client.destroy();
    assert.equal(await hung, undefined);
    assert.equal(organisation.calls.length, 0);
    agent = await TestAgent.open(lab(), "EDGE01");
    assert.equal((await call())?.ok, true);
  });

  it("delay: the answer comes, later", async () => {
    await control(lab()).fault({ cmdlet: "Set-Thing", at: "after", kind: "delay", ms: 20 });
    assert.equal((await call())?.ok, true);
  });

  it("hits file operations and the start of a process by name", async () => {
    await control(lab()).fault({ cmdlet: "file.write", at: "before", kind: "error", message: "There is not enough space on the disk." });
    assert.equal(await agent.refusal("file.write", { path: "journal", data: "" }), "FileFailed");
    await control(lab()).fault({ cmdlet: "start", at: "before", kind: "kill" });
    const dead = await TestAgent.open(lab(), "EDGE01");
    assert.deepEqual([dead.exitCode, dead.lines], [1, []]);
  });
});
