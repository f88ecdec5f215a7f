/** An Edge that is not drained (`drain: "never"`) and whose default is to stay: what a run left replaced, the next one brings back. */
import assert from "node:assert/strict";
import { Engine } from "../../support/faults/engine";
import { rigForEach, type Program } from "../../support/stories/rig";

describe('a default that is to stay, left replaced on an Edge with drain: "never"', () => {
  const rig = rigForEach(() => ({ toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "answersYes" } }));
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const edge = () => rig().server("EDGE01");
  const program = (certificate: string, more: object = {}): Program => {
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const source = rig().source(certificate);
    return rig().one("Certificate", { host, organization, source, services: ["SMTP"], drain: "never", ...more }, "certificate");
  };
  const record = () => {
    const text = rig().lab.organisation.files("EDGE01").get("default.jsonl")?.toString() ?? "";
    return text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line) as { type: string; reason?: string });
  };
  const ofTransport = (calls: string[]) => calls.filter((call) => /:(Suspend|Stop|Start|Resume)-Service/.test(call));

  /** The answer Yes is lost, and the run ends before it has swapped back. */
  async function leave(): Promise<string> {
    const before = edge().defaultThumbprint!;
    await rig().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "disconnect" });
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/keep-default.before-intent=error";
    await rig().fails(program("web"));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    await rig().control.clearFaults();
    assert.equal(edge().defaultThumbprint, rig().thumbprint("web"), "left replaced");
    assert.notEqual(record().at(-1)?.type, "close");
    assert.deepEqual(rig().leftovers(), [], "no site window, no snapshot");
    assert.equal(rig().lab.organisation.files("EDGE01").has("journal.jsonl"), false, "no window of the Edge's own");
    return before;
  }
  function assertHealed(before: string): void {
    assert.equal(edge().defaultThumbprint, before);
    assert.equal(record().at(-1)?.type, "close");
    assert.deepEqual([edge().services.MSExchangeTransport, edge().ldapsThumbprint], ["Running", rig().thumbprint("v1")]);
  }

  it("comes back with the next run, without a drain", async () => {
    const before = await leave();
    const run = await rig().apply(program("web"));
    assertHealed(before);
    assert.deepEqual(ofTransport(run.mutating), []);
    await rig().settled(program("web"));
  });

  it("comes back after a kill, whose refresh says that work is unfinished", async () => {
    const before = await leave();
    delete rig().engine.state.resources.certificate.initErrors;
    delete rig().engine.state.resources.certificate.outs.unfinished;
    await rig().apply(program("web"), { refresh: true });
    assertHealed(before);
  });

  it("comes back in a destroy", async () => {
    const before = await leave();
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assertHealed(before);
    assert.equal(rig().certificate("EDGE01", rig().thumbprint("web")), undefined, "what was made goes");
  });

  it("comes back with another stack's run, which is not kept out", async () => {
    const before = await leave();
    Object.assign(rig(), { engine: new Engine("other/prod") });
    await rig().apply(program("v3", { services: [] }));
    assertHealed(before);
  });

  it("comes back inside the window of a program that drains now", async () => {
    const before = await leave();
    const run = await rig().apply(program("web", { drain: "auto" }));
    assertHealed(before);
    assert.equal(ofTransport(run.mutating).length, 3);
    await rig().settled(program("web", { drain: "auto" }));
  });

  it("leaves no open record where a run fails with the default in place", async () => {
    await rig().control.fault({ host: "EDGE01", cmdlet: "Import-ExchangeCertificate", at: "before", kind: "error" });
    await rig().fails(program("web"));
    assert.deepEqual(record().at(-1), { ...record().at(-1), type: "close", reason: "undone" });
  });
});
