import assert from "node:assert/strict";
import { hasWatcher, type System } from "../../../provider/base/terminal";

const no = (): never => {
  throw new Error("there is none");
};
const system = (more: Partial<System>): System => ({ env: {}, platform: "linux", parentStdout: no, openTerminal: no, ...more });

describe("does a person watch", () => {
  it("on Linux the engine's own output decides", () => {
    assert.equal(hasWatcher(system({ parentStdout: () => "/dev/pts/3" })), true);
    assert.equal(hasWatcher(system({ parentStdout: () => "pipe:[4711]" })), false);
    assert.equal(hasWatcher(system({})), false);
  });
  it("elsewhere the controlling terminal; on Windows a person is assumed", () => {
    assert.equal(hasWatcher(system({ platform: "darwin", openTerminal: () => undefined })), true);
    assert.equal(hasWatcher(system({ platform: "darwin" })), false);
    assert.equal(hasWatcher(system({ platform: "win32" })), true);
  });
  it("a pipeline does not watch, and a variable decides over all", () => {
    const parentStdout = (): string => "/dev/pts/3";
    assert.equal(hasWatcher(system({ env: { CI: "true" }, parentStdout })), false);
    assert.equal(hasWatcher(system({ env: { CI: "true", PULUMI_EXCHANGE_PROGRESS: "full" } })), true);
    assert.equal(hasWatcher(system({ env: { PULUMI_EXCHANGE_PROGRESS: "quiet" }, parentStdout })), false);
  });
});
