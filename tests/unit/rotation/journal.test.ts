import assert from "node:assert/strict";
import { ExchangeError } from "../../../provider/base/errors";
import type { Shell } from "../../../provider/exchange/shell";
import { holdersAfter } from "../../../provider/rotation/holders";
import { Journal, foldJournal, parseJournal, EXPORT, IMPORT, DRAIN, START } from "../../../provider/rotation/journal";
import { actorOf } from "../../../provider/rotation/actor";
import { beginRecords, endRecords } from "../../../provider/rotation/records";

interface Disk {
  reads: number;
  /** The next append fails once this is settled. */
  refusal?: Promise<void>;
}
/** A working folder in memory behind the shell's file operations. */
function folder(): { leased: Shell & { fence: number }; files: Map<string, string>; disk: Disk } {
  const files = new Map<string, string>();
  const disk: Disk = { reads: 0 };
  const text = (data: string): string => Buffer.from(data, "base64").toString("utf8");
  const request = (op: string, params: { path: string; data: string }): Promise<unknown> => {
    const { path, data } = params;
    const { refusal } = disk;
    if (op === "file.append" && refusal) {
      disk.refusal = undefined;
      return refusal.then(() => Promise.reject(new ExchangeError("JOURNAL_UNWRITABLE", "EDGE01: no space.")));
    }
    if (op === "file.read") {
      disk.reads += 1;
      const found = files.get(path);
      return Promise.resolve(found === undefined ? { found: false } : { found: true, data: Buffer.from(found).toString("base64") });
    }
    if (op === "file.write") files.set(path, text(data));
    else if (op === "file.append") files.set(path, (files.get(path) ?? "") + text(data));
    else throw new Error(`unexpected ${op}`);
    return Promise.resolve({});
  };
  return {
    leased: {
      facts: { name: "EDGE01", fqdn: "edge01.contoso.com", boot: "2026-11-24T03:00:00.000Z" },
      fence: 7,
      request,
      invoke: () => Promise.reject(new Error("no cmdlets here")),
    } as never,
    files,
    disk,
  };
}
const OLD = { defaultThumbprint: "A", ldapsThumbprint: "A", transport: "Running" as const, subscribed: true, services: {} };
const opening = { organization: "mbx01.contoso.com", site: "Site", hold: true, old: OLD, target: "B" };

async function opened() {
  const { leased, files, disk } = folder();
  const journal = await Journal.load(leased, actorOf("shop/prod/cert"));
  await journal.open(opening);
  return { leased, files, journal, disk };
}

