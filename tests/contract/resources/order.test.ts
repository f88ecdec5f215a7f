/**
 * The steps that the engine really ran, read from the results in the journals that it wrote: they follow rotation/order.ts, on the way out and
 * back. An intent may stand with the one of the step before.
 */
import assert from "node:assert/strict";
import { JOURNAL_FILE, parseJournal, type Line } from "../../../provider/rotation/journal";
import { ORDER } from "../../../provider/rotation/order";
import { fleet } from "../../support/stories/fleet";
import { rigForEach } from "../../support/stories/rig";

const IDS: readonly string[] = ORDER.map(({ id }) => id);

describe("the steps that ran", () => {
  const rig = rigForEach();
  afterEach(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);

  const journal = (edge: string): Line[] => {
    const text = rig().lab.organisation.files(edge).get(JOURNAL_FILE);
    assert.ok(text, `${edge} has a journal`);
    return parseJournal(Buffer.from(text).toString("utf8"), edge).lines;
  };
  /** Steps by provider process and resource: each time the engine was called they begin anew. */
  function courses(lines: Line[]): string[][] {
    const found: string[][] = [[]];
    for (const line of lines) {
      if (line.type !== "result") continue;
      const course = found.at(-1)!;
      if (course.at(-1) === line.step) continue;
      if (course.length > 0 && IDS.indexOf(line.step) < IDS.indexOf(course.at(-1)!)) found.push([line.step]);
      else course.push(line.step);
    }
    return found;
  }

  it("of a renewal are one course in the one order, resource after resource", async () => {
    await rig().apply(fleet(rig(), "v1"));
    await rig().apply(fleet(rig(), "v2"));
    for (const edge of ["EDGE01", "EDGE02"]) {
      const lines = journal(edge);
      const [course, ...others] = courses(lines.filter((line) => !("step" in line) || line.step !== "directory-services"));
      assert.deepEqual(others, [], `${edge}: nothing ran before what it has to follow`);
      for (const step of course) assert.ok(IDS.includes(step), step);
      const named = ["drain", "import", "enable", "export", "import-subscription", "sync", "predecessor", "start"];
      assert.deepEqual(
        course.filter((step) => named.includes(step)),
        named,
        edge,
      );
    }
  });

  it("of the way back follow it, too", async () => {
    await rig().apply(fleet(rig(), "v1"));
    process.env.PULUMI_EXCHANGE_FAILPOINT = "EDGE01/import-subscription.after-intent=error";
    await rig().fails(fleet(rig(), "v2"));
    delete process.env.PULUMI_EXCHANGE_FAILPOINT;
    const begun = journal("EDGE01").length;
    const destroyed = await rig().destroy();
    assert.ok(destroyed.ok, destroyed.error?.message);
    const back = courses(journal("EDGE01").slice(begun));
    for (const course of back)
      assert.deepEqual(
        course,
        [...course].sort((a, b) => IDS.indexOf(a) - IDS.indexOf(b)),
      );
    const all = back.flat();
    for (const step of ["restore-default", "export", "start"]) assert.ok(all.includes(step), `${step}: ${all.join()}`);
    assert.ok(all.indexOf("restore-default") < all.indexOf("export"), all.join());
  });
});
