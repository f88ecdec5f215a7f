/**
 * What docs/agent-protocol.md promises of an agent, asked of whichever agent a bench puts in front of a small organisation: the lab's
 * simulated one, and the shipped script run by a real PowerShell. Where the two differ the page decides.
 */
import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import type { HistoryEntry } from "../../../lab/doors/history";
import { CmdletFailure } from "../../../lab/model/contract";
import { MAX_LINE } from "../../../provider/remote/protocol";
import { until } from "../lab";
import type { FakeOrganisation } from "./fakeOrganisation";
import type { AgentLines } from "./lines";

export interface Bench {
  readonly organisation: FakeOrganisation;
  /** A new agent process of a host; `publickey` is a logon without network credentials. */
  open(host: "EDGE01" | "MBX01", logon?: "password" | "publickey"): Promise<AgentLines>;
  /** SHA-256 of the script that its agents are sent. */
  readonly hash: string;
  history(): readonly HistoryEntry[];
  /** What `shell.open` takes on MBX01. */
  readonly account: { user: string; password: string };
  /** File names ignore case, as on Windows. */
  readonly ignoresCase: boolean;
}

const invocation = (cmdlet: string, parameters: object = {}, select: string[] = []): object => ({ cmdlet, parameters, select });
/** Three output objects, and who of them has what: arrays of two, of one and of none, null, text, numbers. */
const CONNECTORS = [
  { Name: "one", SourceTransportServers: ["EDGE01", "EDGE02"], Comment: "Straße", Port: 25, Enabled: true },
  { Name: "two", SourceTransportServers: ["EDGE03"], Comment: null, Port: 2525, Enabled: false },
  { Name: "three", SourceTransportServers: [], Comment: "", Port: 25, Enabled: false },
];
const WHERE: [where: object, names: string[]][] = [
  [{ SourceTransportServers: ["edge02"] }, ["one"]],
  [{ SourceTransportServers: ["EDGE03"] }, ["two"]],
  [{ sourceTRANSPORTservers: ["nobody", "EDGE03", "edge01"] }, ["one", "two"]],
  [{ Name: ["THREE"], SourceTransportServers: ["EDGE03"] }, ["two", "three"]],
  [{ Name: ["nobody"], SourceTransportServers: ["EDGE03"], Missing: ["x"] }, ["two"]],
  [{ Comment: ["STRAßE"] }, ["one"]],
  [{ Comment: ["", "null"] }, ["three"]],
  [{ Port: ["25"] }, ["one", "three"]],
  [{ Enabled: ["TRUE"] }, ["one"]],
  [{ Missing: ["", "null"] }, []],
  [{ Name: ["on", "one ", "t*", "tw.", "one,two", "on\u200de"] }, []],
  [{ SourceTransportServers: ["EDGE01 EDGE02", "EDGE01, EDGE02", ""] }, []],
];
const base64 = (text: string): string => Buffer.from(text).toString("base64");

