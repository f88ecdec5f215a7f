/** Who may delete or change what: renamed resources, and two stacks on the same servers. */
import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { EdgeTransport, type CertificateSettings } from "pulumi-exchange";
import { adopted, count, fleet, inService, isNoOp, named, settled, storyForAll, TestStack } from "../support/engine";
import { hostsOf, pfxSource, SITE } from "../support/engine/programs";

const EDGES = ["EDGE01", "EDGE02"];

describe("a resource renamed in the program", () => {
  const story = storyForAll();
  const v2 = (): string => story().thumbprint("v2");

  it("W7 creates adopt, deletes of the old names do nothing: 0 mutating calls", async () => {
    await adopted(story(), fleet(story().lab, { certificate: "v1" }));
    await story().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 2, at: "after", kind: "disconnect" });
    const rotated = await story().up(fleet(story().lab, { certificate: "v2" }));
    assert.ok(rotated.ok, rotated.output);
    assert.equal(rotated.seen.connectionsOf.EDGE01, 2, "the lost reply was read back over a second connection");
    const before = EDGES.map((edge) => settled(story().server(edge)));
    const renamed = await story().up(fleet(story().lab, { certificate: "v2", name: "fleet" }));
    assert.ok(renamed.ok, renamed.output);
    assert.ok(count(renamed, "create") >= 8 && count(renamed, "delete") >= 8, JSON.stringify(renamed.changes));
    assert.deepEqual(named(renamed.seen.mutating), []);
    assert.deepEqual(
      EDGES.map((edge) => settled(story().server(edge))),
      before,
    );
    for (const edge of EDGES) inService(story(), edge, v2());
  });

  it("W7 the new names own the objects: up changes nothing, and they count as made", async () => {
    const again = await story().up(fleet(story().lab, { certificate: "v2", name: "fleet" }));
    assert.ok(isNoOp(again), again.output);
    const { objects } = JSON.parse(story().file("EDGE01", "claims.json")!) as {
      objects: Record<string, { made: boolean; claims: object }>;
    };
    const record = objects[`certificate:${v2()}`];
    assert.deepEqual([record.made, Object.keys(record.claims)], [true, ["rotation/dev/fleet-edge01-certificate"]]);
  });
});

describe("a resource that gets another name by an alias and a new certificate in one run", () => {
  const story = storyForAll();
  const program = (name: string, certificate: string, opts?: pulumi.ComponentResourceOptions) => () => {
    const { MBX01: organization, EDGE01: edge } = hostsOf(story().lab);
    const settings: CertificateSettings = { source: pfxSource(story().lab, certificate), services: ["SMTP"], defaultSmtp: "replace" };
    new EdgeTransport(name, { organization, edge, site: SITE, certificate: settings }, opts);
    return Promise.resolve({});
  };

  it("W7 rotates: the old certificate is known to be its own predecessor, and goes", async () => {
    await adopted(story(), program("old", "v1"));
    const rotated = await story().up(program("new", "v2", { aliases: [{ name: "old" }] }));
    assert.ok(rotated.ok, rotated.output);
    inService(story(), "EDGE01", story().thumbprint("v2"));
    assert.ok(
      !story()
        .server("EDGE01")
        .certificates.some((one) => one.thumbprint === story().thumbprint("v1")),
    );
    assert.ok(isNoOp(await story().up(program("new", "v2"))));
    assert.doesNotMatch(story().file("EDGE01", "claims.json")!, /old-certificate/);
  });

  it("W7 without an alias it is refused before the drain, with the way out", async () => {
    const refused = await story().up(program("third", "v1"));
    assert.match(
      refused.output,
      /\[OBJECT_CLAIMED\] EDGE01: .* claimed by rotation\/dev\/new-certificate\. Hint: If the resource was renamed, give it an alias/,
    );
    assert.deepEqual(named(refused.seen.mutating), []);
  });
});