describe("journal", () => {
  it("owes a resume from the drain's intent until transport has started", async () => {
    const { journal } = await opened();
    assert.equal(journal.state!.resumeOwed, false);
    await journal.append({ type: "intent", step: DRAIN });
    assert.equal(journal.state!.resumeOwed, true);
    await journal.append({ type: "intent", step: START });
    await journal.append({ type: "result", step: START, outcome: "failed" });
    assert.equal(journal.state!.resumeOwed, true, "a start that failed leaves the resume owed");
    await journal.append({ type: "result", step: START, outcome: "done" });
    assert.equal(journal.state!.resumeOwed, false);
  });

  it("never owes a resume for transport that an operator had stopped", async () => {
    const { leased } = folder();
    const journal = await Journal.load(leased, actorOf("shop/prod/cert"));
    await journal.open({ ...opening, old: { ...OLD, transport: "Stopped" } });
    await journal.append({ type: "intent", step: DRAIN });
    assert.equal(journal.state!.resumeOwed, false);
  });

  it("forgets what was done when the target changes, but not the drain", async () => {
    const { journal } = await opened();
    for (const step of [DRAIN, EXPORT, IMPORT]) {
      await journal.append({ type: "intent", step });
      await journal.append({ type: "result", step, outcome: "done" });
    }
    await journal.append({ type: "target", target: "A", owner: "shop/prod/cert", hold: true });
    const state = journal.state!;
    assert.deepEqual([...state.done], [DRAIN]);
    assert.equal(state.exported, true);
    assert.equal(state.resumeOwed, true);
    assert.equal(state.old.defaultThumbprint, "A", "the first snapshot wins");
  });

  it("is held until the last owner that asked for it no longer does", async () => {
    const { journal } = await opened();
    const target = { type: "target", target: "B" } as const;
    assert.deepEqual(journal.state!.holders, ["shop/prod/cert"]);
    await journal.append({ ...target, owner: "shop/prod/other", hold: true });
    assert.deepEqual(journal.state!.holders, ["shop/prod/cert"], "an earlier version: who only goes on does not hold");
    const both = holdersAfter(journal.state!.holders, { owner: "shop/prod/other", hold: true });
    await journal.append({ ...target, owner: "shop/prod/other", hold: true, holders: both });
    const renamed = holdersAfter(both, { owner: "shop/prod/renamed", formerOwner: "shop/prod/cert", hold: true });
    assert.deepEqual(renamed, ["shop/prod/other", "shop/prod/renamed"]);
    assert.deepEqual(holdersAfter(renamed, { owner: "shop/prod/renamed", hold: false }), ["shop/prod/other"]);
    await journal.append({ ...target, owner: "shop/prod/other", hold: false, holders: [] });
    const { hold, holders, everHeld } = journal.state!;
    assert.deepEqual([hold, holders, everHeld], [false, [], true]);
  });

  it("counts a step as open again once its intent is written again", async () => {
    const { journal } = await opened();
    await journal.append({ type: "intent", step: IMPORT });
    await journal.append({ type: "result", step: IMPORT, outcome: "done" });
    await journal.append({ type: "intent", step: IMPORT });
    assert.equal(journal.state!.done.has(IMPORT), false);
  });

  it("remembers under which boot transport was taken out of service", async () => {
    const { leased, journal } = await opened();
    assert.equal(journal.state!.drainedBoot, null);
    await journal.append({ type: "intent", step: DRAIN });
    assert.equal(journal.state!.drainedBoot, leased.facts.boot);
    (leased.facts as { boot: string }).boot = "2026-11-25T03:00:00.000Z";
    await journal.append({ type: "intent", step: IMPORT });
    assert.notEqual(journal.state!.drainedBoot, leased.facts.boot, "other steps say nothing about it");
    await journal.append({ type: "result", step: DRAIN, outcome: "done" });
    assert.equal(journal.state!.drainedBoot, leased.facts.boot);
  });

  it("drops a torn last line, at every byte, and mends the file before it appends", async () => {
    const { leased, files, journal } = await opened();
    await journal.append({ type: "intent", step: DRAIN });
    const whole = files.get("journal.jsonl")!;
    const first = whole.indexOf("\n") + 1;
    for (let length = first; length < whole.length; length++) {
      files.set("journal.jsonl", whole.slice(0, length));
      const again = await Journal.load(leased, actorOf("shop/prod/cert"));
      assert.equal(again.state!.resumeOwed, false);
      await again.append({ type: "intent", step: DRAIN });
      const { lines, torn } = parseJournal(files.get("journal.jsonl")!, "EDGE01");
      assert.equal(torn, false);
      assert.equal(lines.length, 2);
    }
  });

  it("refuses a line that was changed, removed or put in by hand", async () => {
    const { files, journal } = await opened();
    await journal.append({ type: "intent", step: DRAIN });
    await journal.append({ type: "result", step: DRAIN, outcome: "done" });
    const [one, two, three] = files.get("journal.jsonl")!.split("\n") as [string, string, string];
    const damaged = [
      [one, two.replace("drain", "start"), three],
      [one, three],
      [one, two, two, three],
    ];
    for (const lines of damaged) {
      assert.throws(
        () => parseJournal([...lines, ""].join("\n"), "EDGE01"),
        (error: ExchangeError) => error.code === "JOURNAL_UNREADABLE",
      );
    }
  });

  it("refuses a journal of a newer version", async () => {
    const { files } = await opened();
    const { lines } = parseJournal(files.get("journal.jsonl")!, "EDGE01");
    const newer = [{ ...lines[0], schema: 99 } as (typeof lines)[0]];
    assert.throws(
      () => foldJournal(newer, "EDGE01"),
      (error: ExchangeError) => error.code === "JOURNAL_UNREADABLE",
    );
  });

  it("keeps the closed journal before the present one", async () => {
    const { files, journal } = await opened();
    await journal.append({ type: "close", reason: "finished" });
    const before = files.get("journal.jsonl");
    await journal.open(opening);
    assert.equal(files.get("journal.previous.jsonl"), before);
    assert.equal(journal.isOpen, true);
  });

  describe("that a handler leaves to the next one", () => {
    const HOST = "edge01.contoso.com";
    const steps = (files: Map<string, string>): string[] =>
      parseJournal(files.get("journal.jsonl")!, "EDGE01").lines.map((line) => ("step" in line ? `${line.type} ${line.step}` : line.type));
    beforeEach(() => beginRecords(HOST));
    afterEach(() => endRecords(HOST));

    async function left(isRefused: boolean) {
      const world = await opened();
      const { leased, journal, disk } = world;
      await journal.append({ type: "intent", step: IMPORT });
      journal.defer({ type: "result", step: IMPORT, outcome: "done" });
      let refuse = (): void => undefined;
      if (isRefused) disk.refusal = new Promise((resolve) => (refuse = resolve));
      journal.leave();
      await new Promise((resolve) => setImmediate(resolve));
      const reads = disk.reads;
      const next = await Journal.load(leased, actorOf("shop/prod/next"));
      assert.equal(disk.reads, reads, "what is on its way is known");
      assert.equal(next.state!.done.has(IMPORT), true);
      refuse();
      next.defer({ type: "target", target: "B", owner: "shop/prod/next", hold: true });
      return { ...world, next };
    }

    it("goes on where it was written", async () => {
      const { files, next } = await left(false);
      await next.append({ type: "intent", step: EXPORT });
      assert.deepEqual(steps(files), ["open", `intent ${IMPORT}`, `result ${IMPORT}`, "target", `intent ${EXPORT}`]);
    });

    it("goes on with what the host has where it was not, and loses nothing of its own", async () => {
      const { files, next } = await left(true);
      await next.append({ type: "intent", step: EXPORT });
      assert.deepEqual(steps(files), ["open", `intent ${IMPORT}`, "target", `intent ${EXPORT}`]);
      assert.equal(next.state!.done.has(IMPORT), false);
      assert.equal(next.state!.owner, "shop/prod/next");
    });
  });
});
