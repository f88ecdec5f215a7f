/** Services of a Mailbox server's certificate: what is asked is enabled, more than asked is no drift. */
import assert from "node:assert/strict";
import { rigForEach } from "../../support/stories/rig";

describe("services IIS, POP and IMAP", () => {
  const rig = rigForEach();
  const web = (services: string[]) => rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source("web"), services });
  const seen = () => [...rig().certificate("MBX01", rig().thumbprint("web"))!.services].sort();

  it("are enabled as asked, without touching SMTP or the default", async () => {
    const before = rig().server("MBX01").defaultThumbprint;
    await rig().apply(web(["IIS", "POP", "IMAP"]));
    assert.deepEqual(seen(), ["IIS", "IMAP", "POP"]);
    assert.equal(rig().server("MBX01").defaultThumbprint, before);
    await rig().settled(web(["IIS", "POP", "IMAP"]));
  });

  it("a service that is added is an update; one that is taken off the list stays", async () => {
    await rig().apply(web(["IIS"]));
    const run = await rig().apply(web(["IIS", "POP"]));
    assert.deepEqual([run.operations, run.mutating], [["update Certificate"], ["MBX01:Enable-ExchangeCertificate"]]);
    const less = await rig().apply(web(["POP"]));
    assert.deepEqual(less.mutating, []);
    assert.deepEqual(seen(), ["IIS", "POP"]);
    await rig().settled(web(["POP"]));
  });

  it("a server that reports more than asked is no drift", async () => {
    await rig().apply(web(["IIS"]));
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", { Thumbprint: rig().thumbprint("web"), Services: "IMAP" });
    const run = await rig().apply(web(["IIS"]), { refresh: true });
    assert.deepEqual([run.operations, run.mutating], [[], []]);
  });

  it("a service that moved to another certificate is drift, and comes back", async () => {
    await rig().apply(web(["IIS"]));
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", { Thumbprint: rig().thumbprint("v1"), Services: "IIS" });
    assert.deepEqual((await rig().read("Certificate")).enabledServices, []);
    const run = await rig().apply(web(["IIS"]), { refresh: true });
    assert.match(run.lines.join("\n"), /\[MBX01\] drift: IIS no longer enabled/);
    assert.deepEqual(seen(), ["IIS"]);
  });

  it("an Edge serves SMTP only, and says so before anything is done", async () => {
    const args = { host: rig().host("EDGE01"), organization: rig().host("MBX01"), source: rig().source("web"), services: ["IIS"] };
    const { text, mutating } = await rig().fails(rig().one("Certificate", args));
    assert.match(text, /EDGE01 is an Edge and can serve SMTP only, not IIS/);
    assert.deepEqual(mutating, []);
  });
});
