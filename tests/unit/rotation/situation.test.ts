/** What a journal says of the step that a run was inside when it ended. */
import assert from "node:assert/strict";
import type { Line } from "../../../provider/rotation/journal";
import { lastBegun } from "../../../provider/rotation/situation";

const intent = (step: string): Line => ({ type: "intent", step }) as Line;
const result = (step: string): Line => ({ type: "result", step, outcome: "done" }) as Line;

describe("the step that was under way", () => {
  it("is the one whose intent is the last line", () =>
    assert.equal(lastBegun([intent("drain"), result("drain"), intent("import")]), "import"));
  it("is one of two where their intents were written together", () =>
    assert.equal(lastBegun([intent("invariants"), result("invariants"), intent("predecessor"), intent("start")]), "predecessor or start"));
  it("is none behind a result", () => assert.equal(lastBegun([intent("drain"), result("drain")]), null));
  it("is none in a journal without lines", () => assert.equal(lastBegun([]), null));
});
