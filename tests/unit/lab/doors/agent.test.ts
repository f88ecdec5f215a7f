import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { generateHostKey } from "../../../../lab/doors/ssh/keys";
import { MAX_LINE } from "../../../../provider/remote/protocol";
import { control, labForEach, until } from "../../../support/lab";
import { TestAgent, SCRIPT, sshConfig } from "./client";
import { FakeOrganisation } from "./fake";

describe("lab: the agent behind the SSH door", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  const agents: TestAgent[] = [];
  const open = async (name = "EDGE01"): Promise<TestAgent> => {
    const agent = await TestAgent.open(lab(), name);
    agents.push(agent);
    return agent;
  };
  afterEach(() => agents.splice(0).forEach((agent) => agent.client.destroy()));

  it("prints the host's facts and the script's hash first, and again for hello", async () => {
    const agent = await open();
    const hash = createHash("sha256").update(Buffer.from(SCRIPT, "base64")).digest("hex");
    assert.equal(agent.ready.agent, hash);
    assert.equal(agent.ready.name, "EDGE01");
    assert.equal(agent.ready.role, "Edge");
    assert.equal(agent.ready.fence, 0);
    const { event, ...facts } = agent.ready;
    assert.equal(event, "ready");
    assert.deepEqual(await agent.value("hello"), facts);
  });

  it("projects outputs to what was selected", async () => {
    const agent = await open();
    const value = await agent.value("invoke", { cmdlet: "Get-Thing", parameters: {}, select: ["Name", "when", "Raw", "Kind", "Missing"] });
    assert.deepEqual(value, {
      objects: [{ Name: "one", when: "1970-01-01T00:00:00.000Z", Raw: "AQI=", Kind: "Kind1", Missing: null }],
      warnings: ["w"],
    });
  });

  it("decodes tagged values and keeps secrets and bytes out of the history", async () => {
    const agent = await open();
    const parameters = {
      Password: { $secure: "geheim" },
      FileData: { $bytes: "AQID" },
      At: { $time: "2026-01-02T03:04:05Z" },
      Wait: { $timespan: 90 },
      Sources: { Add: ["EDGE01"] },
      Clear: null,
    };
    await agent.value("invoke", { cmdlet: "Import-Thing", parameters, select: [] }, { fence: 1 });
    const got = organisation.calls[0].parameters;
    assert.equal((got.Password as { reveal: string }).reveal, "geheim");
    assert.deepEqual(got.FileData, new Uint8Array([1, 2, 3]));
    assert.deepEqual(got.At, new Date("2026-01-02T03:04:05Z"));
    assert.deepEqual({ ...(got.Wait as object) }, { seconds: 90 });
    assert.deepEqual(got.Sources, { Add: ["EDGE01"] });
    assert.equal(got.Clear, null);
    const [entry] = (await control(lab()).history()).filter((item) => item.cmdlet === "Import-Thing");
    assert.equal(entry.parameters.Password, "***");
    assert.deepEqual(entry.parameters.FileData, {
      bytes: 3,
      sha256: createHash("sha256")
        .update(Buffer.from([1, 2, 3]))
        .digest("hex"),
    });
    assert.deepEqual([entry.mutating, entry.outcome, entry.fence, entry.pid], [true, "ok", 1, agent.ready.pid]);
    assert.ok(!JSON.stringify(await control(lab()).history()).includes("geheim"));
  });

  it("refuses what is not well-formed, and goes on", async () => {
    const agent = await open();
    agent.write("no json\n");
    assert.equal((await agent.reply(null))?.ok, false);
    assert.equal(await agent.refusal("nothing.like.it"), "UnknownOperation");
    assert.equal(await agent.refusal("file.read", { path: "a", more: 1 }), "BadRequest");
    assert.equal(await agent.refusal("hello", {}, { fence: "1" }), "BadRequest");
    assert.equal(await agent.refusal("invoke", { cmdlet: "Get-X", parameters: { A: { $odd: 1 } }, select: [] }), "BadRequest");
    assert.equal(await agent.refusal("service.status", { name: "Spooler" }), "NotAllowed");
    assert.equal(await agent.refusal("file.read", { path: "a\0b" }), "BadRequest");
    assert.equal(await agent.refusal("chain.import", { certificates: ["%%"] }, { fence: 1 }), "BadRequest");
    assert.ok((await agent.value("hello")).name);
  });

  it("drops a line above the limit and goes on with the next", async () => {
    const agent = await open();
    agent.write(`${"x".repeat(MAX_LINE + 1)}\n`);
    const reply = await agent.reply(null);
    assert.equal(reply?.ok === false && reply.error.class, "TooLarge");
    assert.equal((await agent.value("hello")).name, "EDGE01");
  });

  it("reports what the model throws, with type and id", async () => {
    const agent = await open();
    const reply = await agent.request("invoke", { cmdlet: "Set-Broken", parameters: {}, select: [] }, { fence: 1 });
    assert.deepEqual(reply?.ok === false && reply.error, {
      class: "CmdletFailed",
      message: "broken",
      type: "Some.Exception",
      fqid: "ABC,Set-Broken",
      category: "InvalidOperation",
    });
    assert.equal(await agent.refusal("invoke", { cmdlet: "Get-Nothing", parameters: {}, select: [] }), "CommandNotFound");
    const removal = { thumbprint: "A".repeat(40), keep: "B".repeat(40) };
    assert.equal(await agent.refusal("certificate.remove", removal, { fence: 1 }), "GuardRefused");
  });

  it("needs a fence for mutations and refuses lower ones, across processes", async () => {
    const [first, second] = [await open(), await open()];
    const stop = { name: "MSExchangeTransport" };
    assert.equal(await first.refusal("service.stop", stop), "FenceRequired");
    assert.equal((await first.value("service.stop", stop, { fence: 3 })).status, "Stopped");
    assert.equal(await second.refusal("service.start", stop, { fence: 2 }), "Fenced");
    assert.equal(await second.refusal("file.write", { path: "lease", data: "" }, { fence: 2 }), "Fenced");
    assert.equal(await second.refusal("fence.raise", { fence: 2 }), "Fenced");
    assert.deepEqual(await second.value("fence.raise", { fence: 9 }), { fence: 9 });
    assert.equal(await first.refusal("service.start", stop, { fence: 3 }), "Fenced");
    assert.equal((await open()).ready.fence, 9);
    const mutating = (await control(lab()).history()).filter((entry) => entry.mutating);
    assert.deepEqual(
      mutating.map(({ cmdlet, parameters, fence }) => [cmdlet, parameters.Name, fence]),
      [["Stop-Service", "MSExchangeTransport", 3]],
    );
  });

  it("answers a repeated key from store, in another process too", async () => {
    const [first, second] = [await open(), await open()];
    const invoke = { cmdlet: "New-Thing", parameters: {}, select: ["Name"] };
    const before = await first.value("invoke", invoke, { fence: 1, key: "k1" });
    assert.deepEqual(await second.value("invoke", invoke, { fence: 1, key: "k1" }), before);
    assert.equal(await second.refusal("invoke", { ...invoke, cmdlet: "New-Other" }, { fence: 1, key: "k1" }), "BadRequest");
    assert.equal(organisation.calls.length, 1);
  });

  it("keeps files by the folder's rules", async () => {
    const agent = await open();
    const data = Buffer.from("one").toString("base64");
    assert.deepEqual(await agent.value("file.createNew", { path: "edge/lease.json", data }), { created: true });
    assert.deepEqual(await agent.value("file.createNew", { path: "Edge/Lease.json", data }), { created: false });
    await agent.value("file.append", { path: "edge/lease.json", data });
    assert.deepEqual(await agent.value("file.read", { path: "edge/lease.json" }), {
      found: true,
      data: Buffer.from("oneone").toString("base64"),
    });
    assert.deepEqual(await agent.value("file.list", { path: "edge" }), { files: ["lease.json"] });
    for (const path of ["../x", "a/../b", "a\\b", "/a", "a/b/c/d/e", "a b", "", "a//b", "c:x", ".hidden", "nul.txt", "a."]) {
      assert.equal(await agent.refusal("file.write", { path, data }), "NotAllowed", path);
    }
    assert.deepEqual(await agent.value("file.remove", { path: "edge/lease.json" }), { removed: true });
    assert.deepEqual(await agent.value("file.read", { path: "edge/lease.json" }), { found: false });
    assert.ok((await control(lab()).history()).every((entry) => !entry.mutating));
  });

  it("handles requests strictly in order, and ends at the end of stdin after them", async () => {
    const agent = await open();
    organisation.onInvoke = async ({ cmdlet }) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { objects: [{ Name: cmdlet }], warnings: [] };
    };
    const line = (id: number): string =>
      `${JSON.stringify({ id, op: "invoke", params: { cmdlet: `Get-N${"x".repeat(id)}`, parameters: {}, select: ["Name"] } })}\n`;
    agent.channel.end([1, 2, 3, 4].map(line).join(""));
    await agent.until(() => false);
    assert.deepEqual(
      agent.replies().map((reply) => reply.id),
      [1, 2, 3, 4],
    );
    assert.equal(agent.exitCode, 0);
  });

  it("lets an orphan finish its cmdlet after the connection is gone", async () => {
    const agent = await open();
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let finished = false;
    organisation.onInvoke = async () => {
      await gate;
      finished = true;
      return { objects: [], warnings: [] };
    };
    const running = agent.request("invoke", { cmdlet: "Set-Late", parameters: {}, select: [] }, { fence: 1 });
    await until("the cmdlet runs", () => organisation.calls.length === 1);
    agent.client.destroy();
    await until("the host noticed", () =>
      lab()
        .hosts.get("EDGE01")!
        .ssh.connections.every((connection) => !connection.open),
    );
    assert.equal(await running, undefined);
    release();
    await until("the orphan finished", () => finished);
    const [entry] = (await control(lab()).history()).filter((item) => item.cmdlet === "Set-Late");
    assert.deepEqual([entry.executed, entry.outcome], [true, "unknown"]);
  });

  it("reads the newest events, oldest first, by source and id", async () => {
    const agent = await open();
    const sources = ["msexchangetransport"];
    const read = (more: object) =>
      agent.value<{ events: { id: number }[] }>("events.read", { since: "2026-11-21T00:00:00Z", sources, ...more });
    assert.deepEqual(
      (await read({})).events.map(({ id }) => id),
      [12014, 12023],
    );
    assert.deepEqual(
      (await read({ max: 1 })).events.map(({ id }) => id),
      [12023],
    );
    assert.deepEqual(
      (await read({ ids: [12014] })).events.map(({ id }) => id),
      [12014],
    );
  });

  it("needs a credential on a Mailbox server behind a key logon", async () => {
    const pair = generateHostKey("ed25519");
    lab().hosts.get("MBX01")!.ssh.auth.authorizedKeys = [pair.public];
    const config = { ...sshConfig(lab(), "MBX01"), password: undefined, privateKey: pair.private };
    const agent = await TestAgent.open(lab(), "MBX01", SCRIPT, config);
    agents.push(agent);
    const invoke = { cmdlet: "Get-Thing", parameters: {}, select: [] };
    assert.equal(await agent.refusal("invoke", invoke), "CredentialNeeded");
    const { user, password } = lab().hosts.get("MBX01")!.host.account;
    const open2 = (secret: string) => ({ credential: { user: `CONTOSO\\${user}`, password: { $secure: secret } } });
    assert.equal(await agent.refusal("shell.open", open2("wrong")), "ShellUnavailable");
    assert.equal((await agent.value("shell.open", open2(password))).kind, "credential");
    assert.ok((await agent.value("invoke", invoke)).objects);
    assert.ok(!JSON.stringify(await control(lab()).history()).includes(password));
  });
});
