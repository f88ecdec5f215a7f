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
