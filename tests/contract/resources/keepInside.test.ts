/** A Mailbox server's default that a run left replaced: whatever comes next brings it back (exchange.md 15.2). */
import assert from "node:assert/strict";
import { Engine } from "../../support/faults/engine";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("a default that is to stay, left replaced on a Mailbox server", () => {
  const rig = rigForEach(() => ({ toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "answersYes" } }));
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const server = () => rig().server("MBX01");
  const keep = (certificate: string, more: object = {}, name = "certificate"): Program =>
    rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source(certificate), services: ["SMTP"], ...more }, name);
  const journal = () => {
    const text = rig().lab.organisation.files("MBX01").get("journal.jsonl")?.toString() ?? "";
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { type: string; reason?: string });
  };

  /** The answer Yes is lost, and the run ends before it has swapped back. */
  async function leave(program = keep("web")): Promise<string> {
    const before = server().defaultThumbprint!;
    await rig().control.fault({ host: "MBX01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "disconnect" });
    process.env.PULUMI_EXCHANGE_FAILPOINT = "MBX01/keep-default.before-intent=error";
    await rig().fails(program);
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    await rig().control.clearFaults();
    assert.equal(server().defaultThumbprint, rig().thumbprint("web"), "left replaced");
    assert.notEqual(journal().at(-1)?.type, "close");
    return before;
  }
  function assertHealed(before: string): void {
    assert.equal(server().defaultThumbprint, before);
    assert.equal(journal().at(-1)?.type, "close");
  }

  it("comes back with the next run, which then has nothing to do", async () => {
    const before = await leave();
    await rig().apply(keep("web"));
    assertHealed(before);
    await rig().settled(keep("web"));
  });

  it("comes back after a kill, whose refresh says that work is unfinished", async () => {
    const before = await leave();
    delete rig().engine.state.resources.certificate.initErrors;
    delete rig().engine.state.resources.certificate.outs.unfinished;
    await rig().apply(keep("web"), { refresh: true });
    assertHealed(before);
  });

  it("comes back where the program declares another certificate or only installs it", async () => {
    const before = await leave();
    await rig().apply(keep("v3"));
    assertHealed(before);
    await rig().apply(keep("v1"));
    const again = await leave();
    await rig().apply(keep("v3", { services: [] }));
    assertHealed(again);
  });

  it("comes back where it is the very certificate of the old program", async () => {
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", {
      Thumbprint: rig().thumbprint("v1"),
      Services: "SMTP",
      Force: true,
    });
    await rig().apply(keep("v1"));
    const before = await leave();
    assert.equal(before, rig().thumbprint("v1"));
    await rig().apply(keep("v1"), { refresh: true });
    assertHealed(before);
  });

  it("comes back in a destroy", async () => {
    const before = await leave();
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assertHealed(before);
    assert.equal(rig().certificate("MBX01", rig().thumbprint("web")), undefined, "what was made goes");
  });

  it("comes back with another stack's run; one that only adopts leaves it", async () => {
    const before = await leave();
    Object.assign(rig(), { engine: new Engine("other/prod") });
    await rig().apply(keep("v1", { adoptOnly: true, services: [] }, "adopted"));
    assert.equal(server().defaultThumbprint, rig().thumbprint("web"));
    await rig().apply(keep("v3"));
    assertHealed(before);
  });

  it("stays replaced where the program wants it so now", async () => {
    await leave();
    await rig().apply(keep("web", { defaultSmtp: "replace" }));
    assertHealed(rig().thumbprint("web"));
  });

  it("stays what an operator chose meanwhile", async () => {
    const before = await leave();
    const own = server().certificates.find(
      (one) => ![before, rig().thumbprint("web")].includes(one.thumbprint) && one.services.includes("SMTP"),
    )!.thumbprint;
    await rig().control.operator("MBX01", "Enable-ExchangeCertificate", { Thumbprint: own, Services: "SMTP", Force: true });
    await rig().apply(keep("web"));
    assertHealed(own);
  });

  it("does not concern a TransportService of that server", async () => {
    const before = await leave();
    const transport = rig().one("TransportService", { host: rig().host("MBX01") }, "transport");
    const certificate = keep("web");
    await rig().apply(async (declare) => {
      await transport(declare);
      assert.equal(server().defaultThumbprint, rig().thumbprint("web"));
      await certificate(declare);
    });
    assertHealed(before);
  });

  it("leaves no open record where a run fails with the default in place", async () => {
    await rig().control.fault({ host: "MBX01", cmdlet: "Import-ExchangeCertificate", at: "before", kind: "error" });
    await rig().fails(keep("web"));
    assert.deepEqual(journal().at(-1), { ...journal().at(-1), type: "close", reason: "undone" });
  });
});
