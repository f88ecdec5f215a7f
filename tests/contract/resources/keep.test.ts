/** defaultSmtp "keep" keeps the default, whatever the build answers to the question that it must not be asked. */
import assert from "node:assert/strict";
import { Rig } from "../../support/stories/rig";

const BUILDS: { title: string; toggles: { [name: string]: unknown }; swapsBack?: boolean }[] = [
  { title: "-Services None grants key access (this build)", toggles: {} },
  { title: "-Services None is refused, the shell cannot ask", toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "refuses" } },
  {
    title: "-Services None is refused, the shell answers No",
    toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "answersNo" },
  },
  {
    title: "-Services None is refused, the shell answers Yes",
    toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "answersYes" },
    swapsBack: true,
  },
];

describe('defaultSmtp "keep"', () => {
  for (const { title, toggles, swapsBack } of BUILDS) {
    for (const host of ["EDGE01", "MBX01"]) {
      it(`${host}: ${title}`, async () => {
        const rig = await Rig.start({ toggles });
        try {
          const before = rig.server(host).defaultThumbprint;
          const organization = host === "MBX01" ? {} : { organization: rig.host("MBX01") };
          const program = rig.one("Certificate", { host: rig.host(host), ...organization, source: rig.source("web"), services: ["SMTP"] });
          const run = await rig.apply(program);
          const { defaultThumbprint, services, ldapsThumbprint } = rig.server(host);
          assert.equal(defaultThumbprint, before, "the default is what it was");
          assert.deepEqual([services.MSExchangeTransport, ldapsThumbprint ?? before], ["Running", before]);
          assert.ok(rig.certificate(host, rig.thumbprint("web"))!.services.includes("SMTP"), "key access was granted");
          if (swapsBack && host === "EDGE01") assertSwapIsDrained(run.mutating);
          assert.deepEqual(rig.leftovers(), []);
          await rig.settled(program);
        } finally {
          await rig.close();
        }
      });
    }
  }

  describe("a run that broke off between the answer Yes and the swap back", () => {
    const YES = { toggles: { servicesNoneGrantsAccess: false, enableWithoutForce: "answersYes" } };
    afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
    const web = (rig: Rig, host: string) => {
      const organization = host === "MBX01" ? {} : { organization: rig.host("MBX01") };
      return rig.one("Certificate", { host: rig.host(host), ...organization, source: rig.source("web"), services: ["SMTP"] });
    };

    for (const host of ["EDGE01", "MBX01"]) {
      it(`${host}: a lost answer is read back, the old default is back before the start`, async () => {
        const rig = await Rig.start(YES);
        try {
          const before = rig.server(host).defaultThumbprint;
          await rig.control.fault({ host, cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "disconnect" });
          const run = await rig.apply(web(rig, host));
          assert.equal(rig.server(host).defaultThumbprint, before);
          if (host === "EDGE01") assertSwapIsDrained(run.mutating);
          assert.deepEqual(rig.leftovers(), []);
          await rig.settled(web(rig, host));
        } finally {
          await rig.close();
        }
      });
    }

    it("EDGE01: the next run brings the old default back, drained", async () => {
      const rig = await Rig.start(YES);
      try {
        const before = rig.server("EDGE01").defaultThumbprint;
        await rig.control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "disconnect" });
        process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/keep-default.before-intent=error";
        await rig.fails(web(rig, "EDGE01"));
        delete process.env.PULUMI_EXCHANGE_FAILPOINT;
        assert.equal(rig.server("EDGE01").services.MSExchangeTransport, "Stopped", "nobody meets the wrong default");
        assert.equal(rig.server("EDGE01").defaultThumbprint, rig.thumbprint("web"));
        await rig.apply(web(rig, "EDGE01"));
        assert.deepEqual([rig.server("EDGE01").defaultThumbprint, rig.server("EDGE01").services.MSExchangeTransport], [before, "Running"]);
        assert.deepEqual(rig.leftovers(), []);
        await rig.settled(web(rig, "EDGE01"));
      } finally {
        await rig.close();
      }
    });
  });

  /** The default changes and changes back while transport is stopped: nobody meets it. */
  function assertSwapIsDrained(calls: string[]): void {
    const enables = calls.flatMap((call, at) => (call === "EDGE01:Enable-ExchangeCertificate" ? [at] : []));
    assert.ok(enables.length >= 2, calls.join("\n"));
    assert.ok(
      enables.every((at) => at > calls.indexOf("EDGE01:Stop-Service") && at < calls.indexOf("EDGE01:Start-Service")),
      calls.join("\n"),
    );
  }
});
