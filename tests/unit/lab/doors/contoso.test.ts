import { strict as assert } from "node:assert";
import { createHash } from "node:crypto";
import { connect as connectTls } from "node:tls";
import { Client as LdapClient } from "ldapts";
import { type Client } from "ssh2";
import { MailStream } from "../../../../lab/mailstream";
import { control, labForAll, type State, until } from "../../../support/lab";
import { connectSsh, sshConfig, TestAgent } from "./client";

/** The doors on the real model: what they show follows what the model says. */
describe("lab: the doors of contoso", () => {
  const lab = labForAll(() => ({ scenario: "contoso" }));
  const agents: TestAgent[] = [];
  const clients: Client[] = [];
  const open = async (name: string): Promise<TestAgent> => {
    const agent = await TestAgent.open(lab(), name);
    agents.push(agent);
    return agent;
  };
  afterEach(() => {
    agents.splice(0).forEach((agent) => agent.client.destroy());
    clients.splice(0).forEach((client) => client.destroy());
  });
  const server = (state: State, name: string) => state.servers.find((item) => item.name === name)!;
  const host = (name: string) => lab().ready.hosts.find((item) => item.name === name)!;

  it("names every host's facts in its ready event", async () => {
    for (const { name, fqdn, role } of lab().ready.hosts) {
      const agent = await open(name);
      assert.deepEqual([agent.ready.name, agent.ready.fqdn, agent.ready.role, agent.ready.elevated], [name, fqdn, role, true]);
    }
  });

  it("presents on STARTTLS and LDAPS what the state says, directly and through SSH", async () => {
    const state = await control(lab()).state();
    const { transportThumbprint, ldapsThumbprint } = server(state, "EDGE01");
    assert.match(String(transportThumbprint), /^[0-9A-F]{40}$/);
    assert.equal(await leaf(host("EDGE01").ldaps!), ldapsThumbprint);
    const client = await connectSsh(sshConfig(lab(), "MBX01"));
    clients.push(client);
    const channel = await new Promise<import("stream").Duplex>((resolve, reject) =>
      client.forwardOut("127.0.0.1", 0, "edge01.contoso.com", 50636, (error, stream) => (error ? reject(error) : resolve(stream))),
    );
    assert.equal(await leaf({ socket: channel }), ldapsThumbprint);
    assert.equal(await startTls(host("EDGE01").smtp), transportThumbprint);
  });

  it("a session that was opened with a credential has RawData alone", async () => {
    const { user, password } = host("MBX01").ssh;
    const select = ["Thumbprint", "Services", "RawData", "PSComputerName"];
    const read = async (credential: boolean): Promise<{ [name: string]: unknown }> => {
      const agent = await open("MBX01");
      await agent.value("shell.open", credential ? { credential: { user, password: { $secure: password } } } : {});
      const call = { cmdlet: "Get-ExchangeCertificate", parameters: {}, select };
      return (await agent.value<{ objects: { [name: string]: unknown }[] }>("invoke", call)).objects[0];
    };
    const [own, bare] = [await read(false), await read(true)];
    assert.match(String(own.Thumbprint), /^[0-9A-F]{40}$/);
    assert.deepEqual(bare, { ...own, Thumbprint: null, Services: null });
  });

  it("runs a cmdlet of the model and shows its change in state and history", async () => {
    const agent = await open("EDGE01");
    const select = ["Thumbprint", "Services", "NotAfter", "RawData"];
    const { objects } = await agent.value<{ objects: { [name: string]: unknown }[] }>("invoke", {
      cmdlet: "Get-ExchangeCertificate",
      parameters: {},
      select,
    });
    const listed = server(await control(lab()).state(), "EDGE01").certificates as { thumbprint: string }[];
    assert.deepEqual(objects.map(({ Thumbprint }) => String(Thumbprint)).sort(), listed.map(({ thumbprint }) => thumbprint).sort());
    const v2 = (await control(lab()).certificates()).find(({ name }) => name === "v2")!;
    const imported = await agent.value<{ objects: { Thumbprint: string }[] }>(
      "invoke",
      {
        cmdlet: "Import-ExchangeCertificate",
        parameters: { FileData: { $bytes: v2.pfx }, Password: { $secure: v2.password } },
        select: ["Thumbprint"],
      },
      { fence: 1, key: "import" },
    );
    const after = server(await control(lab()).state(), "EDGE01").certificates as { thumbprint: string }[];
    assert.ok(after.some(({ thumbprint }) => thumbprint === imported.objects[0].Thumbprint));
    const entry = (await control(lab()).history()).at(-1)!;
    assert.deepEqual(
      [entry.cmdlet, entry.parameters.Password, entry.mutating, entry.outcome],
      ["Import-ExchangeCertificate", "***", true, "ok"],
    );
  });

  it("closes and opens port 25 with the service", async () => {
    await control(lab()).operator("EDGE02", "Stop-Service", { Name: "MSExchangeTransport" });
    await assert.rejects(startTls(host("EDGE02").smtp));
    await control(lab()).operator("EDGE02", "Start-Service", { Name: "MSExchangeTransport" });
    assert.match(await startTls(host("EDGE02").smtp), /^[0-9A-F]{40}$/);
  });

  it("delivers a stream of mail while one Edge is out of service", async () => {
    const hosts = ["EDGE01", "EDGE02"].map((name) => host(name).smtp);
    const stream = new MailStream({ hosts, intervalMs: 20, retryMs: 10, to: "user@contoso.com" });
    stream.start();
    await until("some mail", () => stream.count([]).sent > 3);
    await control(lab()).operator("EDGE01", "Suspend-Service", { Name: "MSExchangeTransport" });
    const before = stream.count([]).sent;
    await until("more mail", () => stream.count([]).sent > before + 5);
    await control(lab()).operator("EDGE01", "Resume-Service", { Name: "MSExchangeTransport" });
    await stream.stop();
    const count = await until("every mail arrived", async () => {
      const now = stream.count((await control(lab()).deliveries()).map(({ id }) => id));
      return now.lost === 0 ? now : undefined;
    });
    assert.equal(count.delivered, count.sent);
  });

  it("shows servers, subscriptions and connectors in the directory", async () => {
    const { url, bindDn, password, baseDn } = lab().ready.directory;
    const client = new LdapClient({ url });
    try {
      await client.bind(bindDn, password);
      const find = async (filter: string) => (await client.search(baseDn, { filter, paged: { pageSize: 1 } })).searchEntries;
      const edges = await find("(&(objectClass=msExchExchangeServer)(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=64))");
      assert.deepEqual(edges.map(({ cn }) => String(cn)).sort(), ["EDGE01", "EDGE02"]);
      assert.ok(edges.every(({ msExchServerInternalTLSCert, msExchServerSite }) => msExchServerInternalTLSCert && msExchServerSite));
      const state = await control(lab()).state();
      const connectors = await find("(objectClass=mailGateway)");
      const names = (state.sendConnectors as { Name: string; TlsCertificateName: string | null }[]).filter(
        (item) => item.TlsCertificateName,
      );
      for (const { Name, TlsCertificateName } of names) {
        assert.equal(connectors.find(({ cn }) => cn === Name)?.msExchSmtpTLSCertificate, TlsCertificateName);
      }
      assert.ok(names.length > 0);
      assert.deepEqual(
        (await find("(objectClass=msExchOrganizationContainer)")).map(({ cn }) => cn),
        ["Contoso"],
      );
    } finally {
      await client.unbind();
    }
  });

  it("restarts a machine: connections go, the boot time is a new one", async () => {
    const agent = await open("EDGE02");
    const { boot } = agent.ready;
    await control(lab()).reboot("EDGE02");
    await agent.until(() => false);
    assert.notEqual((await open("EDGE02")).ready.boot, boot);
  });
});

function thumbprint(der: Uint8Array): string {
  return createHash("sha1").update(der).digest("hex").toUpperCase();
}

function leaf(target: object): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ ...target, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(thumbprint(raw));
    });
    socket.once("error", reject);
  });
}

/** Thumbprint of what STARTTLS presents. */
async function startTls(target: { host: string; port: number }): Promise<string> {
  const { connect } = await import("node:net");
  const socket = connect(target);
  const say = (line: string): Promise<string> =>
    new Promise((resolve, reject) => {
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
      socket.once("data", (chunk) => resolve(chunk.toString()));
      if (line) socket.write(`${line}\r\n`);
    });
  await say("");
  await say("EHLO test.example");
  const answer = await say("STARTTLS");
  if (!answer.startsWith("220")) throw new Error(answer);
  return leaf({ socket });
}
