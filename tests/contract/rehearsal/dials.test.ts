/** Every way in which the provider connects, in a rehearsal: the copy answers, and nobody else is dialled. The real servers are a second lab. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import type { JsonObject } from "../../../provider/base/json";
import { deliver } from "../../../provider/cli/notify/deliver";
import { parseHosts } from "../../../provider/cli/hostsFile";
import { scanHostKeys } from "../../../provider/cli/hostKeyScan";
import { Stage } from "../../../provider/cli/rehearse/stage";
import { readDirectory } from "../../../provider/directory";
import { ldapsDoor, smtpDoor } from "../../../provider/probes/doors";
import { probeLdaps } from "../../../provider/probes/ldaps";
import { probeStarttls } from "../../../provider/probes/starttls";
import { BACKEND, VARIABLE } from "../../../provider/rehearsal";
import type { HostConnection } from "../../../provider/remote/hosts";
import { closeAll, openSession } from "../../../provider/remote/sessions";
import { certificateCheck } from "../../../provider/runtime";
import type { Lab } from "../../../lab/start";
import { startTestLab } from "../../support/lab";

describe("connections in a rehearsal", function () {
  this.timeout(60_000);
  let real: Lab;
  let copy: Lab;
  let stage: Stage;
  let bystander: Server;
  let reached = 0;
  const saved = { [VARIABLE]: process.env[VARIABLE], [BACKEND]: process.env[BACKEND] };

  before(async () => {
    [real, copy] = await Promise.all([startTestLab({ scenario: "contoso" }), startTestLab({ scenario: "contoso" })]);
    bystander = createServer((socket) => {
      reached += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => bystander.listen(0, "127.0.0.1", resolve));
  });
  after(async () => {
    bystander.close();
    await Promise.all([real.close(), copy.close()]);
  });
  beforeEach(() => {
    reached = 0;
    stage = new Stage();
    stage.open(copy.ready, parseHosts(JSON.stringify(real.ready), "real.json"));
    Object.assign(process.env, stage.variables);
  });
  afterEach(async () => {
    for (const [name, value] of Object.entries(saved)) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
    await closeAll();
    stage.close();
    assert.equal(dialled(), 0, "a connection to a real server");
  });

  const port = (): number => (bystander.address() as AddressInfo).port;
  const elsewhere = (): string => `127.0.0.1:${port()}`;
  const connections = ({ hosts }: Lab): number => [...hosts.values()].reduce((sum, { ssh }) => sum + ssh.connections.length, 0);
  const dialled = (): number => connections(real) + reached;

  /** As a program knows it: the real server's address and account. */
  function known(name: string, more: Partial<HostConnection> = {}): HostConnection {
    return { ...real.ready.hosts.find((one) => one.name === name)!.ssh, ...more };
  }
  const asJson = (host: HostConnection): JsonObject => JSON.parse(JSON.stringify(host)) as JsonObject;
  const edge = (more: Partial<HostConnection> = {}): HostConnection => known("EDGE01", more);

  for (const [what, more] of [
    ["its address", {}],
    ["its full name", { host: "EDGE01.contoso.com.", port: 22 }],
    ["its short name", { host: "edge01", port: 2222 }],
    ["the name declared beside an address", { host: "192.0.2.17", port: 22, name: "EDGE01" }],
  ] as [string, Partial<HostConnection>][])
    it(`a server is found by ${what}, and the copy's is entered`, async () => {
      const before = connections(copy);
      const { facts } = await openSession(edge(more));
      assert.equal(facts.name, "EDGE01");
      assert.equal(connections(copy), before + 1);
    });

  it("jump hosts are left out; their secrets are looked for all the same", async () => {
    const proxy = { host: "127.0.0.1", port: port(), user: "jump", password: "of the jump host", hostKey: edge().hostKey };
    assert.equal((await openSession(edge({ proxy }))).facts.name, "EDGE01");
    await closeAll();
    const missing = { ...proxy, password: { env: "PULUMI_EXCHANGE_NO_SUCH_VARIABLE" } };
    await assert.rejects(openSession(edge({ proxy: missing })), { code: "SECRET_UNAVAILABLE" });
  });

  it("a shell's own credential goes nowhere", async () => {
    const session = await openSession(known("MBX01", { exchangeCredential: { user: "CONTOSO\\svc", password: "not the lab's" } }));
    const { objects } = await session.invoke("Get-ExchangeServer", {}, ["Name"]);
    assert.ok(objects.length > 0);
  });

  for (const host of ["edge09.contoso.com", "192.0.2.17", "127.0.0.1"])
    it(`${host}, which the copy does not have, is refused`, async () => {
      const unknown = { ...edge(), host, port: host === "127.0.0.1" ? port() : 22 };
      await assert.rejects(openSession(unknown), { code: "REHEARSAL_HOST_UNKNOWN" });
      await assert.rejects(scanHostKeys(unknown), { code: "REHEARSAL_HOST_UNKNOWN" });
      assert.throws(() => smtpDoor({ ...unknown, probeFrom: "runner" }, nobody), { code: "REHEARSAL_HOST_UNKNOWN" });
      assert.throws(() => ldapsDoor({ ...unknown, probeFrom: "runner" }, nobody), { code: "REHEARSAL_HOST_UNKNOWN" });
    });
  const nobody = { forward: () => Promise.reject(new Error("not asked")) };

  for (const probeFrom of ["host", "runner"] as const)
    it(`doors are looked at in the copy, from the ${probeFrom}, whatever endpoints say`, async () => {
      const named = edge({ probeFrom, endpoints: { smtp: elsewhere(), ldaps: elsewhere() } });
      const [own, organisation] = await Promise.all([openSession(named), openSession(known("MBX01"))]);
      const starttls = await probeStarttls(smtpDoor(named, own), { name: "EDGE01" });
      const ldaps = await probeLdaps(ldapsDoor(named, organisation), { name: "EDGE01" });
      const servers = copy.organisation.state().servers as { name: string; transportThumbprint: string; ldapsThumbprint: string }[];
      const { transportThumbprint, ldapsThumbprint } = servers.find(({ name }) => name === "EDGE01")!;
      assert.deepEqual([starttls.offered && starttls.thumbprint, ldaps.thumbprint], [transportThumbprint, ldapsThumbprint]);
    });

  it("no server of the copy forwards to anything else, this machine included", async () => {
    const session = await openSession(edge());
    for (const host of ["127.0.0.1", "localhost", "::1", "192.0.2.17", "edge09.contoso.com"])
      await assert.rejects(session.forward(host, port()), { code: "REHEARSAL_HOST_UNKNOWN" });
  });

  it("the directory is the copy's", async () => {
    const view = await readDirectory({ url: `ldap://${elsewhere()}`, bindDn: "cn=real", password: "real", baseDn: "DC=real" });
    assert.ok(view.edges.some(({ name }) => name === "EDGE01"));
  });

  it("a notice goes nowhere", async () => {
    const target = { kind: "url", url: new URL(`http://${elsewhere()}/`) } as Parameters<typeof deliver>[0];
    await assert.rejects(deliver(target, "json", {} as Parameters<typeof deliver>[2]), { code: "REHEARSAL_HOST_UNKNOWN" });
  });

  describe("where the variable is set and this is no run of the rehearsal", () => {
    const refused = { code: "REHEARSAL_ELSEWHERE" };
    for (const [what, change] of [
      ["the backend is another one", () => (process.env[BACKEND] = "file:///elsewhere")],
      ["no backend is named", () => delete process.env[BACKEND]],
      ["the rehearsal is over", () => stage.close()],
      ["the file is none of a rehearsal", () => (process.env[VARIABLE] = __filename)],
    ] as [string, () => unknown][])
      it(`${what}: nothing is done`, async () => {
        change();
        await assert.rejects(openSession(edge()), refused);
        assert.throws(() => smtpDoor(edge(), nobody), refused);
        await assert.rejects(readDirectory({ url: `ldap://${elsewhere()}` }), refused);
        await assert.rejects(certificateCheck({}, { host: asJson(edge()) }), /\[REHEARSAL_ELSEWHERE\]/);
      });
  });

  it("what a killed command left goes with the next one; one that runs stays", () => {
    const killed = new Stage();
    killed.open(copy.ready);
    const file = JSON.parse(readFileSync(killed.file, "utf8")) as object;
    // no process has this number
    writeFileSync(killed.file, JSON.stringify({ ...file, owner: 2 ** 30 }));
    const next = new Stage();
    assert.deepEqual([existsSync(killed.folder), existsSync(stage.folder)], [false, true]);
    next.close();
  });

  it("the provider answers with the rehearsal's id, once for those who look", async () => {
    assert.equal(stage.takeAnswer(), false);
    await certificateCheck({}, { host: asJson(edge()) });
    assert.equal(stage.takeAnswer(), true);
    assert.equal(stage.takeAnswer(), false);
  });
});
