/** A template with manager approval on the real engine: three runs and one request; then a renewal that is denied and withdrawn. */
import assert from "node:assert/strict";
import { isNoOp, named, stepsOf, storyForAll, type Observed } from "../support/engine";
import { example, passwords } from "../support/stories/examples";
import { assertReadmePlan, assertReadmePreview } from "../support/stories/readme";

const DAY = 86_400_000;

describe("examples/adcs-approval", () => {
  const story = storyForAll();
  let now: string | undefined;
  const program = () => example("adcs-approval", story().lab);
  const options = () => ({ env: passwords(story().lab), ...(now === undefined ? {} : { now }) });
  const up = (): Promise<Observed> => story().up(program(), options());
  const requests = async (): Promise<[number, string][]> =>
    (await story().control.authority()).map(({ request, disposition }) => [request, disposition]);
  const iis = (): string[] =>
    story()
      .server("MBX01")
      .certificates.filter(({ services }) => services.includes("IIS"))
      .map(({ thumbprint }) => thumbprint);

  it("the first run submits, and state keeps the number", async () => {
    const first = await up();
    assert.equal(first.ok, false);
    assert.match(first.output, /\[REQUEST_PENDING\] MBX01: dc01\\Contoso Issuing CA answered pending \(request 100, submitted/);
    assert.deepEqual(named(first.seen.mutating), ["MBX01:New-ExchangeCertificate", "MBX01:certreq.submit"]);
    assert.equal(story().stack.resources()[0].id, "mbx01.contoso.com\\request 100");
  });

  it("the preview says it, and contacts nobody", async () => {
    const preview = await story().preview(program(), options());
    assert.ok(preview.ok, preview.output);
    assert.match(preview.diagnostics, /\[MBX01\] request 100 waits for approval at dc01\\Contoso Issuing CA since \d{4}-\d\d-\d\d \(as of/);
    assert.deepEqual(preview.seen.calls, []);
    assertReadmePreview("adcs-approval", preview.output);
  });

  it("the second run asks only; issued then, the third one installs it: one request", async () => {
    const second = await up();
    assert.deepEqual([second.ok, named(second.seen.mutating)], [false, []]);
    assert.match(second.output, /\[REQUEST_PENDING\]/);
    await story().control.decide(100, "approve");
    const third = await up();
    assert.ok(third.ok, third.output);
    assert.deepEqual(
      new Set(named(third.seen.mutating)),
      new Set(["MBX01:Import-ExchangeCertificate", "MBX01:Enable-ExchangeCertificate"]),
    );
    assert.deepEqual(iis(), [third.outputs.thumbprint]);
    assert.deepEqual(await requests(), [[100, "issued"]]);
    assertReadmePlan("adcs-approval", story().stack);
    const again = await up();
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
  });

  it("a renewal that waits, is denied and is withdrawn leaves the old one serving", async () => {
    const [old] = iis();
    now = new Date(Date.parse(String(story().stack.outputs("web").notAfter)) - 20 * DAY).toISOString();
    assert.match((await up()).output, /\[REQUEST_PENDING\] .*request 101/s);
    await story().control.decide(101, "deny");
    const refresh = await story().refresh(options());
    assert.ok(refresh.ok, refresh.output);
    const preview = await story().preview(program(), options());
    assert.match(preview.diagnostics, /request 101, submitted .*, was denied by dc01\\Contoso Issuing CA \(as of/);
    const denied = await up();
    assert.match(denied.output, /\[REQUEST_DENIED\] .*request 101/s);
    await story().control.decide(101, "withdraw");
    const withdrawn = await up();
    assert.match(withdrawn.output, /\[REQUEST_WITHDRAWN\] .*request 101/s);
    assert.deepEqual([named(denied.seen.mutating), named(withdrawn.seen.mutating), iis()], [[], [], [old]]);
  });

  it("submitted anew and issued, it takes the place of the old one, which goes", async () => {
    const [old] = iis();
    assert.match((await up()).output, /\[REQUEST_PENDING\] .*request 102/s);
    await story().control.decide(102, "approve");
    const last = await up();
    assert.ok(last.ok, last.output);
    assert.notEqual(last.outputs.thumbprint, old);
    assert.deepEqual(iis(), [last.outputs.thumbprint]);
    assert.ok(!story().installed("MBX01").includes(old), stepsOf(last).join());
    // the authority issued it by its own clock
    now = undefined;
    assert.ok(isNoOp(await up()));
    assert.equal(story().stack.resources().length, 1, "no waiting request is left in state");
  });
});
