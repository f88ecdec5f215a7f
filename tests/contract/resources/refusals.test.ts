/** Refusals: known before anything is changed, and looked for again under the lease. */
import assert from "node:assert/strict";
import { until } from "../../support/lab";
import { rigForEach } from "../../support/stories/rig";

describe("refusals of a certificate", () => {
  const rig = rigForEach();
  const program = (more: object = {}) =>
    rig().one("Certificate", {
      ...{ host: rig().host("EDGE01"), organization: rig().host("MBX01"), source: rig().source("v2"), services: ["SMTP"] },
      ...more,
    });

  it("run again under the lease: what another run did meanwhile is seen", async () => {
    const connector = String(rig().sendConnectors()[0].Name);
    await rig().control.fault({ host: "EDGE01", cmdlet: "file.createNew", at: "before", kind: "delay", ms: 1_500 });
    const from = rig().lab.history.entries.length;
    const run = rig().fails(program({ sendConnectors: [connector] }));
    const asked = () =>
      rig()
        .lab.history.entries.slice(from)
        .some(({ host, cmdlet }) => host === "MBX01" && cmdlet === "Get-SendConnector");
    await until("the connectors were looked at before the lease", asked);
    await rig().control.operator("MBX01", "Remove-SendConnector", { Identity: connector, Confirm: false });
    const { text, mutating } = await run;
    assert.match(text, /\[CONNECTOR_NOT_FOUND\]/);
    assert.deepEqual(
      mutating.filter((one) => !one.endsWith(":Remove-SendConnector")),
      [],
    );
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
  });

  it("come before the server makes a certificate", async () => {
    const source = { selfSigned: { domainNames: ["edge01.contoso.com"] } };
    const broken = await rig().fails(program({ source, defaultSmtp: "replace" }));
    assert.match(broken.text, /\[SUBSCRIPTION_WOULD_BREAK\]/);
    const adopted = await rig().fails(program({ source, adoptOnly: true }));
    assert.match(adopted.text, /\[CERTIFICATE_NOT_ADOPTABLE\]/);
    assert.deepEqual([...broken.mutating, ...adopted.mutating], []);
  });
});

describe("a stopped service that the cmdlets need", () => {
  const rig = rigForEach();

  it("is named with its remedy, and nothing is changed", async () => {
    await rig().control.operator("EDGE01", "Stop-Service", { Name: "MSExchangeServiceHost", Force: true });
    const before = rig().lab.history.entries.length;
    const args = { host: rig().host("EDGE01"), organization: rig().host("MBX01"), source: rig().source("v2"), services: ["SMTP"] };
    const { text } = await rig().fails(rig().one("Certificate", args));
    assert.match(
      text,
      /\[SERVICE_FAILED\] EDGE01: MSExchangeServiceHost is Stopped[^]*Hint: Run `Start-Service MSExchangeServiceHost` on EDGE01/,
    );
    assert.deepEqual(
      rig()
        .lab.history.entries.slice(before)
        .filter((one) => one.mutating),
      [],
    );
    await rig().control.operator("EDGE01", "Start-Service", { Name: "MSExchangeServiceHost" });
    await rig().apply(rig().one("Certificate", args));
  });
});

describe("the life of a subscription file", () => {
  const rig = rigForEach();

  it("is asked for", async () => {
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false, Force: true });
    const args = {
      edge: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      site: "Default-First-Site-Name",
      allowConnectorLoss: true,
    };
    const { calls } = await rig().apply(rig().one("EdgeSubscription", args));
    const exported = calls.find(({ host, cmdlet }) => host === "EDGE01" && cmdlet === "New-EdgeSubscription");
    assert.deepEqual(exported?.parameters.AccountExpiryDuration, { seconds: 86_400 });
  });
});
