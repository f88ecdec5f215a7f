/** The organisation's Auth certificate: looked at, renewed over several runs, repaired; no default certificate ever changes. */
import assert from "node:assert/strict";
import type { ScenarioInput } from "../../../lab/model/scenarioSchema";
import type { JsonObject } from "../../../provider/base/json";
import { makePfx, makeSelfSigned, type IssuedCertificate } from "../../support/certificates";
import { Rig, type Observed, type Program } from "../../support/stories/rig";

const HOUR = 3_600;
const SUBJECT = "CN=Microsoft Exchange Server Auth Certificate";
const CHANGES = ["Import-ExchangeCertificate", "Enable-ExchangeCertificate", "Set-AuthConfig"];

/** Two Mailbox servers; `days` are left of the Auth certificate; it is missing where `removed` says so. */
function organisation(days: number, more: Partial<ScenarioInput> = {}, removed: string[] = []): ScenarioInput {
  return {
    name: "auth",
    organisation: "Contoso",
    domain: "contoso.com",
    auth: { notAfterDays: days },
    servers: [
      { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
      { name: "MBX02", fqdn: "mbx02.contoso.com", role: "Mailbox", removed },
    ],
    ...more,
  };
}

interface Auth {
  current: string;
  previous: string | null;
  next: string | null;
  nextEffective: string | null;
}

describe("AuthCertificate", () => {
  let rig: Rig;
  let clock = 0;
  const open = async (scenario: ScenarioInput): Promise<Auth> => {
    rig = await Rig.start({ scenario });
    clock = 0;
    return state();
  };
  afterEach(async () => {
    delete process.env.PULUMI_EXCHANGE_NOW;
    await rig.close();
  });

  const program = (more: object = {}): Program => rig.one("AuthCertificate", { host: rig.host("MBX01"), ...more });
  const state = (): Auth => rig.lab.organisation.state().authConfig as Auth;
  const defaults = (): unknown[] => ["MBX01", "MBX02"].map((name) => rig.server(name).defaultThumbprint);
  const holders = (thumbprint: string): string[] =>
    ["MBX01", "MBX02"].filter((name) => rig.server(name).certificates.some((one) => one.thumbprint === thumbprint));
  const authCertificates = (): string[] => [
    ...new Set(
      ["MBX01", "MBX02"].flatMap((name) =>
        rig
          .server(name)
          .certificates.filter((one) => one.subject === SUBJECT)
          .map((one) => one.thumbprint),
      ),
    ),
  ];
  const cmdlets = (run: Observed): string[] => run.calls.filter((one) => one.mutating).map((one) => one.cmdlet);

  /** Moves the lab's clock, and what check and diff take for now. */
  async function pass(hours: number): Promise<void> {
    clock += hours;
    await rig.control.clock(hours * HOUR);
    process.env.PULUMI_EXCHANGE_NOW = new Date(Date.now() + clock * HOUR * 1000).toISOString();
  }

  it("adopts a healthy one, and has nothing to do", async () => {
    const before = await open(organisation(400));
    const run = await rig.apply(program());
    assert.deepEqual(cmdlets(run), []);
    const { current, next, previous, missingOn } = rig.outs("AuthCertificate");
    assert.deepEqual({ current, next, previous, missingOn }, { current: before.current, next: null, previous: null, missingOn: [] });
    assert.equal(rig.engine.state.resources.AuthCertificate.id, "Contoso");
    await rig.settled(program());
    await rig.destroy();
    assert.deepEqual(state(), before, "a delete changes nothing");
  });

  it("renews one with few days left over its two waits", async () => {
    const before = await open(organisation(40));
    const was = defaults();
    const first = await rig.apply(program());
    assert.deepEqual(cmdlets(first), CHANGES);
    const { next } = state();
    assert.deepEqual([state().current, holders(next!).includes("MBX01")], [before.current, true]);
    await rig.settled(program());
    await pass(30);
    await rig.settled(program());
    await pass(40);
    assert.equal(state().current, next, "Exchange's own service has published it");
    const seen = await rig.apply(program());
    assert.deepEqual(cmdlets(seen), [], "the previous one is not due");
    assert.equal(rig.outs("AuthCertificate").previous, before.current);
    await rig.settled(program());
    await pass(49);
    const cleared = await rig.apply(program());
    assert.deepEqual(cmdlets(cleared), ["Remove-ExchangeCertificate", "Remove-ExchangeCertificate", "Set-AuthConfig"]);
    assert.deepEqual(state(), { current: next, previous: null, next: null, nextEffective: null });
    assert.deepEqual([holders(before.current), holders(next!)], [[], ["MBX01", "MBX02"]]);
    assert.deepEqual(defaults(), was);
    await rig.settled(program());
  });

  it("prints what is due with its date and its days", async () => {
    await open(organisation(70));
    await rig.apply(program());
    const { rotation } = rig.outs("AuthCertificate");
    await pass(24 * 11);
    const run = await rig.apply(program());
    assert.equal(rig.outs("AuthCertificate").rotation, rotation, "what is an input does not change with the clock");
    assert.match(run.lines.join("\n"), /\[MBX01\] Auth certificate .* 48 h later \(58 days left \(/);
  });

  it("publishes a new one at once where the current one has expired", async () => {
    const before = await open(organisation(-3));
    const was = defaults();
    const run = await rig.apply(program());
    // Exchange may be slower with its copies than this run.
    assert.deepEqual(cmdlets(run).slice(0, 4), [...CHANGES, "Set-AuthConfig"]);
    assert.notEqual(state().current, before.current);
    assert.equal(state().previous, before.current);
    assert.deepEqual(defaults(), was);
    await rig.settled(program());
  });

  it("copies one that is missing on a server", async () => {
    const before = await open(organisation(400, {}, ["auth"]));
    assert.deepEqual(holders(before.current), ["MBX01"]);
    const run = await rig.apply(program());
    assert.deepEqual(cmdlets(run), ["Import-ExchangeCertificate"]);
    assert.deepEqual(holders(before.current), ["MBX01", "MBX02"]);
    await rig.settled(program());
  });

  it("changes nothing in a hybrid organisation before the program names the tenant's", async () => {
    const before = await open(organisation(20, { hybrid: {} }));
    const waiting = await rig.apply(program());
    assert.deepEqual(cmdlets(waiting), []);
    assert.match(waiting.lines.join("\n"), /warning: MBX01: .*uploadedThumbprint/);
    assert.deepEqual(state(), before);
    const made = await makeSelfSigned({ subject: SUBJECT, notAfter: new Date(Date.now() + 1800 * 24 * HOUR * 1000) });
    await rig.control.operator("MBX01", "Import-ExchangeCertificate", await imported(made));
    const uploadedThumbprint = made.certificate.thumbprint;
    const run = await rig.apply(program({ uploadedThumbprint }));
    assert.deepEqual(cmdlets(run), ["Set-AuthConfig"]);
    assert.equal(state().next, uploadedThumbprint);
    await rig.settled(program({ uploadedThumbprint }));
  });

  async function imported(made: IssuedCertificate): Promise<JsonObject> {
    const pfx = await makePfx(made, "p");
    return { FileData: { $bytes: Buffer.from(pfx).toString("base64") }, Password: { $secure: "p" }, PrivateKeyExportable: true };
  }

  for (const at of ["before", "after", "reply"] as const) {
    it(`finishes after the host's PowerShell was killed at each change (${at} it)`, async () => {
      for (const [days, changes] of [
        [40, CHANGES],
        [-3, [...CHANGES, "Set-AuthConfig"]],
      ] as const) {
        for (const index of changes.keys()) {
          const before = await open(organisation(days));
          const was = defaults();
          const nth = changes.slice(0, index + 1).filter((one) => one === changes[index]).length;
          await rig.control.fault({ host: "MBX01", cmdlet: changes[index], nth, at, kind: "kill", times: 1 });
          await rig.up(program());
          await rig.control.clearFaults();
          await rig.apply(program(), { refresh: true });
          const { current, next } = state();
          const follower = days < 0 ? current : next;
          assert.notEqual(follower, before.current, `${changes[index]} ${at}, ${days} days`);
          assert.deepEqual(authCertificates().sort(), [before.current, String(follower)].sort(), "one certificate was made, not two");
          assert.deepEqual(defaults(), was);
          await rig.settled(program());
          await rig.close();
        }
      }
      await open(organisation(400));
    });
  }

  it("finishes a clearing that was cut off", async () => {
    const before = await open(organisation(-3));
    await rig.apply(program());
    await pass(60);
    await rig.control.fault({ host: "MBX01", cmdlet: "Remove-ExchangeCertificate", nth: 2, at: "before", kind: "kill", times: 1 });
    await rig.up(program());
    await rig.control.clearFaults();
    await rig.apply(program(), { refresh: true });
    assert.deepEqual([state().previous, holders(before.current)], [null, []]);
    await rig.settled(program());
  });

  it("is a matter of Mailbox servers", async () => {
    rig = await Rig.start();
    const { text } = await rig.fails(rig.one("AuthCertificate", { host: rig.host("EDGE01") }));
    assert.match(text, /\[ROLE_MISMATCH\]/);
  });
});