describe("two stacks on the same Edges", () => {
  const story = storyForAll();
  const v1 = (): string => story().thumbprint("v1");
  let other: TestStack;
  const one = (certificate: string) => fleet(story().lab, { certificate, edges: ["EDGE01"], connectors: [], mailboxHosts: [] });
  const two = (certificate: string) => fleet(story().lab, { certificate, edges: ["EDGE02"], connectors: [], mailboxHosts: [] });

  before(async () => {
    other = await story().stack.sibling("other");
  });

  it("W3 the second Edge is told whose window of the site is open, and since when", async () => {
    await adopted(story(), one("v1"));
    const failed = await story().up(one("v2"), { failPoint: "EDGE01/export.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    const busy = await story().observe(async () => {
      const up = await other.up(two("v1"));
      assert.ok(up.ok, up.output);
      return other.up(two("v2"));
    });
    assert.equal(busy.ok, false);
    assert.match(
      busy.output,
      /\[EDGE_WINDOW_BUSY\] EDGE02 cannot be taken out of service: EDGE01 of site Default-First-Site-Name has been since .*by rotation\/dev\/edges-edge01-\w+.*npx pulumi-exchange resume EDGE01 \[--abandon\]/s,
    );
    assert.deepEqual(named(busy.seen.mutating), []);
    inService(story(), "EDGE02", v1());
  });

  it("W4 an Edge whose rotation another stack has open is refused to everybody else", async () => {
    const program = fleet(story().lab, { certificate: { EDGE01: "v3", EDGE02: "v1" }, connectors: [], mailboxHosts: [] });
    const refused = await story().observe(() => other.up(program));
    assert.equal(refused.ok, false);
    assert.match(
      refused.output,
      /\[ROTATION_OPEN\] EDGE01: a rotation of rotation\/dev\/edges-edge01-\w+ has been open since .* Hint: Finish it in stack rotation\/dev/,
    );
    assert.match(refused.output, /EDGE01 is out of service \(.*; `pulumi up` in stack rotation\/dev finishes it/);
    assert.doesNotMatch(refused.output, /`pulumi up` finishes it/);
    assert.deepEqual(named(refused.seen.mutating), []);
  });

  it("W3 when the first is back in service, the second may go", async () => {
    const finished = await story().up(one("v2"));
    assert.ok(finished.ok, finished.output);
    inService(story(), "EDGE01", story().thumbprint("v2"));
  });

  it("W7 a same-name predecessor that another stack claims is refused before the drain", async () => {
    const refused = await story().up(fleet(story().lab, { certificate: { EDGE01: "v2", EDGE02: "v2" }, connectors: [], mailboxHosts: [] }));
    assert.equal(refused.ok, false);
    assert.match(
      refused.output,
      /\[OBJECT_CLAIMED\] EDGE02: [0-9A-F]{40} has the same name and is claimed by rotation\/other\/edges-edge02-certificate\. Hint: Let it go in rotation\/other first/s,
    );
    assert.deepEqual(named(refused.seen.mutating), []);
    inService(story(), "EDGE02", v1());
  });

  it("W7 a destroy of one stack leaves what the other has, its own state lost before", async () => {
    await other.stack.importStack({ version: 3, deployment: {} });
    const seen = await story().observe(async () => {
      const up = await other.up(two("v1"));
      assert.ok(up.ok, up.output);
      return other.destroy();
    });
    assert.ok(seen.ok, seen.output);
    assert.deepEqual(named(seen.seen.mutating), []);
    inService(story(), "EDGE02", v1());
  });

  it("W7 and its claims are gone: the one that is left renews", async () => {
    const up = await story().up(fleet(story().lab, { certificate: { EDGE01: "v2", EDGE02: "v2" }, connectors: [], mailboxHosts: [] }));
    assert.ok(up.ok, up.output);
    inService(story(), "EDGE02", story().thumbprint("v2"));
  });
});
