/** What a failure, a signal and the run after it say of the servers: their state, in an administrator's words. */
import assert from "node:assert/strict";
import { Certificate } from "pulumi-exchange";
import {
  adopted,
  CAN_KILL,
  fleet,
  hostsOf,
  inService,
  named,
  pfxSource,
  providerProcesses,
  storyForAll,
  type PulumiFn,
} from "../support/engine";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

const OUT = (step: string): RegExp =>
  new RegExp(`EDGE01 is out of service \\(since \\d\\d:\\d\\d, step ${step}\\); mail goes through EDGE02; `);

describe("a failure says in what state the servers are", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });

  it("first of all: in service, or which Edge is out and who takes the mail", async () => {
    const unreachable = await story().up(fleet(story().lab, { certificate: "v1", hosts: { EDGE02: { port: 1 } } }));
    assert.match(
      Object.values(unreachable.errors).join("\n"),
      /^\s*(error: )?no Edge was taken out of service by this run \(EDGE02: not looked at\)\. \[HOST_UNREACHABLE\] EDGE02/m,
    );
    await adopted(story(), program("v1"));
    const undone = await story().up(program("v2"), { failPoint: "EDGE01/import.after-cmdlet=error" });
    assert.match(
      undone.errors["edges-edge01-certificate"],
      /\* (all Edges are in service|no Edge was taken .*EDGE02: not looked at\))\. \[FAILPOINT\]/,
    );
    const out = await story().up(program("v2"), { failPoint: "EDGE01/export.after-result=error" });
    const error = out.errors["edges-edge01-subscription"];
    assert.match(error, OUT("5 of 9: the subscription file was exported"));
    assert.match(error, /\* EDGE01 is out of service .*; `pulumi up` finishes it\n\s*\[FAILPOINT\].* Condition: Issuing\(/s);
    assert.doesNotMatch(error, /nothing was changed/);
  });

  it("the next run says it before it goes on", async () => {
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    assert.match(up.diagnostics, OUT("5 of 9: the subscription file was exported"));
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, story().thumbprint("v2"));
  });
});

describe("an Edge that a finished run holds out of service", () => {
  const story = storyForAll();
  const program = (): PulumiFn => () => {
    const { EDGE01, EDGE02, MBX01 } = hostsOf(story().lab);
    const source = pfxSource(story().lab, "v2");
    new Certificate("held", {
      host: EDGE01,
      organization: MBX01,
      source,
      services: ["SMTP"],
      defaultSmtp: "keep",
      drain: "hold",
      peers: [EDGE02],
    });
    return Promise.resolve();
  };

  it("is named at the end of the run: no other resource may come that starts it", async () => {
    const up = await story().up(program());
    assert.ok(up.ok, up.output);
    assert.equal(story().server("EDGE01").services.MSExchangeTransport, "Stopped");
    assert.match(up.diagnostics, OUT("\\d of 9: the .*certificate was .*"));
  });
});

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  skipUnless(CAN_KILL, "processes are found through /proc").describe(
    `the provider process gets ${signal} while an Edge is out of service`,
    () => {
      const story = storyForAll();
      const program = (certificate: string) => fleet(story().lab, { certificate });

      it("and says so before it ends", async () => {
        await adopted(story(), program("v1"));
        await story().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "hang" });
        const run = story().up(program("v2"));
        const enables = (): number =>
          named(story().lab.history.entries).filter((call) => call === "EDGE01:Enable-ExchangeCertificate").length;
        await until("the call that hangs", () => enables() >= 2, 60_000);
        const providers = providerProcesses();
        assert.ok(providers.length >= 1);
        for (const pid of providers) process.kill(pid, signal);
        const up = await run;
        assert.equal(up.ok, false);
        assert.match(up.output, OUT("3 of 9: the new certificate was installed"));
        assert.match(up.output, /`pulumi up --refresh` finishes it/);
      });
    },
  );
}
