/** `preview --save-plan` and, days later, `up --plan`: an approved plan lives until something other than the clock has changed. */
import assert from "node:assert/strict";
import path from "node:path";
import { count, fleet, hostsOf, inService, isNoOp, storyForAll, type PulumiFn } from "../support/engine";

import { Certificate } from "pulumi-exchange";

const DAY = 86_400;

describe("a saved plan", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  let passed = 0;
  const now = (): string => new Date(Date.now() + passed * DAY * 1000).toISOString();
  const plan = (): string => path.join(story().stack.workDir, "plan.json");

  /** The plan of a change, approved now and carried out `days` later. */
  async function approvedFor(days: number, change: PulumiFn): Promise<void> {
    const preview = await story().preview(change, { now: now(), plan: plan() });
    assert.ok(preview.ok, preview.output);
    await story().control.clock(days * DAY);
    passed += days;
    const up = await story().up(change, { now: now(), plan: plan() });
    assert.ok(up.ok, up.output);
  }

  it("of a first deployment is carried out a day later", () => approvedFor(1, program("v1")));

  it("of a renewal is carried out a week later, across the new notBefore", async () => {
    const preview = await story().preview(program("notYetValid"), { now: now() });
    assert.match(preview.diagnostics, /EDGE01: certificate [0-9A-F]{8}… is valid from \d{4}-\d\d-\d\d only/);
    await approvedFor(7, program("notYetValid"));
    inService(story(), "EDGE01", story().thumbprint("notYetValid"));
  });

  it("of the way back and a change of names is carried out four weeks later", async () => {
    await approvedFor(1, program("v1"));
    await approvedFor(29, program("v3"));
    inService(story(), "EDGE01", story().thumbprint("v3"));
    const again = await story().up(program("v3"), { now: now() });
    assert.ok(isNoOp(again), again.output);
  });

  it("is used up by a run that broke off, and the words say what to do", async () => {
    const change = program("v2");
    const preview = await story().preview(change, { now: now(), plan: plan() });
    assert.ok(preview.ok, preview.output);
    const broken = await story().up(change, { now: now(), plan: plan(), failPoint: "EDGE01/export.after-cmdlet=error" });
    assert.equal(broken.ok, false);
    assert.match(broken.output, /\[FAILPOINT\] .*`pulumi up` .*without `--plan`: a plan that was saved before is used up/s);
    const again = await story().up(change, { now: now(), plan: plan() });
    assert.equal(again.ok, false);
    assert.match(again.output, /is not allowed by the plan/, "docs/recovery.md quotes it");
    await approvedFor(1, change);
    inService(story(), "EDGE01", story().thumbprint("v2"));
  });
});

describe("a saved plan and a certificate that renews by itself", () => {
  const story = storyForAll();
  const plan = (): string => path.join(story().stack.workDir, "plan.json");
  const program: PulumiFn = () => {
    const { MBX01 } = hostsOf(story().lab);
    const source = { selfSigned: { domainNames: ["mbx01.contoso.com"] } };
    new Certificate("generated", { host: MBX01, source, services: [], renewBefore: 30 });
    return Promise.resolve();
  };
  const daysBeforeTheEnd = (days: number): string =>
    new Date(Date.parse(String(story().stack.outputs("generated").notAfter)) - days * DAY * 1000).toISOString();

  it("a renewal that was due at the preview is carried out days later", async () => {
    const first = await story().up(program);
    assert.ok(first.ok, first.output);
    const preview = await story().preview(program, { now: daysBeforeTheEnd(29.5), plan: plan() });
    assert.equal(count(preview, "replace"), 1, preview.output);
    await story().control.clock(Math.round((Date.parse(daysBeforeTheEnd(1)) - Date.now()) / 1000));
    const up = await story().up(program, { now: daysBeforeTheEnd(1), plan: plan() });
    assert.ok(up.ok, up.output);
    assert.equal(count(up, "replace"), 1, up.output);
  });

  it("a renewal that renewBefore made due in between is what no earlier plan allows", async () => {
    const preview = await story().preview(program, { now: daysBeforeTheEnd(31), plan: plan() });
    assert.ok(isNoOp(preview), preview.output);
    const early = await story().up(program, { now: daysBeforeTheEnd(30.1), plan: plan() });
    assert.ok(isNoOp(early), early.output);
    const up = await story().up(program, { now: daysBeforeTheEnd(29), plan: plan() });
    assert.equal(up.ok, false, up.output);
    assert.match(up.output, /create-replacement is not allowed by the plan/);
  });
});
