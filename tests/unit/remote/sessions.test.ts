import assert from "node:assert/strict";
import { isExchangeError } from "../../../provider/base/errors";
import { useAgentScript } from "../../../provider/remote/agentScript";
import type { HostConnection } from "../../../provider/remote/hosts";
import { closeAll, openSession, registerConnection } from "../../../provider/remote/sessions";
import { fakeAgent, startFakeHost, type FakeAgent, type FakeAgentOptions, type FakeHost } from "./fakeHost";

let host: FakeHost;
let agent: FakeAgent;
let connection: HostConnection;

async function serve(options: FakeAgentOptions = {}): Promise<void> {
  agent = fakeAgent(options);
  host = await startFakeHost({ password: "Pa55-word", program: agent });
  connection = host.connection;
}
const hasCode = (code: string) => (error: unknown) => isExchangeError(error) && error.code === code;

describe("sessions", () => {
  before(() => useAgentScript("# agent"));
  after(() => useAgentScript());
  afterEach(async () => {
    await closeAll();
    await host.close();
  });

  it("opens one connection and one process for concurrent first callers", async () => {
    await serve();
    const sessions = await Promise.all(Array.from({ length: 10 }, () => openSession({ ...connection })));
    await Promise.all(sessions.map((session) => session.request("file.read", { path: "x" })));
    assert.equal(new Set(sessions).size, 1);
    assert.equal(host.connects, 1);
    assert.equal(agent.starts, 1);
  });

  it("shares a session between credentials: an old password in a delete does no harm", async () => {
    await serve();
    const session = await openSession(connection);
    const old = { ...connection, password: "an old password" };
    assert.equal(await openSession(old, { preferRegistered: true }), session);
    assert.deepEqual(host.passwords, ["Pa55-word"]);
  });

  it("takes the newest registered connection for a delete without a session", async () => {
    await serve();
    registerConnection(connection);
    await openSession({ ...connection, password: "an old password" }, { preferRegistered: true });
    assert.deepEqual(host.passwords, ["Pa55-word"]);
  });

  it("takes a delete's own connection when nothing else is known", async () => {
    await serve();
    await openSession(connection, { preferRegistered: true });
    assert.equal(agent.starts, 1);
  });

  it("opens a lost session again with the next call, without repeating the lost one", async () => {
    let cut = true;
    await serve({
      answer: (_request) => {
        if (!cut) return { ok: true, value: {} };
        cut = false;
        for (const client of host.clients) client.end();
        return undefined;
      },
    });
    const session = await openSession(connection);
    await assert.rejects(session.invoke("Set-SendConnector", {}, [], { fence: 1 }), hasCode("CONNECTION_LOST"));
    await Promise.all([1, 2, 3].map(() => session.invoke("Get-SendConnector", {}, [])));
    assert.equal(await openSession(connection), session);
    assert.equal(session.generation, 2);
    assert.equal(agent.starts, 2);
    const cmdlets = agent.requests.map((request) => request.params.cmdlet);
    assert.deepEqual(cmdlets, ["Set-SendConnector", ...Array(3).fill("Get-SendConnector")]);
  });

  it("refuses to go on with another server behind the same address", async () => {
    const facts: Record<string, unknown> = {};
    await serve({ facts });
    const session = await openSession(connection);
    facts.fqdn = "edge02.contoso.com";
    for (const client of host.clients) client.end();
    await session.ssh.closed;
    await assert.rejects(session.request("hello", {}), hasCode("HOST_IS_ANOTHER_SERVER"));
  });

  it("forgets a failed opening, so that a later call may succeed", async () => {
    const facts: Record<string, unknown> = { elevated: false };
    await serve({ facts });
    await assert.rejects(openSession(connection), hasCode("NOT_ELEVATED"));
    facts.elevated = true;
    await openSession(connection);
  });

  it("gives Exchange's shell the credential first, on Mailbox servers only", async () => {
    for (const role of ["Mailbox", "Edge"]) {
      await serve({ facts: { role } });
      const exchangeCredential = { user: "CONTOSO\\svc", password: "sh3ll-Pa55" };
      const session = await openSession({ ...connection, exchangeCredential });
      await session.request("file.read", { path: "x" });
      await Promise.all([session.invoke("Get-Queue", {}, ["Identity"]), session.invoke("Get-Queue", {}, ["Identity"])]);
      const ops = agent.requests.map((request) => request.op);
      const opening = agent.requests.find((request) => request.op === "shell.open");
      if (role === "Mailbox") {
        assert.deepEqual(ops, ["file.read", "shell.open", "invoke", "invoke"]);
        assert.deepEqual(opening?.params, { credential: { user: "CONTOSO\\svc", password: { $secure: "sh3ll-Pa55" } } });
        await closeAll();
        await host.close();
      } else assert.deepEqual(ops, ["file.read", "invoke", "invoke"]);
    }
  });

  it("gives it before a guarded removal too, but not before what needs no shell", async () => {
    await serve({ facts: { role: "Mailbox" } });
    const session = await openSession({ ...connection, exchangeCredential: { user: "CONTOSO\\svc", password: "sh3ll-Pa55" } });
    await session.request("directory.internalCertificate", {});
    await session.request("certificate.remove", { thumbprint: "A".repeat(40), keep: "B".repeat(40) }, { fence: 1 });
    const ops = agent.requests.map((request) => request.op);
    assert.deepEqual(ops, ["directory.internalCertificate", "shell.open", "certificate.remove"]);
  });

  it("gives it before a replaced copy's removal too", async () => {
    await serve({ facts: { role: "Mailbox" } });
    const session = await openSession({ ...connection, exchangeCredential: { user: "CONTOSO\\svc", password: "sh3ll-Pa55" } });
    await session.request("certificate.removeReplaced", { thumbprint: "A".repeat(40), keep: "B".repeat(40) }, { fence: 1 });
    assert.deepEqual(
      agent.requests.map((request) => request.op),
      ["shell.open", "certificate.removeReplaced"],
    );
  });

  it("does not open a session again that this run closed", async () => {
    await serve();
    const session = await openSession(connection);
    await closeAll();
    await assert.rejects(session.request("hello", {}), hasCode("CONNECTION_LOST"));
  });
});
