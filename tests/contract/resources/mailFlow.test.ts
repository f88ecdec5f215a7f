/** `watchMail`: whether the Edge carries mail after its start, by counts that name nobody. */
import assert from "node:assert/strict";
import { WATCH_TIMES } from "../../../provider/steps/watchMail";
import { OFFICE } from "../../support/drift/connectors";
import { delivered, queueErrors, sendMail, sendOverSmtp } from "../../support/stories/mail";
import { until } from "../../support/lab";
import { rigForEach, type Observed, type Rig } from "../../support/stories/rig";

const CLOUD = "someone@contoso.mail.onmicrosoft.com";
const INSIDE = "someone@contoso.com";

interface Flow {
  received: number | null;
  delivered: number | null;
  deferred: number | null;
  queues: { messages: number; waiting: number };
  verdict: string;
  probe?: string;
}

describe("TransportService: watchMail", function () {
  this.timeout(120_000);
  const rig = rigForEach(() => ({ toggles: { setSendConnector: "lenient" } }));
  const { pauseMs } = WATCH_TIMES;
  before(() => (WATCH_TIMES.pauseMs = 20));
  after(() => (WATCH_TIMES.pauseMs = pauseMs));

  const service = (watchMail?: unknown) => (at: Rig) =>
    at.one("TransportService", {
      host: at.host("EDGE01"),
      organization: at.host("MBX01"),
      ...(watchMail === undefined ? {} : { watchMail }),
    });
  const up = (watchMail?: unknown): Promise<Observed> => rig().apply(service(watchMail)(rig()));
  const seen = (): { flow: Flow; condition: string } => {
    const { mailFlow, condition } = rig().outs("TransportService");
    return { flow: mailFlow as unknown as Flow, condition: String(condition) };
  };
  /** EDGE01 alone carries mail, so that nothing takes another way. */
  const alone = async (): Promise<void> => {
    for (const { Name } of rig().sendConnectors())
      await rig().control.operator("MBX01", "Set-SendConnector", { Identity: Name, SourceTransportServers: ["EDGE01"] });
    await takenIn();
  };
  /** What was set in the organisation counts on the Edge: synchronised, and transport restarted. */
  const takenIn = async (): Promise<void> => {
    await rig().control.operator("MBX01", "Start-EdgeSynchronization", { ForceFullSync: true });
    await rig().control.operator("EDGE01", "Restart-Service", { Name: "MSExchangeTransport" });
  };

  it("no traffic is no failure: nothing came", async () => {
    const run = await up({ seconds: 0 });
    assert.deepEqual(seen().flow.verdict, "nothing");
    assert.deepEqual([seen().flow.received, seen().flow.delivered, seen().flow.queues], [0, 0, { messages: 0, waiting: 0 }]);
    assert.equal(seen().condition, "Ready");
    assert.match(run.lines.join("\n"), /nothing came/);
    await rig().settled(service({ seconds: 0 })(rig()));
    assert.equal(seen().flow.verdict, "nothing", "the outputs stay");
  });

  it("is proven by mail that runs, and tells counts alone", async () => {
    const running = up(true);
    let over = false;
    const done = running.finally(() => (over = true));
    while (!over) await delivered(rig(), await sendOverSmtp(rig(), "EDGE01", INSIDE));
    const run = await done;
    const { flow, condition } = seen();
    assert.deepEqual([flow.verdict, condition], ["proven", "Ready"]);
    // a mail that came before the watch may be delivered within it
    assert.ok(flow.received !== null && flow.delivered! > 0, JSON.stringify(flow));
    const told = JSON.stringify([rig().outs("TransportService"), run.lines, run.calls]);
    for (const secret of [INSIDE, "example.net", "a mail"]) assert.ok(!told.includes(secret), secret);
    assert.ok(!run.calls.some(({ cmdlet }) => cmdlet === "Get-MessageTrackingLog"), "the rows stay on the host");
  });

  it("sees a connector whose certificate cannot be found", async () => {
    await alone();
    const named = { Identity: OFFICE, TlsCertificateName: "<I>CN=Nobody<S>CN=nowhere.contoso.com" };
    await rig().control.operator("MBX01", "Set-SendConnector", named);
    await takenIn();
    await sendMail(rig(), "MBX01", CLOUD);
    assert.match(await queueErrors(rig(), "EDGE01"), /454 4\.7\.5/);
    const run = await up({ seconds: 0 });
    assert.deepEqual([seen().flow.verdict, seen().condition], ["waits", "Degraded(MAIL_WAITS: 454-4.7.5)"]);
    assert.ok(seen().flow.queues.messages > 0);
    assert.match(
      run.lines.join("\n"),
      /\[MAIL_WAITS\] EDGE01: mail waits, because a send connector names a certificate .*Remedy: install it/,
    );
  });

  it("sees direct trust that is broken", async () => {
    await alone();
    const edge = rig().server("EDGE01");
    const other = edge.certificates.find(({ thumbprint }) => thumbprint !== edge.defaultThumbprint)!.thumbprint;
    await rig().control.operator("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: other, Services: "SMTP", Force: true });
    await sendMail(rig(), "EDGE01", INSIDE);
    assert.match(await queueErrors(rig(), "EDGE01"), /454 4\.7\.0 Temporary authentication failure/);
    await up({ seconds: 0 });
    assert.deepEqual([seen().flow.verdict, seen().condition], ["waits", "Degraded(MAIL_WAITS: direct-trust)"]);
  });

  it("sees mail that no connector routes", async () => {
    const inbound = rig()
      .sendConnectors()
      .find(({ AddressSpaces }) => (AddressSpaces as string[]).some((space) => /^smtp:--/i.test(space)))!;
    await rig().control.operator("MBX01", "Set-SendConnector", { Identity: inbound.Name, SourceTransportServers: ["EDGE02"] });
    await takenIn();
    await sendMail(rig(), "EDGE01", INSIDE);
    await until("mail in the Unreachable queue", async () => {
      const { objects } = await rig().control.operator("EDGE01", "Get-Queue", {});
      return objects.some(({ DeliveryType, MessageCount }) => DeliveryType === "Unreachable" && MessageCount === 1);
    });
    await up({ seconds: 0 });
    assert.deepEqual([seen().flow.verdict, seen().condition], ["waits", "Degraded(MAIL_WAITS: unreachable)"]);
  });

  it("a probe goes up to RCPT, or sends one message and finds it again", async () => {
    await up({ seconds: 0, probe: { recipient: INSIDE } });
    assert.deepEqual([seen().flow.probe, seen().flow.received], ["accepted", 0], "no message was sent");
    const run = await up({ seconds: 100, probe: { recipient: INSIDE, send: true } });
    assert.equal(seen().flow.probe, "accepted", "an argument that changed is no start");
    assert.deepEqual(run.mutating, []);
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    await rig().apply(service({ seconds: 100, probe: { recipient: INSIDE, send: true } })(rig()), { refresh: true });
    assert.deepEqual([seen().flow.probe, seen().flow.verdict], ["arrived", "proven"]);
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    await rig().apply(service({ seconds: 0, probe: { recipient: "someone@elsewhere.example" } })(rig()), { refresh: true });
    assert.equal(seen().flow.probe, "refused");
  });

  it("a message that was refused is not waited for", async () => {
    const watched = { seconds: 3_600, probe: { recipient: "someone@elsewhere.example", send: true } };
    await up();
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    let over = false;
    const running = rig()
      .apply(service(watched)(rig()), { refresh: true })
      .finally(() => (over = true));
    await until("transport runs", () => over || rig().server("EDGE01").services.MSExchangeTransport === "Running");
    while (!over) await delivered(rig(), await sendOverSmtp(rig(), "EDGE01", INSIDE));
    await running;
    assert.deepEqual([seen().flow.probe, seen().flow.verdict], ["refused", "proven"]);
  });

  it("an agent of before counts nothing, and nothing fails by that", async () => {
    await rig().control.toggles({ agentOperations: "before" });
    await up({ seconds: 0 });
    assert.deepEqual([seen().flow.received, seen().flow.verdict, seen().condition], [null, "nothing", "Ready"]);
  });
});
