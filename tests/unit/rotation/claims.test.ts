import assert from "node:assert/strict";
import {
  currentOf,
  deleteRight,
  EMPTY_BOOK,
  holderOf,
  recordOf,
  withClaim,
  withOwner,
  withoutClaim,
  type ClaimBook,
} from "../../../provider/rotation/claims";

const kind = "certificate" as const;
const claim = (book: ClaimBook, name: string, owner: string, value: string, made = false): ClaimBook =>
  withClaim(book, { kind, name, owner, claim: value, made, previous: null });
const right = (book: ClaimBook, name: string, owner: string, value: string, onDelete: "act" | "keep" | null = null) =>
  deleteRight(book, { kind, name, owner, claim: value, onDelete, declared: true }).right;

describe("claims", () => {
  it("a delete whose claim was overwritten does nothing: v1 lives again", () => {
    let book = claim(EMPTY_BOOK, "V1", "p/s/cert", "first");
    book = claim(book, "V2", "p/s/cert", "second", true);
    book = claim(book, "V1", "p/s/cert", "third");
    assert.equal(right(book, "V1", "p/s/cert", "first"), "nothing", "the pending delete of the old v1");
    assert.equal(right(book, "V2", "p/s/cert", "second"), "act", "v2 was replaced");
    assert.equal(right(book, "V1", "p/s/cert", "third"), "forget", "v1 was adopted and is the present one");
  });

  it("a replaced object goes, adopted or not; on a destroy what was adopted stays", () => {
    const adopted = claim(EMPTY_BOOK, "V1", "p/s/cert", "a");
    assert.equal(right(adopted, "V1", "p/s/cert", "a"), "forget");
    assert.equal(right(claim(adopted, "V2", "p/s/cert", "b", true), "V1", "p/s/cert", "a"), "act");
    assert.equal(right(claim(EMPTY_BOOK, "V1", "p/s/cert", "a", true), "V1", "p/s/cert", "a"), "act");
  });

  it("on a destroy nothing is replaced: the order of the deletes changes nothing", () => {
    for (const made of [false, true]) {
      const both = claim(claim(EMPTY_BOOK, "V1", "p/s/cert", "a", made), "V2", "p/s/cert", "b", true);
      const asked = { kind, owner: "p/s/cert", onDelete: null, declared: false };
      for (const book of [both, withoutClaim(both, kind, "V2", "p/s/cert")]) {
        const { right: first, replaced } = deleteRight(book, { ...asked, name: "V1", claim: "a" });
        assert.deepEqual([first, replaced], [made ? "act" : "forget", false]);
      }
      assert.equal(deleteRight(both, { ...asked, name: "V2", claim: "b" }).right, "act");
    }
  });

  it("nothing is removed while another owner claims it: a renamed resource", () => {
    let book = claim(EMPTY_BOOK, "V1", "p/s/old", "a", true);
    book = claim(book, "V1", "p/s/new", "b");
    assert.equal(right(book, "V1", "p/s/old", "a"), "forget");
    book = withoutClaim(book, kind, "V1", "p/s/old");
    assert.deepEqual(Object.keys(recordOf(book, kind, "V1")!.claims), ["p/s/new"]);
    assert.equal(recordOf(book, kind, "V1")!.made, true, "made comes from the first claim");
  });

  it("an update with an alias moves the claim to its new owner", () => {
    const book = withClaim(claim(EMPTY_BOOK, "V1", "p/s/old", "a", true), {
      ...{ kind, name: "v1", owner: "p/s/new", claim: "a", made: false, previous: null, formerOwner: "p/s/old" },
    });
    assert.deepEqual(recordOf(book, kind, "V1")!.claims, { "p/s/new": "a" });
    assert.equal(currentOf(book, kind, "p/s/old"), null);
    assert.equal(currentOf(book, kind, "p/s/new"), "V1");
  });

  it("a replacement by an alias takes the claims along, and its old certificate goes", () => {
    const book = withOwner(claim(EMPTY_BOOK, "V1", "p/s/old", "a"), kind, "p/s/old", "p/s/new");
    const replaced = claim(book, "V2", "p/s/new", "b", true);
    const holder = holderOf(replaced, kind, "V1", "p/s/old", "a");
    assert.equal(holder, "p/s/new");
    assert.equal(right(replaced, "V1", holder, "a"), "act");
    const back = claim(replaced, "V1", "p/s/new", "c");
    assert.equal(right(back, "V1", holderOf(back, kind, "V1", "p/s/old", "a"), "a"), "nothing", "v1 lives again");
  });

  it("onDelete overrides, but never a foreign claim or a missing record", () => {
    const book = claim(EMPTY_BOOK, "V1", "p/s/cert", "a");
    assert.equal(right(book, "V1", "p/s/cert", "a", "act"), "act");
    assert.equal(right(claim(book, "V1", "p/s/cert", "b", true), "V1", "p/s/cert", "b", "keep"), "forget");
    assert.equal(right(book, "V1", "p/s/cert", "other", "act"), "nothing");
    assert.equal(right(EMPTY_BOOK, "V1", "p/s/cert", "a", "act"), "nothing");
  });

  it("leaves nothing behind when the last claim goes", () => {
    assert.deepEqual(withoutClaim(claim(EMPTY_BOOK, "V1", "p/s/cert", "a"), kind, "V1", "p/s/cert"), EMPTY_BOOK);
  });
});
