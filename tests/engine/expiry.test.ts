/** Expiry: what is deployed never blocks the stack, what is new must be valid; and who renews what. */
import assert from "node:assert/strict";
import { adopted, count, fleet, hostsOf, inService, nameOf, isNoOp, named, OFFICE, storyForAll, type PulumiFn } from "../support/engine";

import { Certificate } from "pulumi-exchange";

const DAY = 86_400;

describe("a stack whose deployed certificate has expired", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const later = (): string => new Date(Date.now() + 12 * DAY * 1000).toISOString();

  it("W10 renewBefore replaces no certificate that comes from a file", async () => {
    const settings = { renewBefore: 30 };
    await adopted(story(), program("v1"));
    const declared = await story().up(fleet(story().lab, { certificate: "v1", settings }));
    assert.ok(declared.ok, declared.output);
    assert.deepEqual([count(declared, "replace"), named(declared.seen.mutating)], [0, []]);
    const preview = await story().preview(fleet(story().lab, { certificate: "v1", settings }), { now: later() });
    assert.equal(count(preview, "replace"), 0, preview.output);
  });

  it("W9 an expired certificate that is deployed only warns", async () => {
    await story().control.clock(12 * DAY);
    const up = await story().up(program("v1"), { now: later() });
    assert.ok(up.ok, up.output);
    assert.match(up.diagnostics, /EDGE01: certificate [0-9A-F]{8}… expired 2 days ago/);
    assert.deepEqual(named(up.seen.mutating), []);
    const again = await story().up(program("v1"), { now: later() });
    assert.ok(isNoOp(again), again.output);
    const refresh = await story().refresh({ now: later() });
    assert.ok(refresh.ok, refresh.output);
  });

  it("W9 an expired certificate that is not installed is refused before any mutation", async () => {
    const up = await story().up(program("expired"), { now: later() });
    assert.equal(up.ok, false);
    assert.match(up.output, /\[CERTIFICATE_EXPIRED\] .*Hint:/s);
    assert.deepEqual(named(up.seen.mutating), []);
    inService(story(), "EDGE01", story().thumbprint("v1"));
  });

  it("W9 the renewal of an expired certificate goes through like any other", async () => {
    const up = await story().up(program("v2"), { now: later() });
    assert.ok(up.ok, up.output);
    assert.match(up.diagnostics, /\[EDGE01\] renew: expired 2 days ago \(\d{4}-\d\d-\d\d\), /);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, story().thumbprint("v2"));
    assert.equal(story().connector(OFFICE).TlsCertificateName, story().tlsName("v2"));
  });
});

describe("a certificate that the server generates", () => {
  const story = storyForAll();
  const program =
    (lifetime?: number): PulumiFn =>
    () => {
      const { MBX01 } = hostsOf(story().lab);
      const source = { selfSigned: { domainNames: ["mbx01.contoso.com"], lifetime } };
      new Certificate("generated", { host: MBX01, source, services: [], renewBefore: 30 });
      return Promise.resolve();
    };
  const thumbprint = (): string => String(story().stack.outputs("generated").thumbprint);
  let first: string;

  it("W10 is made once; an up that is not yet due changes nothing", async () => {
    const up = await story().up(program());
    assert.ok(up.ok, up.output);
    first = thumbprint();
    assert.ok(story().installed("MBX01").includes(first));
    const again = await story().up(program());
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(named(again.seen.mutating), []);
  });

  it("W10 renewBefore replaces it by the stored notAfter, and the preview says so", async () => {
    const due = Date.parse(String(story().stack.outputs("generated").notAfter)) - 20.5 * DAY * 1000;
    const now = new Date(due).toISOString();
    await story().control.clock(Math.round((due - Date.now()) / 1000));
    const preview = await story().preview(program(), { now, diff: true });
    assert.deepEqual([count(preview, "replace"), preview.seen.connections.length], [1, 0], preview.output);
    assert.match(preview.output, new RegExp(`renew: 20 days left .*renewBefore 30 days; ${first.slice(0, 8)}… → a new certificate`));
    const up = await story().up(program(), { now });
    assert.ok(up.ok, up.output);
    const renewed = thumbprint();
    assert.notEqual(renewed, first);
    assert.deepEqual(
      [first, renewed].map((one) => story().installed("MBX01").includes(one)),
      [false, true],
    );
    const again = await story().up(program(), { now });
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(story().stack.resources().map(nameOf), ["generated"]);
  });

  it("W10 with a lifetime it is another one, and the preview says for how long", async () => {
    const now = String(story().stack.outputs("generated").notBefore);
    const preview = await story().preview(program(398), { now, diff: true });
    assert.deepEqual([count(preview, "replace"), preview.seen.connections.length], [1, 0], preview.output);
    assert.match(preview.output, /makes a self-signed certificate for mbx01\.contoso\.com, valid for 398 days: its declaration changed/);
    const up = await story().up(program(398), { now });
    assert.ok(up.ok, up.output);
    assert.ok(named(up.seen.mutating).includes("MBX01:certificate.makeSelfSigned"), named(up.seen.mutating).join());
    const { notBefore, notAfter } = story().stack.outputs("generated") as { [name: string]: string };
    assert.equal(Date.parse(notAfter) - Date.parse(notBefore), 398 * DAY * 1000);
    const again = await story().up(program(398), { now });
    assert.ok(isNoOp(again), again.output);
  });
});
