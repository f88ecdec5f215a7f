/** A renewal leaves no old certificate on Mailbox servers; where a guard refuses, what is owed is remembered and tried again. */
import assert from "node:assert/strict";
import { Engine } from "../../support/faults/engine";
import { fleet } from "../../support/stories/fleet";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("a copy on a Mailbox server that was replaced", () => {
  const rig = rigForEach();
  const HOST = "MBX01";
  const copy = (certificate: string): Program =>
    rig().one("Certificate", { host: rig().host(HOST), source: rig().source(certificate), services: [] }, "copy");
  const setup = () =>
    rig()
      .server(HOST)
      .certificates.find(({ friendlyName }) => friendlyName === "Microsoft Exchange")!.thumbprint;
  const there = () => ["v1", "v2", "v3"].filter((one) => rig().certificate(HOST, rig().thumbprint(one)) !== undefined);
  const owed = (): { thumbprint: string; why: string; since: string }[] =>
    [...rig().lab.organisation.files(HOST)]
      .filter(([path]) => path.startsWith("leftovers/"))
      .map(([, bytes]) => JSON.parse(bytes.toString()) as { thumbprint: string; why: string; since: string });
  const operator = (cmdlet: string, parameters: object, host = HOST) => rig().control.operator(host, cmdlet, parameters);
  const enable = (certificate: string, Services: string) =>
    operator("Enable-ExchangeCertificate", { Thumbprint: rig().thumbprint(certificate), Services, Force: true });

  it("goes in the same run: v1 → v2 → v3 leaves v3 alone, and nothing is owed", async () => {
    await rig().apply(fleet(rig(), "v1"));
    assert.deepEqual(there(), ["v1"]);
    const run = await rig().apply(fleet(rig(), "v2"));
    assert.deepEqual([there(), owed()], [["v2"], []], run.lines.join("\n"));
    assert.doesNotMatch(run.lines.join("\n"), /DELETE_KEPT/);
    assert.ok(rig().certificate(HOST, rig().thumbprint("v2"))!.services.includes("SMTP"), "transport could read v1, so it can read v2");
    assert.equal(run.mutating.at(-1), "MBX01:certificate.removeReplaced");
    assert.ok(!run.mutating.some((call) => call.startsWith(`${HOST}:`) && /-Service$/.test(call)), "transport keeps running");
    await rig().settled(fleet(rig(), "v2"));
    await rig().apply(fleet(rig(), "v3"));
    assert.deepEqual([there(), owed()], [["v3"], []]);
    await rig().settled(fleet(rig(), "v3"));
  });

  it("goes on the way back as well: the present one is the earlier one then", async () => {
    await rig().apply(copy("v2"));
    await rig().apply(copy("v1"));
    assert.deepEqual([there(), owed()], [["v1"], []]);
  });

  it("a renewal that a guard stopped is paid by the next one", async () => {
    await rig().apply(copy("v1"));
    await enable("v1", "IIS");
    const run = await rig().apply(copy("v2"));
    assert.match(run.lines.join("\n"), /\[DELETE_KEPT\] MBX01: [0-9A-F]{40} stays installed: IIS uses it\. It is remembered/);
    assert.deepEqual([there(), owed().map((one) => one.thumbprint)], [["v1", "v2"], [rig().thumbprint("v1")]]);
    await operator("Enable-ExchangeCertificate", { Thumbprint: setup(), Services: "IIS", Force: true });
    const next = await rig().apply(copy("v3"));
    assert.match(next.lines.join("\n"), /\[MBX01\] [0-9A-F]{8}…, which an earlier renewal left, is gone/);
    // The connector still carries the name of v1 and v2: the last one of it stays.
    assert.deepEqual([there(), owed().map((one) => one.thumbprint)], [["v2", "v3"], [rig().thumbprint("v2")]]);
  });

  const GUARDS: [title: string, hold: () => Promise<unknown>, why: RegExp][] = [
    ["the default of the server", () => enable("v1", "SMTP"), /default certificate/],
    ["enabled for IIS", () => enable("v1", "IIS"), /IIS/],
    [
      "an Auth certificate",
      () => operator("Set-AuthConfig", { NewCertificateThumbprint: rig().thumbprint("v1"), Force: true }),
      /Auth certificate/,
    ],
    [
      "EdgeSync of an Edge does not work",
      () => operator("Stop-Service", { Name: "ADAM_MSExchange" }, "EDGE02"),
      /EdgeSync of EDGE02 is Failed/,
    ],
    ["the agent is one of before", () => rig().control.toggles({ agentOperations: "before" }), /agent on MBX01 does not know/],
    ["only RawData arrives", () => rig().control.toggles({ certificateObjects: "rawData" }), /does not say|enabled for|NETWORK SERVICE/],
  ];
  for (const [title, hold, why] of GUARDS) {
    it(`stays where it, or what it hangs on, is in use: ${title}`, async () => {
      await rig().apply(copy("v1"));
      await hold();
      const run = await rig().apply(copy("v2"));
      assert.deepEqual(there(), ["v1", "v2"], run.lines.join("\n"));
      assert.match(owed()[0].why, why);
      assert.match(owed()[0].since, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
      await rig().settled(copy("v2"));
    });
  }

  it("stays where its successor has no key that transport can read, and it had", async () => {
    await rig().apply(copy("v1"));
    await rig().control.toggles({ servicesNoneGrantsAccess: false, enableWithoutForce: "answersNo" });
    await rig().apply(copy("v2"));
    assert.deepEqual(there(), ["v2"], "the other way of granting access was taken");
    assert.ok(rig().certificate(HOST, rig().thumbprint("v2"))!.services.includes("SMTP"));
  });

  it("stays, and nothing is owed, where another stack claims it", async () => {
    await rig().apply(copy("v1"));
    await rig().apply(copy("v1"), { stack: new Engine("other/prod") });
    await rig().apply(copy("v2"));
    assert.deepEqual([there(), owed()], [["v1", "v2"], []]);
  });

  it("comes to life again: what is owed is forgotten", async () => {
    await rig().apply(copy("v1"));
    await rig().control.toggles({ agentOperations: "before" });
    await rig().apply(copy("v2"));
    assert.equal(owed().length, 1);
    await rig().control.toggles({ agentOperations: "all" });
    await rig().apply(copy("v1"));
    assert.deepEqual([there(), owed()], [["v1"], []]);
  });

  describe("after a new default on the server", () => {
    const own = (certificate: string): Program =>
      rig().one(
        "Certificate",
        { host: rig().host(HOST), source: rig().source(certificate), services: ["SMTP"], defaultSmtp: "replace" },
        "own",
      );

    it("goes once every Edge has synchronised since", async () => {
      await rig().apply(own("v1"));
      const run = await rig().apply(own("v2"));
      assert.deepEqual([there(), owed()], [["v2"], []], run.lines.join("\n"));
    });

    it("stays where EdgeSync cannot use its credentials any more", async () => {
      await rig().apply(own("v1"));
      for (const edge of ["EDGE01", "EDGE02"])
        assert.ok(
          rig()
            .subscriptions()
            .some(({ Name }) => Name === edge),
        );
      await rig().control.toggles({ mailboxDefaultReencrypts: false });
      await rig().apply(own("v2"));
      assert.deepEqual(there(), ["v1", "v2"]);
      assert.match(owed()[0].why, /EdgeSync of EDGE0\d is Failed/);
    });
  });
});
