/** A package that wraps this one, and two copies of different versions, are told when a resource is constructed. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isExchangeError } from "../../../provider/base/errors";
import { lookFrom, refuseUnreachable } from "../../../provider/base/reachable";

describe("the runtime that Pulumi's provider process will load", () => {
  let project: string;
  before(() => (project = mkdtempSync(join(tmpdir(), "reachable-"))));
  after(() => rmSync(project, { recursive: true }));

  function install(folder: string, version: string): void {
    const own = join(folder, "node_modules", "pulumi-exchange");
    mkdirSync(own, { recursive: true });
    const exports = { "./runtime": "./runtime.js" };
    writeFileSync(join(own, "package.json"), JSON.stringify({ name: "pulumi-exchange", version, exports }));
    writeFileSync(join(own, "runtime.js"), "");
  }

  it("is missing, is another version, or agrees", () => {
    install(join(project, "node_modules", "our-wrapper"), "0.1.0");
    assert.throws(
      () => lookFrom(project, "0.1.0"),
      (error) => isExchangeError(error, "RUNTIME_MISSING") && /npm install pulumi-exchange/.test(error.hint),
    );
    install(project, "0.0.9");
    assert.throws(
      () => lookFrom(project, "0.1.0"),
      (error) => isExchangeError(error, "RUNTIME_DIFFERS") && /0\.1\.0.*0\.0\.9/.test(error.sentence),
    );
    install(project, "0.1.0");
    lookFrom(project, "0.1.0");
  });

  it("is looked for in Pulumi's own process alone", () => refuseUnreachable(["node", "/app/automation.js"]));
});
