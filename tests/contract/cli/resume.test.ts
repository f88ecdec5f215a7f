import assert from "node:assert/strict";
import { control, labForEach, until } from "../../support/lab";
import { openSession, closeAll } from "../../../provider/remote/sessions";
import { renewLease, takeLease } from "../../../provider/rotation/lease";
import type { HostConnection } from "../../../provider/remote/hosts";
import {
  assertInService,
  cli,
  connection,
  declaration,
  ended,
  hostsFile,
  journal,
  mutations,
  removeFolders,
  runProvider,
  server,
  startCli,
  thumbprintOf,
} from "./support";

describe("resume", function () {
  this.timeout(60_000);
  const lab = labForEach();
  afterEach(async () => {
    await closeAll();
    await removeFolders();
  });

  async function sourcesBefore(): Promise<unknown> {
    return (await control(lab()).state()).sendConnectors;
  }

  it("changes nothing where no rotation is open", async () => {
    const { code, out, err } = await cli(["resume", "edge01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, err);
    assert.match(out, /EDGE01 has no rotation open/);
    assert.equal(await mutations(lab()), 0);

    await control(lab()).operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    const stopped = await cli(["resume", "edge01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(stopped.code, 1, stopped.err);
    assert.match(stopped.out, /^But it is out of service: transport is Stopped\./m);
  });

  it("restores the old default when the new one is not bound", async () => {
    const connectors = await sourcesBefore();
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    assert.equal((await server(lab(), "EDGE01")).defaultThumbprint, await thumbprintOf(lab(), "v2"));
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /owner +shop\/prod\/edge01/);
    assert.match(out, /steps done +drain, .*enable/);
    assert.match(out, /Stopped, was Running: its start is owed/);
    assert.match(out, /Will make \w{8}… the default again/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
    assert.equal((await journal(lab(), "EDGE01")).at(-1)?.reason, "undone");
    assert.deepEqual(await sourcesBefore(), connectors);
  });

  it("finishes with the new default when everything of it is bound", async () => {
    const connectors = await sourcesBefore();
    const run = await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate", "EdgeSubscription"]));
    assert.equal(run.code, 0, run.err);
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /Will keep \w{8}… as the default \(it is bound\)/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v2"));
    assert.equal((await journal(lab(), "EDGE01")).at(-1)?.reason, "finished");
    assert.deepEqual(await sourcesBefore(), connectors);
  });

  it("waits for EdgeSync where a run was killed behind its early start", async () => {
    const whole = await declaration(lab(), "EDGE01", "v2", ["Certificate", "EdgeSubscription", "TransportService"], {
      synchronise: "afterStart",
    });
    await runProvider(lab(), whole, "late-sync.after-intent=kill");
    assert.equal((await server(lab(), "EDGE01")).services.MSExchangeTransport, "Running", "it serves");
    const called = async (pattern: RegExp): Promise<number> =>
      (await control(lab()).history()).filter(({ host, cmdlet }) => pattern.test(`${String(host)} ${String(cmdlet)}`)).length;
    const [drains, synchronised] = [/^EDGE01 .*(Suspend|Stop)/i, /Start-EdgeSynchronization/];
    const before = [await called(drains), await called(synchronised)];
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /Will keep \w{8}… as the default \(it is bound\)/);
    assert.equal(await called(drains), before[0], "what serves is not drained again");
    assert.ok((await called(synchronised)) > before[1]);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v2"));
    assert.equal((await journal(lab(), "EDGE01")).at(-1)?.reason, "finished");
  });

  it("goes on where somebody cleared a connector's name, which stays cleared", async () => {
    const before = (await control(lab()).state()).sendConnectors as { Name: string; TlsCertificateName: string }[];
    const { TlsCertificateName: name } = before.find((one) => one.Name === "Outbound to Office 365")!;
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const parameters = { Identity: "Outbound to Office 365", TlsCertificateName: null, Confirm: false };
    await control(lab()).operator("MBX01", "Set-SendConnector", parameters);
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.ok((out + err).includes(`"Outbound to Office 365" was cleared by hand while the window was open; it was ${name}`), out + err);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
    const now = (await control(lab()).state()).sendConnectors as { Name: string; TlsCertificateName: string | null }[];
    assert.equal(now.find((one) => one.Name === "Outbound to Office 365")!.TlsCertificateName ?? null, null);
  });

  it("starts transport again after a kill between import and enable", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]), "EDGE01/import.after-cmdlet=kill");
    assert.equal((await server(lab(), "EDGE01")).services.MSExchangeTransport, "Stopped");
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /interrupted +import/);
    assert.match(out, /it never changed/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
    const v2 = await thumbprintOf(lab(), "v2");
    assert.ok(!(await server(lab(), "EDGE01")).certificates.some((one) => one.thumbprint === v2));
  });

  it("binds the old default again after a kill behind the export", async () => {
    const all = await declaration(lab(), "EDGE01", "v2", ["Certificate", "EdgeSubscription"]);
    await runProvider(lab(), all, "EDGE01/export.after-cmdlet=kill");
    assert.equal((await server(lab(), "EDGE01")).ldapsThumbprint, await thumbprintOf(lab(), "v2"));
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
  });

  it("starts what a restart of AD LDS that was cut short left stopped", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    await lab().organisation.service.stop("EDGE01", "ADAM_MSExchange");
    await lab().organisation.service.stop("EDGE01", "MSExchangeServiceHost");
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /Will start ADAM_MSExchange, .*MSExchangeServiceHost/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
    assert.equal((await server(lab(), "EDGE01")).services.MSExchangeServiceHost, "Running");
  });

  it("binds the new default when the old certificate is gone", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const [v1, v2] = [await thumbprintOf(lab(), "v1"), await thumbprintOf(lab(), "v2")];
    assert.ok(lab().organisation.certificate.remove("EDGE01", v1, v2).removed);
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 0, out + err);
    assert.match(out, /the old certificate is missing, so there is no way back/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v2"));
  });

  it("goes on where it was killed itself", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const args = ["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"];
    const killed = await cli(args, { PULUMI_EXCHANGE_FAILPOINT: "EDGE01/export.after-cmdlet=kill" });
    assert.equal(killed.signal, "SIGKILL", killed.err);
    await control(lab()).clock(60);
    const { code, out, err } = await cli(args);
    assert.equal(code, 0, out + err);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
  });

  it("ends with 1, code and hint when a step fails, and leaves the journal open", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    await control(lab()).fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", at: "before", kind: "error", message: "no" });
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    assert.equal(code, 1, out + err);
    assert.match(err, /\[CMDLET_FAILED\] .*EDGE01/);
    assert.match(err, /Hint: /);
    assert.notEqual((await journal(lab(), "EDGE01")).at(-1)?.type, "close");
  });

  it("shows what it would do, and does nothing, without --yes", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const before = await mutations(lab());
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab())]);
    assert.equal(code, 2);
    assert.match(out, /Will make/);
    assert.match(err, /add --yes/);
    assert.equal(await mutations(lab()), before);
  });

  it("leaves an Edge alone that a living run works on", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const session = await openSession(connection(lab(), "EDGE01") as unknown as HostConnection);
    const lease = await takeLease(session, { owner: "shop/prod/other", stack: "shop/prod", run: "a-living-run" });
    const before = await mutations(lab());
    const child = startCli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--yes"]);
    const result = ended(child);
    await until("the command ends", async () => (await renewLease(session, lease), child.exitCode !== null), 20_000);
    const { code, err } = await result;
    assert.equal(code, 1, err);
    assert.match(err, /\[LEASE_HELD\] .*shop\/prod\/other/);
    assert.equal(await mutations(lab()), before);
  });

  it("needs the host that the journal names", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const { code, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab(), { MBX01: null, EDGE02: null }), "--yes"]);
    assert.equal(code, 2);
    assert.match(err, /\[INVALID_ARGUMENT\] .*mbx01\.contoso\.com/);
  });

  it("ends with 2 when the Edge cannot be reached", async () => {
    const { code, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab(), { EDGE01: { port: 1 } }), "--yes"]);
    assert.equal(code, 2);
    assert.match(err, /\[HOST_UNREACHABLE\]/);
  });

  it("clears a window that a run left behind before it opened its journal", async () => {
    await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
    const { files } = await server(lab(), "MBX01");
    const leftovers = files.filter(({ path }) => /windows|snapshots/.test(path));
    assert.equal(leftovers.length, 2);
    const hosts = await hostsFile(lab());
    assert.equal((await cli(["resume", "EDGE01", "--hosts", hosts, "--yes"])).code, 0);
    const session = await openSession(connection(lab(), "MBX01") as unknown as HostConnection);
    const { fence } = await takeLease(session, { owner: "x/y/z", stack: "x/y", run: "r" });
    for (const { path, text } of leftovers) {
      const inside = /(?:windows|snapshots)[\\/].*$/.exec(path)![0].replaceAll("\\", "/");
      await session.request("file.write", { path: inside, data: Buffer.from(text).toString("base64") }, { fence });
    }
    await control(lab()).clock(60);
    const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", hosts]);
    assert.equal(code, 0, err);
    assert.match(out, /Removed from MBX01: the window of site Default-First-Site-Name/);
    await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
  });

  describe("--abandon", () => {
    it("leaves the Edge as it is and lets another Edge of the site work", async () => {
      await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
      const second = await declaration(lab(), "EDGE02", "v2", ["Certificate"]);
      const busy = await runProvider(lab(), second);
      assert.match(busy.err, /\[EDGE_WINDOW_BUSY\]/);
      const before = await mutations(lab());
      const hosts = await hostsFile(lab());
      const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", hosts, "--abandon", "--yes"]);
      assert.equal(code, 0, out + err);
      assert.match(out, /Site Default-First-Site-Name is free/);
      assert.match(out, /EDGE01 stays out of service, and its journal stays open/);
      assert.equal(await mutations(lab()), before);
      assert.equal((await server(lab(), "EDGE01")).services.MSExchangeTransport, "Stopped");
      assert.notEqual((await journal(lab(), "EDGE01")).at(-1)?.type, "close");
      const free = await runProvider(lab(), second);
      assert.equal(free.code, 0, free.err);
    });

    it("comes back later with resume", async () => {
      await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
      const hosts = await hostsFile(lab());
      assert.equal((await cli(["resume", "EDGE01", "--hosts", hosts, "--abandon", "--yes"])).code, 0);
      const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", hosts, "--yes"]);
      assert.equal(code, 0, out + err);
      await assertInService(lab(), "EDGE01", await thumbprintOf(lab(), "v1"));
    });

    it("works for an Edge that is dead", async () => {
      await runProvider(lab(), await declaration(lab(), "EDGE01", "v2", ["Certificate"]));
      const hosts = await hostsFile(lab(), { EDGE01: { port: 1 } });
      const { code, out, err } = await cli(["resume", "EDGE01", "--hosts", hosts, "--abandon", "--yes"]);
      assert.equal(code, 0, out + err);
      assert.match(err, /EDGE01 cannot be reached/);
      assert.match(out, /Site Default-First-Site-Name is free/);
      assert.ok(!(await server(lab(), "MBX01")).files.some(({ path }) => path.includes("windows")));
    });

    it("says so when there is nothing to abandon", async () => {
      const { code, err } = await cli(["resume", "EDGE01", "--hosts", await hostsFile(lab()), "--abandon", "--yes"]);
      assert.equal(code, 2);
      assert.match(err, /nothing to abandon/);
    });
  });
});
