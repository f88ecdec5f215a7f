import assert from "node:assert/strict";
import { readyWords } from "../../../provider/handlers/transport/converge";

describe("the end of a window in words", () => {
  const since = "2026-11-25T03:00:00.000Z";
  const after = (seconds: number): Date => new Date(Date.parse(since) + seconds * 1000);

  it("says what is presented and how long the window lasted", () => {
    assert.equal(readyWords(since, after(42), "B".repeat(40)), "Ready: back in service with BBBBBBBB…, the window lasted 42 s");
    assert.equal(readyWords(since, after(605), undefined), "Ready: back in service, the window lasted 10 min");
  });

  it("is not confused by a clock that was set back", () => {
    assert.equal(readyWords(since, after(-30), undefined), "Ready: back in service, the window lasted 0 s");
  });
});
