/** Somebody clears a connector's TlsCertificateName while an Edge's window is open: that keeps no Edge out of service. */
import assert from "node:assert/strict";
import { fleet } from "../../support/stories/fleet";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Bag, type Observed, type Program } from "../../support/stories/rig";

const DECLARED = "Outbound to Office 365";
const OTHER = "Partner fabrikam";
const EDGES = ["EDGE01", "EDGE02"];

describe("a connector's name that was cleared while an Edge is out of service", () => {
  const rig = rigForEach();
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const clear = (connector: string) =>
    rig().control.operator("MBX01", "Set-SendConnector", { Identity: connector, TlsCertificateName: null, Confirm: false });
  const nameOf = (connector: string) => rig().sendConnector(connector).TlsCertificateName;

  /** v1 → v3, whose issuer is another: broken off in the second Edge's window, then the article's own "clear names" step. */
  async function broken(...connectors: string[]): Promise<void> {
    await rig().apply(fleet(rig(), "v1"));
    for (const connector of connectors)
      assert.ok((rig().sendConnector(connector).SourceTransportServers as string[]).includes("EDGE02"), "EDGE02 is a source");
    await rig().control.fault({ host: "EDGE02", cmdlet: "New-EdgeSubscription", at: "before", kind: "error", message: "no" });
    await rig().fails(fleet(rig(), "v3"));
    assert.equal(rig().server("EDGE02").services.MSExchangeTransport, "Stopped");
    for (const connector of connectors) await clear(connector);
  }
  function assertInService(certificate: string): void {
    for (const edge of EDGES) {
      const { defaultThumbprint, ldapsThumbprint, transportThumbprint, services } = rig().server(edge);
      const wanted = rig().thumbprint(certificate);
      assert.deepEqual([defaultThumbprint, ldapsThumbprint, transportThumbprint], [wanted, wanted, wanted], edge);
      assert.equal(services.MSExchangeTransport, "Running");
    }
    assert.deepEqual(rig().leftovers(), []);
  }
  function assertWarned({ lines }: Observed, connector: string, name: string): void {
    const warning = lines.find((line) => line.includes(`"${connector}" was cleared by hand`)) ?? "";
    assert.ok(warning.includes(name) && warning.includes("snapshots/EDGE02.json on MBX01"), lines.join("\n"));
  }

  for (const refresh of [false, true]) {
    it(`the next up${refresh ? " --refresh" : ""} finishes and sets the declared name`, async () => {
      await broken(DECLARED);
      const run = await rig().apply(fleet(rig(), "v3"), { refresh });
      assertInService("v3");
      assert.equal(nameOf(DECLARED), rig().tlsName("v3"));
      assertWarned(run, DECLARED, rig().tlsName("v1"));
      await rig().settled(fleet(rig(), "v3"));
    });
  }

  it("the old program takes the Edge back and sets the old name again", async () => {
    await broken(DECLARED);
    await rig().apply(fleet(rig(), "v1"));
    assertInService("v1");
    assert.equal(nameOf(DECLARED), rig().tlsName("v1"));
    await rig().settled(fleet(rig(), "v1"));
  });

  it("what no resource declares stays cleared, with a warning", async () => {
    await rig().control.operator("MBX01", "Set-SendConnector", {
      ...{ Identity: OTHER, SourceTransportServers: EDGES, TlsCertificateName: rig().tlsName("v1"), Confirm: false },
    });
    await broken(DECLARED, OTHER);
    const run = await rig().apply(fleet(rig(), "v3"));
    assertInService("v3");
    assert.deepEqual([nameOf(DECLARED), nameOf(OTHER) ?? null], [rig().tlsName("v3"), null]);
    assertWarned(run, OTHER, rig().tlsName("v1"));
  });

  it("a destroy puts the Edge back", async () => {
    await broken(DECLARED);
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    const { defaultThumbprint, services } = rig().server("EDGE02");
    assert.deepEqual([defaultThumbprint, services.MSExchangeTransport], [rig().thumbprint("v1"), "Running"]);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a connector that the rotation was making anew gets its name before the start", async () => {
    const [edge, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const program =
      (certificate: string): Program =>
      async (declare) => {
        const settings = { source: rig().source(certificate), services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
        const { thumbprint, revision } = await declare("Certificate", "certificate", { host: edge, organization, ...settings });
        const bind = { edge, organization, site: SITE, certificateThumbprint: thumbprint, method: "recreate", after: [revision] };
        const bound = await declare("EdgeSubscription", "subscription", bind);
        const service = { host: edge, organization, expectThumbprint: thumbprint, after: [revision, bound.revision] };
        await declare("TransportService", "transport", service);
      };
    assert.deepEqual(rig().sendConnector(OTHER).SourceTransportServers, ["EDGE01"], "it goes with the subscription");
    const named = { Identity: OTHER, TlsCertificateName: rig().tlsName("v1"), Confirm: false };
    await rig().control.operator("MBX01", "Set-SendConnector", named);
    const before = rig().sendConnectors();
    await rig().apply(program("v1"));
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/sync.before-intent=error";
    await rig().fails(program("v2"));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.equal(nameOf(OTHER), rig().tlsName("v1"));
    // As where the process died before it noted that the connector is there.
    const files = rig().lab.organisation.files("MBX01");
    const path = "snapshots/EDGE01.json";
    const snapshot = JSON.parse(String(files.get(path))) as { rebuilding: string[] };
    assert.deepEqual(snapshot.rebuilding, []);
    files.set(path, Buffer.from(JSON.stringify({ ...snapshot, rebuilding: [OTHER] })));
    await clear(OTHER);
    await rig().apply(program("v2"));
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    const sorted = (all: Bag[]) => all.map((one) => `${String(one.Name)}: ${String(one.TlsCertificateName)}`).sort();
    assert.deepEqual(sorted(rig().sendConnectors()), sorted(before));
    assert.deepEqual(rig().sendConnector(OTHER).SourceTransportServers, ["EDGE01"]);
    assert.deepEqual(rig().leftovers(), []);
  });
});
