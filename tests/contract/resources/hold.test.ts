/** drain "hold" without a TransportService: what ends it, and what is said meanwhile. */
import assert from "node:assert/strict";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Program } from "../../support/stories/rig";

describe('drain "hold" that is taken back', () => {
  const rig = rigForEach();
  const edge = () => rig().server("EDGE01");
  const status = () => edge().services.MSExchangeTransport;
  const hosts = () => ({ host: rig().host("EDGE01"), organization: rig().host("MBX01") });
  const web = (drain: string, more: object = {}) => ({ ...hosts(), source: rig().source("web"), services: ["SMTP"], drain, ...more });
  const certificate = (drain: string, more: object = {}) => rig().one("Certificate", web(drain, more));
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const starts = (mutating: string[]) => mutating.filter((one) => one === "EDGE01:Start-Service");

  for (const drain of ["auto", "never"]) {
    it(`to "${drain}": the run that changes it takes the Edge back into service`, async () => {
      const held = await rig().apply(certificate("hold"));
      assert.equal(status(), "Stopped");
      assert.ok(
        held.lines.some((line) => /^\[EDGE01\] stays out of service .* drain: "auto"/.test(line)),
        held.lines.join("\n"),
      );
      const run = await rig().apply(certificate(drain));
      assert.deepEqual(run.operations, ["update Certificate"]);
      assert.equal(status(), "Running", run.lines.join("\n"));
      assert.equal(edge().transportThumbprint, rig().thumbprint("v1"), "what connectors name is presented as before");
      assert.ok(rig().certificate("EDGE01", rig().thumbprint("web")), "the new certificate stays");
      assert.deepEqual(rig().leftovers(), []);
      const said = run.lines.find((line) => line.includes('drain "hold"'));
      assert.ok(said?.includes(`"${drain}"`), run.lines.join("\n"));
      await rig().settled(certificate(drain));
    });
  }

  it("after a refresh, too, and where nothing is held any more nothing is done", async () => {
    await rig().apply(certificate("hold"));
    await rig().apply(certificate("auto"), { refresh: true });
    assert.equal(status(), "Running");
    assert.deepEqual(rig().leftovers(), []);
    await rig().apply(certificate("hold"));
    const back = await rig().apply(certificate("auto"));
    assert.deepEqual(back.mutating, []);
  });

  it("with another certificate in the same run: the Edge is back with it", async () => {
    await rig().apply(certificate("hold"));
    await rig().apply(certificate("auto", { source: rig().source("v3") }));
    assert.equal(status(), "Running");
    assert.deepEqual(rig().leftovers(), []);
  });

  it("stays held for another Certificate that still asks for it", async () => {
    const both =
      (first: string, second: string): Program =>
      async (declare) => {
        await declare("Certificate", "first", web(first));
        await declare("Certificate", "second", { ...web(second), source: rig().source("v3") });
      };
    await rig().apply(both("hold", "hold"));
    await rig().apply(both("auto", "hold"));
    assert.equal(status(), "Stopped", "the second one still holds it");
    const run = await rig().apply(both("auto", "auto"));
    assert.equal(status(), "Running");
    assert.equal(starts(run.mutating).length, 1);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("is none of a second Certificate's business that never asked for it", async () => {
    const second =
      (drain: string): Program =>
      async (declare) => {
        await declare("Certificate", "first", web("hold"));
        await declare("Certificate", "second", { ...web(drain), source: rig().source("v3") });
      };
    await rig().apply(second("auto"));
    assert.equal(status(), "Stopped");
    await rig().apply(second("never"));
    assert.equal(status(), "Stopped");
  });

  describe("where the default was replaced on a subscribed Edge", () => {
    const replaced = (drain: string) => web(drain, { source: rig().source("v2"), defaultSmtp: "replace" });
    const bound =
      (drain: string): Program =>
      async (declare) => {
        const { thumbprint: certificateThumbprint, revision } = await declare("Certificate", "certificate", replaced(drain));
        const { host, organization } = hosts();
        const after = [revision];
        await declare("EdgeSubscription", "subscription", { edge: host, organization, site: SITE, certificateThumbprint, after });
      };

    it("is refused in words while nothing has bound the new one", async () => {
      const alone = (drain: string) => rig().one("Certificate", replaced(drain));
      await rig().apply(alone("hold"));
      const { text, mutating } = await rig().fails(alone("auto"));
      assert.match(text, /\[SUBSCRIPTION_WOULD_BREAK\] EDGE01 .*out of service/);
      assert.deepEqual([status(), mutating], ["Stopped", []]);
    });

    it("goes back into service once it is bound", async () => {
      await rig().apply(bound("hold"));
      assert.equal(status(), "Stopped");
      await rig().apply(bound("auto"));
      const now = rig().thumbprint("v2");
      assert.deepEqual(
        [status(), edge().defaultThumbprint, edge().ldapsThumbprint, edge().transportThumbprint],
        ["Running", now, now, now],
      );
      assert.deepEqual(rig().leftovers(), []);
      await rig().settled(bound("auto"));
    });

    it("checks what must hold before the start, and stays out of service without it", async () => {
      await rig().apply(bound("hold"));
      const connector = rig()
        .sendConnectors()
        .find((one) => (one.SourceTransportServers as string[]).includes("EDGE01"))!.Name;
      const parameters = { Identity: connector, SourceTransportServers: { remove: ["EDGE01"] } };
      await rig().control.operator("MBX01", "Set-SendConnector", parameters);
      const { text } = await rig().fails(bound("auto"));
      assert.match(text, /\[INVARIANT_VIOLATED\]/);
      assert.equal(status(), "Stopped");
      await rig().control.operator("MBX01", "Set-SendConnector", { ...parameters, SourceTransportServers: { add: ["EDGE01"] } });
      await rig().apply(bound("auto"));
      assert.equal(status(), "Running");
    });

    it("the next run finishes one that broke off before the start, with the same checks", async () => {
      await rig().apply(bound("hold"));
      process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/start.before-intent=error";
      await rig().fails(bound("auto"));
      delete process.env.PULUMI_EXCHANGE_FAILPOINT;
      assert.equal(status(), "Stopped");
      const { lines } = await rig().apply(bound("auto"));
      assert.equal(status(), "Running");
      assert.ok(
        lines.some((line) => line.includes("check connectors, subscription")),
        lines.join("\n"),
      );
      assert.deepEqual(rig().leftovers(), []);
    });
  });
});
