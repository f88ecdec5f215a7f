/** Destroy in the middle of a rotation, and what a destroy removes and keeps. */
import assert from "node:assert/strict";
import { adopted, fleet, inService, storyForAll } from "../support/engine";

describe("destroy in the middle of a rotation", () => {
  // Mail that waits at an Edge goes on waiting.
  const story = storyForAll({ latencies: { delivery: 10_000_000 } });
  const program = (certificate: string) => fleet(story().lab, { certificate, args: { queueTimeout: 1 } });
  const v1 = (): string => story().thumbprint("v1");
  const v2 = (): string => story().thumbprint("v2");

  it("W4 a queue that does not empty within queueTimeout stays on disk, with a warning", async () => {
    await adopted(story(), program("v1"));
    const data = Buffer.from("a mail");
    await story().lab.organisation.acceptMail("EDGE01", { id: "waits", from: "partner@example.net", to: ["someone@contoso.com"], data });
    const failed = await story().up(program("v2"), { failPoint: "EDGE01/import-subscription.after-cmdlet=error" });
    assert.equal(failed.ok, false);
    assert.match(failed.diagnostics, /warning: EDGE01: queues did not empty within 1 s and are kept on disk: EDGE01\\/);
    const { sent, delivered, queued, lost } = story().lab.organisation.state().mail as { [count: string]: number };
    assert.deepEqual([sent, delivered, queued, lost], [1, 0, 1, 0]);
  });

  it("W6 puts the Edge back first: old default, AD LDS and binding, then into service", async () => {
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
      const files = [...story().lab.organisation.files(server).keys()];
      assert.deepEqual(
        files.filter((path) => path.startsWith("claims/")),
        [],
        server,
      );
    }
  });
});
