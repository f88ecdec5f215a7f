/** Every start of transport is a verified one: a wrong certificate at STARTTLS suspends it again, and the start stays owed. */
import assert from "node:assert/strict";
import { START_TIMES } from "../../../provider/steps/start";
import { SITE } from "../../support/drift/servers";
import { until } from "../../support/lab";
import { rigForEach, type Program, type Observed } from "../../support/stories/rig";

const RECEIVE = "EDGE01\\Default internal receive connector EDGE01";

describe("a start of transport", () => {
  const rig = rigForEach();
  const { starttlsMs } = START_TIMES;
  beforeEach(() => (START_TIMES.starttlsMs = 300));
  afterEach(() => {
    START_TIMES.starttlsMs = starttlsMs;
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
  });
  const edge = () => rig().server("EDGE01");
  const status = () => edge().services.MSExchangeTransport;
  const hosts = () => ({ host: rig().host("EDGE01"), organization: rig().host("MBX01") });
  const web = (drain: string, more: object = {}) => ({ ...hosts(), source: rig().source("web"), services: ["SMTP"], drain, ...more });
  const certificate = () => rig().one("Certificate", web("auto"));
  const subscription = (): Program => {
    const { host, organization } = hosts();
    return rig().one("EdgeSubscription", { edge: host, organization, site: SITE });
  };
  const receive = (TlsCertificateName: string | null) =>
    rig().control.operator("EDGE01", "Set-ReceiveConnector", { Identity: RECEIVE, TlsCertificateName });

  /** Somebody gives the receive connector a name that nothing carries, while transport is stopped: STARTTLS is gone (exchange.md 15.3). */
  async function meddle(running: Promise<Observed>): Promise<Observed> {
    await rig().control.fault({ host: "EDGE01", cmdlet: "Start-Service", nth: 1, at: "before", kind: "delay", ms: 1_500 });
    await until("transport is stopped", () => status() === "Stopped", 20_000);
    await receive(rig().tlsName("v3"));
    return running;
  }
  function assertOwed(run: Observed): void {
    assert.match(String(run.error?.message), /\[STARTTLS_NOT_OFFERED\] EDGE01: transport offers no STARTTLS/);
    assert.equal(status(), "Paused", "it takes no mail in");
    assert.deepEqual(
      rig()
        .leftovers("MBX01")
        .map((path) => path.split("/")[0])
        .sort(),
      ["snapshots", "windows"],
      "the rotation is open",
    );
  }

  it('of a Certificate with drain "auto" looks at STARTTLS, in its undo, too', async () => {
    assertOwed(await meddle(rig().up(certificate())));
    assert.equal(rig().certificate("EDGE01", rig().thumbprint("web")), undefined, "the new certificate was taken out again");
    await receive(null);
    await rig().apply(certificate());
    assert.equal(status(), "Running");
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(certificate());
  });

  it("of an EdgeSubscription on its own looks at STARTTLS; the next run finishes", async () => {
    await rig().apply(subscription());
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    assertOwed(await meddle(rig().up(subscription(), { refresh: true })));
    await receive(null);
    await rig().apply(subscription());
    assert.equal(status(), "Running");
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(subscription());
  });

  it("says that transport was suspended only where it was", async () => {
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    const { text } = await rig().fails(rig().one("TransportService", { ...hosts(), expectThumbprint: rig().thumbprint("v2") }));
    assert.match(text, /\[STARTTLS_WRONG_CERTIFICATE\]/);
    assert.equal(status(), "Running");
    assert.doesNotMatch(text, /suspended/);
  });

  it("accepts what was presented before: connectors may have another certificate", async () => {
    await rig().apply(certificate());
    assert.equal(edge().transportThumbprint, rig().thumbprint("v1"));
    assert.equal(status(), "Running");
  });

  it("in the middle of a destroy accepts what was presented before", async () => {
    const own = edge().certificates.find((one) => one.subject === "CN=EDGE01")!.thumbprint;
    await rig().control.operator("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: own, Services: "SMTP", Force: true });
    assert.equal(edge().transportThumbprint, rig().thumbprint("v1"), "by name, not by default");
    const program: Program = async (declare) => {
      const { revision } = await declare("Certificate", "certificate", web("hold"));
      await declare("TransportService", "transport", { ...hosts(), after: [revision] });
    };
    await rig().apply(program);
    const next: Program = async (declare) => {
      const { revision } = await declare("Certificate", "certificate", { ...web("hold"), source: rig().source("v3") });
      await declare("TransportService", "transport", { ...hosts(), after: [revision] });
    };
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/directory-services.before-intent=error";
    await rig().fails(next);
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.equal(status(), "Stopped");
    const destroyed = await rig().destroy();
    assert.ok(destroyed.ok, destroyed.error?.message);
    assert.equal(status(), "Running");
    assert.equal(edge().transportThumbprint, rig().thumbprint("v1"));
    assert.deepEqual(rig().leftovers(), []);
  });
});