/** Declares the tests; `bench` is there once the suite's own `before` hooks have run. */
export function agentSuite(bench: () => Bench): void {
  let first: AgentLines;
  let second: AgentLines;
  const others: AgentLines[] = [];
  const open = async (...args: Parameters<Bench["open"]>): Promise<AgentLines> => {
    const agent = await bench().open(...args);
    others.push(agent);
    return agent;
  };
  before("two agents of one host", async () => {
    [first, second] = await Promise.all([bench().open("EDGE01"), bench().open("EDGE01")]);
  });
  beforeEach(() => {
    bench().organisation.calls.length = 0;
    bench().organisation.onInvoke = undefined;
  });
  afterEach(() => others.splice(0).forEach((agent) => agent.destroy()));
  after(() => [first, second].forEach((agent) => agent?.destroy()));

  it("prints the host's facts and the script's hash first, and again for hello", async () => {
    const { event, ...facts } = first.ready;
    assert.equal(event, "ready");
    assert.deepEqual(
      [facts.agent, facts.name, facts.fqdn, facts.role, facts.fence],
      [bench().hash, "EDGE01", "edge01.contoso.com", "Edge", 0],
    );
    const again = await first.value("hello");
    assert.deepEqual({ ...again, utc: "" }, { ...facts, utc: "" });
    assert.match(String(again.utc), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,7})?Z$/);
  });

  it("projects outputs to what was selected, under the names as they were written", async () => {
    const value = await first.value("invoke", invocation("Get-SendConnector", {}, ["Name", "when", "Raw", "Kind", "Missing"]));
    assert.deepEqual(value, {
      objects: [{ Name: "one", when: "1970-01-01T00:00:00.000Z", Raw: "AQI=", Kind: "Kind1", Missing: null }],
      warnings: ["w"],
    });
  });

  it("returns what has one of the texts of `where`, and nothing else", async () => {
    assert.equal(first.ready.where, true);
    bench().organisation.onInvoke = () => ({ objects: CONNECTORS, warnings: ["w"] });
    for (const [where, names] of WHERE) {
      const value = await first.value("invoke", { ...invocation("Get-SendConnector", {}, ["Name"]), where });
      assert.deepEqual(value, { objects: names.map((Name) => ({ Name })), warnings: ["w"] }, JSON.stringify(where));
    }
    const where = { SourceTransportServers: ["EDGE03"] };
    const selected = async (select: string[]): Promise<unknown> => (await first.value("invoke", { ...get(select), where })).objects;
    const get = (select: string[]): object => invocation("Get-SendConnector", {}, select);
    assert.deepEqual(await selected([]), [{}]);
    assert.deepEqual(await selected(["port", "sourcetransportservers"]), [{ port: 2525, sourcetransportservers: ["EDGE03"] }]);
  });

  it("refuses a `where` that is not well-formed, before it looks at closed lists", async () => {
    const texts = (count: number): string[] => Array.from({ length: count }, (_, index) => `t${index}`);
    const properties = (count: number): object => Object.fromEntries(texts(count).map((name) => [name, texts(64)]));
    const wrong: unknown[] = [
      ...[{}, [], ["Name"], "Name", true, { Name: [] }, { Name: "one" }, { Name: [1] }, { Name: [null] }, { Name: [["one"]] }],
      ...[{ Name: null }, { Name: { Add: ["one"] } }, { Name: ["one"], Fqdn: [] }, { "a b": ["one"] }, { Name: ["a\0"] }],
      ...[properties(9), { Name: texts(65) }],
    ];
    for (const where of wrong) {
      for (const cmdlet of ["Get-SendConnector", "Get-MessageTrackingLog"]) {
        const params = { ...invocation(cmdlet, {}, ["Name"]), where };
        assert.equal(await first.refusal("invoke", params), "BadRequest", JSON.stringify(where));
      }
    }
    assert.equal(bench().organisation.calls.length, 0);
    for (const where of [null, properties(8)]) await first.value("invoke", { ...invocation("Get-SendConnector"), where });
    assert.equal(bench().organisation.calls.length, 2);
  });

  it("hands over tagged values in their types, and keeps secrets and bytes out of the history", async () => {
    const file = { Password: { $secure: "geheim" }, FileData: { $bytes: "AQID" } };
    await first.value("invoke", invocation("Import-ExchangeCertificate", file), { fence: 1 });
    const set = {
      ConnectionInactivityTimeOut: { $timespan: 90 },
      SourceTransportServers: { Add: ["EDGE01"] },
      Fqdn: null,
      RequireTLS: true,
    };
    await first.value("invoke", invocation("Set-SendConnector", set), { fence: 1 });
    const [imported, changed] = bench().organisation.calls.map((call) => call.parameters);
    assert.equal((imported.Password as { reveal: string }).reveal, "geheim");
    assert.deepEqual(imported.FileData, new Uint8Array([1, 2, 3]));
    assert.deepEqual({ ...(changed.ConnectionInactivityTimeOut as object) }, { seconds: 90 });
    assert.deepEqual([changed.SourceTransportServers, changed.Fqdn, changed.RequireTLS], [{ Add: ["EDGE01"] }, null, true]);
    const entry = bench()
      .history()
      .find((item) => item.cmdlet === "Import-ExchangeCertificate")!;
    const sha256 = createHash("sha256")
      .update(Buffer.from([1, 2, 3]))
      .digest("hex");
    assert.deepEqual([entry.parameters.Password, entry.parameters.FileData], ["***", { bytes: 3, sha256 }]);
    assert.deepEqual([entry.mutating, entry.outcome, entry.pid], [true, "ok", first.ready.pid]);
    assert.ok(!JSON.stringify(bench().history()).includes("geheim"));
  });

  it("refuses what is not well-formed, and goes on", async () => {
    first.write("no json\n\n");
    const reply = await first.reply(null);
    assert.equal(reply?.ok === false && reply.error.class, "BadRequest");
    const wrong: [string, object, object?][] = [
      ["file.read", { path: "a", more: 1 }],
      ["hello", {}, { fence: "1" }],
      ["hello", {}, { fence: -1 }],
      ["hello", {}, { key: "a b" }],
      ["hello", {}, { odd: 1 }],
      ["invoke", { cmdlet: "Get-SendConnector", parameters: { Identity: { $odd: 1 } }, select: [] }],
      ["invoke", { cmdlet: "Get-SendConnector", parameters: {}, select: ["a b"] }],
      ["invoke", { cmdlet: "Get-SendConnector", parameters: {} }],
      ["file.read", { path: "a\0b" }],
      ["chain.import", { certificates: ["%%"] }, { fence: 1 }],
      ["service.restart", { name: "W3SVC" }, { fence: 1 }],
      ["events.read", { since: "2026-01-01T00:00:00Z", sources: [] }],
    ];
    for (const [op, params, extra] of wrong)
      assert.equal(await first.refusal(op, params, extra), "BadRequest", `${op} ${JSON.stringify(params)}`);
    assert.equal(await first.refusal("nothing.like.it"), "UnknownOperation");
    assert.equal(await first.refusal("Hello"), "UnknownOperation");
    assert.equal(await first.refusal("service.status", { name: "Spooler" }), "NotAllowed");
    assert.ok((await first.value("hello")).name);
  });

  it("refuses parameters that their type does not take, before it asks for a fence", async () => {
    const wrong: [string, unknown][] = [
      ...[{ $timespan: 0.5 }, { $timespan: -1 }, { $timespan: 2 ** 31 }, { $timespan: "90" }, { $timespan: 90, $bytes: "AQID" }, {}].map(
        (value): [string, unknown] => ["ConnectionInactivityTimeOut", value],
      ),
      ...[{ Add: null }, { Add: [] }, { Add: [["EDGE01"]] }, { Add: { Add: ["EDGE01"] } }, { Add: ["EDGE01"], Remove: 5 }].map(
        (value): [string, unknown] => ["SourceTransportServers", value],
      ),
      ...[{ add: ["EDGE01"] }, { Replace: ["EDGE01"] }, ["EDGE01", null], [["EDGE01"]]].map((value): [string, unknown] => [
        "SourceTransportServers",
        value,
      ]),
      ["Port", 1.5],
    ];
    for (const [name, value] of wrong) {
      assert.equal(await first.refusal("invoke", invocation("Set-SendConnector", { [name]: value })), "BadRequest", JSON.stringify(value));
    }
    assert.equal(bench().organisation.calls.length, 0);
    const right: [string, unknown][] = [
      ["ConnectionInactivityTimeOut", { $timespan: 0 }],
      ["ConnectionInactivityTimeOut", { $timespan: 2 ** 31 - 1 }],
      ["ConnectionInactivityTimeOut", "00:10:00"],
      ["SourceTransportServers", { Add: "EDGE01" }],
      ["SourceTransportServers", { Add: ["A", "B"], Remove: ["C"] }],
      ["SmartHosts", []],
      ["Port", 25],
    ];
    for (const [name, value] of right) await first.value("invoke", invocation("Set-SendConnector", { [name]: value }), { fence: 1 });
    assert.equal(bench().organisation.calls.length, right.length);
  });

  it("checks in the page's order: form, closed lists, a missing fence, a fence too low", async () => {
    await first.value("fence.raise", { fence: 2 });
    const set = (parameters: object): [string, object] => ["invoke", invocation("Set-SendConnector", parameters)];
    const badForm: [string, object][] = [
      ["chain.import", { certificates: ["%%"] }],
      ["file.write", { path: "../x", data: "%%" }],
      ["certificate.remove", { thumbprint: "AB", keep: "C".repeat(40) }],
      ["service.restart", { name: "Spooler" }],
      ["events.read", { since: "2026-13-01T00:00:00Z", sources: ["a"] }],
      set({ ConnectionInactivityTimeOut: { $timespan: "x" } }),
    ];
    for (const [op, params] of badForm) {
      for (const more of [{}, { fence: 1 }]) assert.equal(await first.refusal(op, params, more), "BadRequest", op);
    }
    const outside: [string, object][] = [
      ["service.stop", { name: "Spooler" }],
      ["file.remove", { path: ".agent/fence" }],
    ];
    for (const [op, params] of outside) {
      for (const more of [{}, { fence: 1 }]) assert.equal(await first.refusal(op, params, more), "NotAllowed", op);
    }
    assert.equal(await first.refusal("service.stop", { name: "MSExchangeTransport" }), "FenceRequired");
    assert.equal(await first.refusal("service.stop", { name: "MSExchangeTransport" }, { fence: 1 }), "Fenced");
    assert.equal(bench().organisation.calls.length, 0);
  });

  it("drops a line above the limit and goes on with the next", async () => {
    second.write(`${"x".repeat(MAX_LINE + 1)}\n`);
    const reply = await second.reply(null);
    assert.equal(reply?.ok === false && reply.error.class, "TooLarge");
    assert.equal((await second.value("hello")).name, "EDGE01");
  });

  it("reports what a cmdlet throws, with type, id and category", async () => {
    bench().organisation.onInvoke = () => {
      throw new CmdletFailure(
        "Microsoft.Exchange.Data.DataSourceOperationException",
        "ABC,Set-SendConnector",
        "InvalidOperation",
        "broken",
      );
    };
    const reply = await first.request("invoke", invocation("Set-SendConnector", { RequireTLS: true }), { fence: 2 });
    assert.deepEqual(reply?.ok === false && reply.error, {
      class: "CmdletFailed",
      message: "broken",
      type: "Microsoft.Exchange.Data.DataSourceOperationException",
      fqid: "ABC,Set-SendConnector",
      category: "InvalidOperation",
    });
    bench().organisation.onInvoke = () => {
      throw new CmdletFailure(
        "System.Management.Automation.PSInvalidOperationException",
        "Question",
        "InvalidOperation",
        "Sure?",
        "PromptRefused",
      );
    };
    assert.equal(await first.refusal("invoke", invocation("Set-SendConnector", { RequireTLS: true }), { fence: 2 }), "PromptRefused");
  });

  it("needs a fence for mutations and refuses lower ones, across processes", async () => {
    const stop = { name: "MSExchangeTransport" };
    assert.equal(await first.refusal("service.stop", stop), "FenceRequired");
    assert.equal((await first.value("service.stop", stop, { fence: 3 })).status, "Stopped");
    assert.equal(await second.refusal("service.start", stop, { fence: 2 }), "Fenced");
    assert.equal(await second.refusal("file.write", { path: "lease", data: "" }, { fence: 2 }), "Fenced");
    assert.equal(await second.refusal("fence.raise", { fence: 2 }), "Fenced");
    assert.deepEqual(await second.value("fence.raise", { fence: 9 }), { fence: 9 });
    assert.equal(await first.refusal("service.start", stop, { fence: 3 }), "Fenced");
    assert.equal((await first.value("hello")).fence, 9);
    const stops = bench()
      .history()
      .filter((entry) => entry.mutating && entry.cmdlet.endsWith("-Service"));
    assert.deepEqual(
      stops.map(({ cmdlet, parameters }) => [cmdlet, parameters.Name]),
      [["Stop-Service", "MSExchangeTransport"]],
    );
  });

  it("answers a repeated key from store, in another process too", async () => {
    const made = invocation("New-SendConnector", { Name: "a" }, ["Name"]);
    const before = await first.value("invoke", made, { fence: 9, key: "k1" });
    assert.deepEqual(await second.value("invoke", made, { fence: 9, key: "k1" }), before);
    assert.equal(
      await second.refusal("invoke", invocation("Remove-SendConnector", { Identity: "a", Confirm: false }), { fence: 9, key: "k1" }),
      "BadRequest",
    );
    assert.equal(await second.refusal("invoke", made, { fence: 8, key: "k1" }), "Fenced");
    assert.equal(bench().organisation.calls.length, 1);
  });

  it("keeps files by the folder's rules", async () => {
    const data = base64("one");
    assert.deepEqual(await first.value("file.createNew", { path: "edge/lease.json", data }), { created: true });
    assert.deepEqual(await second.value("file.createNew", { path: "edge/lease.json", data }), { created: false });
    if (bench().ignoresCase) assert.deepEqual(await first.value("file.createNew", { path: "Edge/Lease.json", data }), { created: false });
    await second.value("file.append", { path: "edge/lease.json", data });
    assert.deepEqual(await first.value("file.read", { path: "edge/lease.json" }), { found: true, data: base64("oneone") });
    assert.deepEqual(await first.value("file.list", { path: "edge" }), { files: ["lease.json"] });
    assert.deepEqual(await first.value("file.list", { path: "none" }), { files: [] });
    for (const path of ["../x", "a/../b", "a\\b", "/a", "a/b/c/d/e", "a b", "", "a//b", "c:x", ".hidden", "nul.txt", "CON", "a.", "a:b"]) {
      assert.equal(await first.refusal("file.write", { path, data }), "NotAllowed", path);
    }
    assert.equal(await first.refusal("file.write", { path: "edge", data }), "FileFailed");
    assert.deepEqual(await first.value("file.remove", { path: "edge/lease.json" }), { removed: true });
    assert.deepEqual(await first.value("file.read", { path: "edge/lease.json" }), { found: false });
  });

  it("handles requests strictly in order, and ends at the end of its input after them", async () => {
    const agent = await open("EDGE01");
    bench().organisation.onInvoke = async ({ parameters }) => {
      await new Promise((resolve) => setImmediate(resolve));
      return { objects: [{ Name: parameters.Identity }], warnings: [] };
    };
    const line = (id: number): string =>
      `${JSON.stringify({ id, op: "invoke", params: invocation("Get-SendConnector", { Identity: `c${id}` }, ["Name"]) })}\n`;
    agent.endInput([1, 2, 3, 4].map(line).join(""));
    await agent.until(() => false);
    const answers = agent.replies().map((reply) => [reply.id, reply.ok && (reply.value as { objects: object[] }).objects]);
    assert.deepEqual(
      answers,
      [1, 2, 3, 4].map((id) => [id, [{ Name: `c${id}` }]]),
    );
    assert.equal(agent.exitCode, 0);
  });

  it("lets an orphan finish its cmdlet after the connection is gone; the fence stops the rest", async () => {
    const { organisation } = bench();
    const agent = await open("EDGE01");
    let release!: () => void;
    const gate = new Promise<void>((resolve) => (release = resolve));
    let finished = 0;
    organisation.onInvoke = async () => {
      await gate;
      finished++;
      return { objects: [], warnings: [] };
    };
    const call = invocation("Set-SendConnector", { RequireTLS: true });
    const running = agent.request("invoke", call, { fence: 9 });
    for (let ahead = 0; ahead < 3; ahead++) void agent.request("invoke", call, { fence: 9 });
    await until("the cmdlet runs", () => organisation.calls.length === 1, 30_000);
    await agent.abandon();
    assert.equal(await running, undefined);
    release();
    // What was sent ahead may still begin (section 5), until the fence is raised; from then on nothing does.
    await first.value("fence.raise", { fence: 10 });
    const begun = organisation.calls.length;
    assert.ok(begun >= 1 && begun <= 4, `${begun} of 4 calls began`);
    assert.equal(finished, begun, "the fence waits for a running mutation");
    assert.equal(await first.refusal("invoke", call, { fence: 9 }), "Fenced");
    await agent.orphanEnded();
    assert.deepEqual([finished, organisation.calls.length], [begun, begun]);
  });

  it("reads the newest events, oldest first, by source and id", async () => {
    const read = async (more: object): Promise<number[]> => {
      const params = { since: "2026-11-21T00:00:00Z", sources: ["msexchangetransport"], ...more };
      return (await first.value<{ events: { id: number }[] }>("events.read", params)).events.map(({ id }) => id);
    };
    assert.deepEqual(await read({}), [12014, 12023]);
    assert.deepEqual(await read({ max: 1 }), [12023]);
    assert.deepEqual(await read({ ids: [12014] }), [12014]);
    assert.deepEqual(await read({ sources: ["Nobody"] }), []);
  });

  it("needs a credential on a Mailbox server behind a key logon", async () => {
    const agent = await open("MBX01", "publickey");
    const call = invocation("Get-SendConnector");
    assert.equal(await agent.refusal("invoke", call), "CredentialNeeded");
    const { user, password } = bench().account;
    const credential = (secret: string) => ({ credential: { user: `CONTOSO\\${user}`, password: { $secure: secret } } });
    assert.equal(await agent.refusal("shell.open", credential("wrong")), "ShellUnavailable");
    assert.equal((await agent.value("shell.open", credential(password))).kind, "credential");
    assert.ok((await agent.value("invoke", call)).objects);
    assert.ok(!JSON.stringify(bench().history()).includes(password));
    assert.ok(!agent.lines.join("").includes(password) && !agent.stderr.includes(password));
  });
}
