/** State, records and journals of the version before are taken up (fixtures: tests/support/before). */
import assert from "node:assert/strict";
import { fleetOf, readStacks, startStory, takeUp, withSwappedEdges, type KeptStack } from "../support/before/stacks";
import { inService, isNoOp, type Story } from "../support/engine";

const COMMIT = "6545e7d";
const { material, stacks } = readStacks(COMMIT);
const [deployed, ...broken] = stacks;

interface LaidOut {
  story: Story;
  /** Send connectors before anything was rotated. */
  connectors: unknown;
}

/** Declares hooks: a lab and a stack as that version left them. */
function laidOut(kept: KeptStack): () => LaidOut {
  let made: LaidOut | undefined;
  before(async function () {
    this.timeout(60_000);
    const story = await startStory(material);
    made = { story, connectors: connectors(story) };
    await takeUp(story, kept);
  });
  after(() => made?.story.end());
  return () => made!;
}

function connectors(story: Story): unknown {
  const all = story.lab.organisation.state().sendConnectors as Record<string, unknown>[];
  return all.map(({ Name, SourceTransportServers, TlsCertificateName }) => ({ Name, SourceTransportServers, TlsCertificateName }));
}

/** What is true after a renewal, whichever version began it. */
function renewed({ story, connectors: before }: LaidOut): void {
  for (const edge of ["EDGE01", "EDGE02"]) inService(story, edge, story.thumbprint("v2"));
  assert.deepEqual(connectors(story), before);
}

describe("a stack that the version before deployed", () => {
  const laid = laidOut(deployed);

  it("an unchanged program previews 0 changes", async () => {
    const { story } = laid();
    const preview = await story.preview(fleetOf(story, material, "v1"));
    assert.ok(isNoOp(preview), preview.output);
    const up = await story.up(fleetOf(story, material, "v1"));
    assert.ok(isNoOp(up), up.output);
    assert.deepEqual(up.seen.mutating, []);
  });

  it("a renewal brings v2 to both doors of both Edges", async () => {
    const { story } = laid();
    const up = await story.up(fleetOf(story, material, "v2"));
    assert.ok(up.ok, up.output);
    renewed(laid());
  });
});

describe("a stack that the version before deployed with swapped addresses", () => {
  const laid = laidOut(withSwappedEdges(deployed));

  it("the corrected program is previewed as what it is", async () => {
    const { story } = laid();
    const preview = await story.preview(fleetOf(story, material, "v1"));
    assert.ok(preview.ok, preview.output);
    assert.match(preview.diagnostics, /deployed to edge02\.contoso\.com, and host is EDGE01 now/);
  });

  it("it leads on: nothing on the servers changes, and every claim is where it belongs", async () => {
    const { story } = laid();
    const up = await story.up(fleetOf(story, material, "v1"));
    assert.ok(up.ok, up.output);
    assert.deepEqual(up.seen.mutating, []);
    for (const edge of ["EDGE01", "EDGE02"]) {
      const book = story.lab.organisation.files(edge).get("claims.json")!.toString("utf8");
      const other = edge === "EDGE01" ? "edge02" : "edge01";
      assert.ok(!book.includes(`edges-${other}-`), book);
    }
    const again = await story.up(fleetOf(story, material, "v1"));
    assert.ok(isNoOp(again), again.output);
  });

  it("a renewal brings v2 to both doors of both Edges", async () => {
    const { story } = laid();
    const up = await story.up(fleetOf(story, material, "v2"));
    assert.ok(up.ok, up.output);
    renewed(laid());
  });
});

describe("a rotation that the version before broke off", () => {
  for (const kept of broken)
    describe(kept.failPoint!, () => {
      const laid = laidOut(kept);

      it("up --refresh finishes it, and the next up has nothing to do", async () => {
        const { story } = laid();
        const up = await story.up(fleetOf(story, material, "v2"), { refresh: true });
        assert.ok(up.ok, up.output);
        renewed(laid());
        const again = await story.up(fleetOf(story, material, "v2"));
        assert.ok(isNoOp(again), again.output);
        assert.deepEqual(again.seen.mutating, []);
      });
    });
});
