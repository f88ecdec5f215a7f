/** Destroy in the middle of a rotation, and what a destroy removes and keeps. */
import assert from "node:assert/strict";
import { adopted, fleet, inService, storyForAll } from "../support/engine";

describe("destroy in the middle of a rotation", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v1 = (): string => story().thumbprint("v1");
  const v2 = (): string => story().thumbprint("v2");

  it("W6 puts the Edge back first: old default, AD LDS and binding, then into service", async () => {
    await adopted(story(), program("v1"));
    const failed = await story().up(program("v2"), { failPoint: "EDGE01/import-subscription.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    assert.deepEqual([story().server("EDGE01").defaultThumbprint, story().server("EDGE01").ldapsThumbprint], [v2(), v2()]);
    const destroy = await story().destroy();
    assert.ok(destroy.ok, destroy.output);
    for (const edge of ["EDGE01", "EDGE02"]) inService(story(), edge, v1());
    assert.deepEqual(story().stack.resources(), []);
  });

  it("W6 what the stack made and nobody uses goes; what it adopted stays", () => {
    for (const server of ["EDGE01", "EDGE02", "MBX01"]) assert.ok(story().installed(server).includes(v1()), server);
    assert.ok(!story().installed("EDGE01").includes(v2()), "EDGE01");
    const { subscriptions, edgeSync } = story().lab.organisation.state() as { subscriptions: { Name: string }[]; edgeSync: unknown[] };
    assert.deepEqual(subscriptions.map(({ Name }) => Name).sort(), ["EDGE01", "EDGE02"]);
    assert.equal(edgeSync.length, 2);
  });

  it("W6 leaves no claim behind", () => {
    for (const server of ["EDGE01", "EDGE02", "MBX01"]) {
      const book = JSON.parse(story().file(server, "claims.json") ?? "{}") as { objects?: object; current?: object };
      assert.deepEqual([book.objects, book.current], [{}, {}], server);
    }
  });
});
