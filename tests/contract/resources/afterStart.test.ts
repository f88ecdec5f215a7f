/** `synchronise: "afterStart"`: EdgeSync's refusal is waited for with the Edge in service; where that is not safe it is refused. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { askApart } from "../../support/apart";
import { SITE } from "../../support/drift/servers";
import type { OutageOrder, Outages } from "../../support/faults/outages";
import { synchronized } from "../../support/stories/mail";
import { rigForEach, type Program, type Rig } from "../../support/stories/rig";

/** In a process of its own: its clock is not ours. */
const outages = (order: OutageOrder): Promise<Outages> => askApart(join(__dirname, "../../support/faults/outages.js"), order);

const AFTER = { synchronise: "afterStart" };
interface Given {
  subscription?: object;
  /** Undefined: the certificate does not know what its subscription says. */
  ahead?: object;
  inside?: Program;
}
/** An Edge's window as EdgeTransport wires it. */
const edgeWindow =
  (rig: Rig, certificate: string, { subscription = AFTER, ahead = AFTER, inside }: Given = {}): Program =>
  async (declare) => {
    const [host, organization] = [rig.host("EDGE01"), rig.host("MBX01")];
    const smtp = { services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
    await inside?.(declare);
    const made = await declare("Certificate", "certificate", {
      ...{ host, organization, source: rig.source(certificate), ...smtp },
      ...("synchronise" in ahead && { lookAhead: ahead }),
    });
    const bound = await declare("EdgeSubscription", "subscription", {
      ...{ edge: host, organization, site: SITE, certificateThumbprint: made.thumbprint, after: [made.revision], ...subscription },
    });
    const after = [made.revision, bound.revision];
    await declare("TransportService", "transport", { host, organization, expectThumbprint: made.thumbprint, after });
  };
const UNAWARE = {};

describe("synchronise: how long an Edge is out of service, at a lab's own latencies", function () {
  this.timeout(300_000);
  const edges = ["EDGE01", "EDGE02"];
  const figure = (what: string, value: string): void => console.log(`      figure: ${what}: ${value}`);
  const told = ({ out, waited }: Outages): string =>
    `out ${out.map(Math.round).join(" and ")} s, EdgeSync ${waited.map(Math.round).join(" and ")} s`;

  it("EdgeSync's five minutes are inside the window, or behind it", async () => {
    const [before, after] = [await outages({ edges, late: false }), await outages({ edges, late: true })];
    assert.deepEqual([before.error, after.error], [undefined, undefined]);
    figure("beforeStart", told(before));
    figure("afterStart", told(after));
    assert.ok(before.out[0] - after.out[0] >= 300, "the first Edge's refusal");
    assert.ok(after.waited.every((seconds) => seconds > 0) && after.waited[0] >= 300);
    assert.ok(before.waited.every((seconds) => seconds <= 0));
    figure("mails that were sent while EdgeSync was waited for, and arrived meanwhile", `${after.arrived} of ${after.sent}`);
    assert.ok(after.sent >= 20);
    assert.equal(after.arrived, after.sent, "mail in and out is delivered all the while");
    assert.deepEqual(after.early, [], "the next Edge waits for EdgeSync");
    for (const one of [before, after]) assert.equal(one.delivered, one.all);
  });

  it("where Mailbox servers learn of a certificate by EdgeSync alone, mail waits", async () => {
    const late = await outages({ edges, late: true, toggles: { directTrustLearns: "edgeSync" } });
    assert.equal(late.error, undefined);
    figure("arrived meanwhile", `${late.arrived} of ${late.sent}`);
    assert.ok(late.arrived < late.sent, "which is what the assumption is about");
    assert.equal(late.delivered, late.all, "and is not lost");
  });
});

describe("synchronise: refused where it is not safe", () => {
  const rig = rigForEach();
  const refused = async (program: Program, what: RegExp): Promise<void> => {
    const { text, mutating } = await rig().fails(program);
    assert.match(text, /\[AFTER_START_REFUSED\]/);
    assert.match(text, what);
    assert.match(text, /Hint: Leave synchronise out/);
    assert.deepEqual(mutating, []);
  };

  it("recreate: by the arguments alone", () =>
    refused(edgeWindow(rig(), "v1", { subscription: { ...AFTER, method: "recreate" } }), /EDGE01: .* not safe here: method "recreate"/));

  it("another issuer: in the preview, by the name last deployed", async () => {
    await rig().apply(edgeWindow(rig(), "v1"));
    const { text, calls } = await rig().fails(edgeWindow(rig(), "v3"));
    assert.match(text, /\[AFTER_START_REFUSED\] EDGE01: .* its certificate's name changes from <I>.* to <I>/);
    assert.deepEqual(calls, [], "nobody was contacted");
    await rig().apply(edgeWindow(rig(), "v3", { subscription: {}, ahead: UNAWARE }));
  });

  it("another issuer at the first deployment: by what the Edge has", () => refused(edgeWindow(rig(), "v3"), /name changes/));

  it("changed organizationThumbprints: in the preview", async () => {
    const [before, next] = ["A", "B"].map((digit) => ({ organizationThumbprints: { MBX01: digit.repeat(40) } }));
    await rig().apply(edgeWindow(rig(), "v1", { subscription: { ...AFTER, ...before } }));
    await refused(edgeWindow(rig(), "v1", { subscription: { ...AFTER, ...next } }), /organizationThumbprints change/);
    await rig().apply(edgeWindow(rig(), "v1", { subscription: next }));
  });

  it("a first subscription of its own", async () => {
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    const args = { edge: rig().host("EDGE01"), organization: rig().host("MBX01"), site: SITE, allowConnectorLoss: true };
    await refused(rig().one("EdgeSubscription", { ...args, ...AFTER }), /first subscription/);
    await refused(edgeWindow(rig(), "v2"), /first subscription/);
  });

  it("known only inside the window: EdgeSync comes before the start, with a word", async () => {
    const program = edgeWindow(rig(), "v3", { ahead: UNAWARE });
    const run = await rig().apply(program);
    assert.ok(
      run.lines.some((line) => /EDGE01: EdgeSync is waited for before the start, .*name changes/.test(line)),
      run.lines.join("\n"),
    );
    const at = (call: string): number => run.mutating.lastIndexOf(call);
    assert.ok(at("MBX01:Start-EdgeSynchronization") < at("EDGE01:Start-Service"), run.mutating.join("\n"));
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("v3"));
    await rig().settled(program);
  });
});

describe("synchronise: recovery and ends", () => {
  const rig = rigForEach();
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
  const status = () => rig().server("EDGE01").services.MSExchangeTransport;
  const drains = (mutating: string[]): string[] => mutating.filter((call) => /^EDGE01:(Suspend|Stop)-Service$/.test(call));
  const broken = async (point: string): Promise<void> => {
    process.env.PULUMI_EXCHANGE_FAILPOINT = `EDGE01/${point}=error`;
    const run = await rig().up(edgeWindow(rig(), "v2"));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    assert.match(String(run.error?.message), /FAILPOINT/);
    assert.equal(status(), "Running");
    assert.ok(rig().leftovers().length > 0, "its site's window is open until EdgeSync has succeeded");
  };
  const well = async (program: Program): Promise<void> => {
    assert.equal((await synchronized(rig(), "MBX01", "EDGE01")).status, "Normal");
    const { transportThumbprint, ldapsThumbprint } = rig().server("EDGE01");
    assert.deepEqual([status(), transportThumbprint, ldapsThumbprint], ["Running", rig().thumbprint("v2"), rig().thumbprint("v2")]);
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(program);
  };

  it("synchronises behind the start, and says how long both took", async () => {
    const program = edgeWindow(rig(), "v2");
    const { mutating, lines } = await rig().apply(program);
    const at = (call: string): number => mutating.indexOf(call);
    assert.ok(at("MBX01:New-EdgeSubscription") < at("EDGE01:Start-Service"), mutating.join("\n"));
    assert.ok(at("EDGE01:Start-Service") < at("MBX01:Start-EdgeSynchronization"), mutating.join("\n"));
    assert.ok(lines.some((line) => /Ready: back in service .*the window lasted .*; EdgeSync succeeded .* after the start$/.test(line)));
    await well(program);
  });

  for (const [title, subscription] of [
    ["the same program", AFTER],
    ["the argument taken back", {}],
  ] as [string, object][])
    it(`a run that broke off while the Edge served: ${title} goes on without another drain`, async () => {
      await broken("late-sync.after-intent");
      const program = edgeWindow(rig(), "v2", { subscription });
      const { mutating } = await rig().apply(program, { refresh: true });
      assert.deepEqual(drains(mutating), []);
      await well(program);
    });

  it("a destroy while EdgeSync is owed leaves the Edge in service, synchronised", async () => {
    await broken("late-sync.after-intent");
    const { ok, mutating, error } = await rig().destroy();
    assert.ok(ok, error?.message);
    assert.deepEqual([status(), drains(mutating), rig().leftovers()], ["Running", [], []]);
    assert.equal((await synchronized(rig(), "MBX01", "EDGE01")).status, "Normal");
  });

  it("an Edge whose default somebody replaced by hand is bound in a window of its own", async () => {
    const { pfx, password } = rig().source("v2");
    await rig().control.operator("EDGE01", "Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
    const enable = { Thumbprint: rig().thumbprint("v2"), Services: "SMTP", Force: true };
    await rig().control.operator("EDGE01", "Enable-ExchangeCertificate", enable);
    const args = {
      edge: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      site: SITE,
      certificateThumbprint: rig().thumbprint("v2"),
    };
    const program = rig().one("EdgeSubscription", { ...args, ...AFTER });
    const { mutating } = await rig().apply(program);
    const [start, sync] = ["EDGE01:Start-Service", "MBX01:Start-EdgeSynchronization"].map((call) => mutating.indexOf(call));
    assert.ok(start >= 0 && start < sync, mutating.join("\n"));
    assert.equal(rig().outs("EdgeSubscription").boundThumbprint, rig().thumbprint("v2"));
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(program);
  });
});
