import assert from "node:assert/strict";
import type { Shell } from "../../../provider/exchange/shell";
import { deleteRight, EMPTY_BOOK, namesOf, recordOf, withClaim, withoutClaim, type ClaimBook } from "../../../provider/rotation/claims";
import { claimsOf, claimsOfKind, withPresent, saveClaimsOf, type Claimable } from "../../../provider/rotation/claimFiles";
import { fileName } from "../../../provider/rotation/files";

/** A host of which only the working folder is looked at; the first write is lost where `dies` says so. */
function folder(files: Map<string, string> = new Map(), dies: (op: string, path: string) => boolean = () => false) {
  const read: string[] = [];
  const request = (op: string, { path, data }: { path: string; data?: string }): Promise<unknown> => {
    if (dies(op, path)) return Promise.reject(new Error("killed"));
    if (op === "file.read") {
      read.push(path);
      const text = files.get(path);
      return Promise.resolve(text === undefined ? { found: false } : { found: true, data: Buffer.from(text).toString("base64") });
    }
    if (op === "file.write") files.set(path, Buffer.from(data!, "base64").toString());
    if (op === "file.remove") files.delete(path);
    const names = [...files.keys()].filter((one) => one.startsWith(`${path}/`)).map((one) => one.slice(path.length + 1));
    return Promise.resolve({ files: names });
  };
  return { files, read, shell: { facts: { name: "MBX01", fqdn: "mbx01.contoso.com" }, request } as unknown as Shell };
}

const connector = (name: string): Claimable => ({ kind: "sendConnector", name });
const EDGE01: Claimable = { kind: "subscription", name: "EDGE01" };
const claimed = (book: ClaimBook, object: Claimable, owner: string, claim = "c"): ClaimBook =>
  withClaim(book, { ...object, owner, claim, made: false, previous: null });
const shared = (...objects: Claimable[]): string =>
  JSON.stringify(
    objects.reduce((book, one) => claimed(book, one, `p/s/${one.name}`), claimed(EMPTY_BOOK, { kind: "hybrid", name: "H" }, "h")),
  );
const owners = (book: ClaimBook, { kind, name }: Claimable): string[] => Object.keys(recordOf(book, kind, name)?.claims ?? {});

describe("where claims lie", () => {
  it("an object that has its own file is read without the others", async () => {
    const { shell, read, files } = folder();
    await saveClaimsOf(shell, EDGE01, EMPTY_BOOK, claimed(EMPTY_BOOK, EDGE01, "p/s/edge01"));
    read.length = 0;
    assert.deepEqual(owners(await claimsOf(shell, EDGE01), EDGE01), ["p/s/edge01"]);
    assert.deepEqual([read, [...files.keys()]], [["claims/subscription-EDGE01.json"], ["claims/subscription-EDGE01.json"]]);
  });

  it("what the shared book has from before counts, and moves with the next save", async () => {
    const { shell, files } = folder(new Map([["claims.json", shared(EDGE01, connector("Partner"))]]));
    const before = await claimsOf(shell, EDGE01);
    assert.deepEqual(owners(before, EDGE01), ["p/s/EDGE01"]);
    await saveClaimsOf(shell, EDGE01, before, before);
    assert.deepEqual(owners(JSON.parse(files.get("claims/subscription-EDGE01.json")!) as ClaimBook, EDGE01), ["p/s/EDGE01"]);
    assert.equal(files.get("claims.json"), shared(connector("Partner")));
    assert.deepEqual(namesOf(await claimsOfKind(shell, "sendConnector"), "sendConnector"), ["PARTNER"]);
  });

  it("a forgotten claim does not come back from the shared book, wherever a run ends", async () => {
    for (const last of [
      "file.write claims/subscription-EDGE01.json",
      "file.write claims.json",
      "file.remove claims/subscription-EDGE01.json",
    ]) {
      const files = new Map([["claims.json", shared(EDGE01)]]);
      const dying = folder(files, (op, path) => `${op} ${path}` === last).shell;
      const save = async (shell: Shell, change: (book: ClaimBook) => ClaimBook): Promise<void> => {
        const book = await claimsOf(shell, EDGE01);
        await saveClaimsOf(shell, EDGE01, book, change(book));
      };
      await save(dying, (book) => claimed(book, EDGE01, "p/s/second")).catch(() => undefined);
      const forget = (book: ClaimBook): ClaimBook =>
        withoutClaim(withoutClaim(book, "subscription", "EDGE01", "p/s/EDGE01"), "subscription", "EDGE01", "p/s/second");
      await save(dying, forget).catch(() => undefined);
      const { shell } = folder(files);
      await save(shell, forget);
      assert.deepEqual(owners(await claimsOf(shell, EDGE01), EDGE01), [], last);
      assert.deepEqual(namesOf(await claimsOfKind(shell, "subscription"), "subscription"), [], last);
    }
  });

  it("a connector that was given up for another counts as replaced, in any file", async () => {
    for (const files of [new Map<string, string>(), new Map([["claims.json", shared(connector("Old"))]])]) {
      const { shell } = folder(files);
      for (const name of ["Old", "New"]) {
        const before = await claimsOf(shell, connector(name));
        await saveClaimsOf(shell, connector(name), before, claimed(before, connector(name), "p/s/Old", name));
      }
      const asked = { kind: "sendConnector", owner: "p/s/Old", onDelete: null, declared: true } as const;
      const right = async (name: string) =>
        deleteRight(await withPresent(shell, connector(name), await claimsOf(shell, connector(name))), { ...asked, name, claim: name });
      assert.equal((await right("Old")).replaced, true);
      assert.equal((await right("Old")).right, "act");
      const old = await claimsOf(shell, connector("Old"));
      await saveClaimsOf(shell, connector("Old"), old, withoutClaim(old, "sendConnector", "Old", "p/s/Old"));
      assert.deepEqual(((one) => [one.replaced, one.right])(await right("New")), [false, "forget"]);
    }
  });

  it("every name gives a file that the agent takes, and no two the same", () => {
    const names = [
      "Outbound to Office 365",
      "Исходящий соединитель для Office 365 и партнёров",
      "東京本社から協力会社への送信コネクタ第一号",
      "CON",
      "con.json",
    ];
    const all = [...names, "-dash", ".dot", "x".repeat(64), " ".repeat(64), "A B", "A_20_B", "😀".repeat(20)].map((name) => fileName(name));
    for (const file of all) {
      assert.match(`sendConnector-${file}.json`, /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/);
      assert.match(`${file}.json`, /^(?!(con|prn|aux|nul|com\d|lpt\d)\.)[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/i);
    }
    assert.equal(new Set(all).size, all.length);
    assert.equal(all[0], "Outbound_20_to_20_Office_20_365", "records of before are found");
  });
});
