/** `report` and `doctor` with a directory: the same findings as by the shells alone, and AD's certificates where the agent's logon reads none. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { join } from "node:path";
import { gatherHosts } from "../../../provider/cli/report/gather";
import { examine } from "../../../provider/cli/doctor/report";
import { parseHosts, type Hosts } from "../../../provider/cli/hostsFile";
import { setWriter } from "../../../provider/base/progress";
import { closeAll } from "../../../provider/remote/sessions";
import { hide } from "../../support/directory";
import { control, labForEach } from "../../support/lab";
import { ended, folder, removeFolders, startCli } from "../cli/support";

describe("report and doctor by the directory", function () {
  this.timeout(60_000);
  const lab = labForEach(() => ({ scenario: "contoso" }));
  let lines: string[];
  let writer: ReturnType<typeof setWriter>;
  beforeEach(() => {
    lines = [];
    writer = setWriter((line) => void lines.push(line));
  });
  afterEach(async () => {
    setWriter(writer);
    await closeAll();
  });

  function hosts(directory?: object, more: object = {}): Hosts {
    const all = lab().ready.hosts.map(({ name, ssh, role }) => [
      name,
      {
        ...ssh,
        ...(role === "Mailbox" && directory ? { directory: { ...lab().ready.directory, ...directory } } : {}),
        ...(role === "Mailbox" ? more : {}),
      },
    ]);
    return parseHosts(JSON.stringify(Object.fromEntries(all)), "hosts.json");
  }
  const asked = (host: string): string[] =>
    lab()
      .history.entries.splice(0)
      .flatMap((one) => (one.host === host ? one.cmdlet : []));

  it("report finds the same, and asks no shell for what AD holds", async () => {
    const byShell = await gatherHosts(hosts());
    asked("MBX01");
    const byDirectory = await gatherHosts(hosts({}));
    assert.deepEqual(byDirectory, byShell);
    const cmdlets = asked("MBX01");
    for (const one of ["Get-SendConnector", "Get-TransportService", "Get-HybridConfiguration"]) assert.ok(!cmdlets.includes(one), one);
    assert.equal(lab().directory.requests.filter((one) => one === "bind").length, 1);
  });

  it("doctor finds the same, and reads what is bound where the agent cannot", async () => {
    const findings = async (at: Hosts) =>
      (await examine(at, { hours: 24 })).findings.map(({ id, host, object, past }) => [id, host, object, past]);
    const byShell = await findings(hosts());
    asked("MBX01");
    assert.deepEqual(await findings(hosts({})), byShell);
    const cmdlets = asked("MBX01");
    for (const one of ["Get-SendConnector", "Get-EdgeSubscription", "directory.internalCertificate"])
      assert.ok(!cmdlets.includes(one), one);
  });

  it("doctor knows with every Mailbox server down what AD holds for an Edge", async () => {
    const state = lab().organisation.state() as {
      servers: { name: string; defaultThumbprint: string; certificates: { thumbprint: string }[] }[];
    };
    const edge = state.servers.find(({ name }) => name === "EDGE01")!;
    const other = edge.certificates.find(({ thumbprint }) => thumbprint !== edge.defaultThumbprint)!.thumbprint;
    await control(lab()).operator("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: other, Services: "SMTP", Force: true });
    const broken = async (directory?: object) =>
      (await examine(hosts(directory, { port: 1, dialErrorLimit: 1 }), { hours: 1 })).findings.filter(({ seen }) =>
        seen.some((line) => line.includes("the organisation knows")),
      ).length;
    assert.equal(await broken(), 0);
    assert.equal(await broken({}), 1);
  });

  it("a view with holes is not trusted: the shells are asked", async () => {
    hide(lab(), ({ dn, attributes }) => [
      dn.startsWith("CN=Outbound to Office 365,")
        ? { dn, attributes: { objectClass: attributes.objectClass, cn: attributes.cn } }
        : { dn, attributes },
    ]);
    assert.deepEqual(await gatherHosts(hosts({})), await gatherHosts(hosts()));
    assert.equal(lines.filter((line) => line.includes("DIRECTORY_UNREADABLE")).length, 1);
    await assert.rejects(gatherHosts(hosts({ required: true })), /DIRECTORY_UNREADABLE/);
  });

  it("a directory that is required and fails is told, and nothing else is asked", async () => {
    const required = hosts({ url: "ldap://127.0.0.1:1", required: true });
    await assert.rejects(gatherHosts(required), /HOST_UNREACHABLE/);
    assert.deepEqual(lab().history.entries, []);
    const { unread } = await examine(required, { hours: 1 });
    assert.deepEqual(
      unread.map(({ host, code }) => [host, code]),
      [["directory", "HOST_UNREACHABLE"]],
    );
  });
});

describe("report by two directories", function () {
  this.timeout(60_000);
  after(removeFolders);

  it("that both fail ends with the first error, and with 2", async () => {
    const waiting: Socket[] = [];
    const slow = createServer((socket) => void waiting.push(socket.on("error", () => undefined)));
    const fast = createServer((socket) => void socket.on("error", () => undefined).destroy());
    for (const server of [slow, fast]) await once(server.listen(0, "127.0.0.1"), "listening");
    const [first, second] = [slow, fast].map((server) => `ldap://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const host = (url: string) => ({ host: "192.0.2.1", user: "u", hostKey: HOST_KEY, directory: { url, required: true } });
    const file = join(await folder(), "hosts.json");
    await writeFile(file, JSON.stringify({ MBX01: host(first), MBX11: host(second) }));
    const child = startCli(["report", "--hosts", file]);
    // the one that is read first fails when the other's error was told
    child.stderr!.once("data", () => waiting.forEach((socket) => socket.destroy()));
    const { code, err } = await ended(child);
    for (const server of [slow, fast]) server.close();
    assert.match(err, new RegExp(`^\\[HOST_UNREACHABLE\\] ${second} cannot be read`));
    assert.equal(code, 2, err);
  });
});

const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f";
