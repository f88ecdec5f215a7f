/** What no resource can know, no text may say. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

function root(): string {
  let folder = __dirname;
  while (!readdirSync(folder).includes("Pulumi.yaml")) folder = path.dirname(folder);
  return folder;
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const full = path.join(folder, one.name);
    if (one.isDirectory()) return sources(full);
    return full.endsWith(".ts") ? [full] : [];
  });
}

describe("errors and hints", () => {
  it('none says "nothing was changed": another resource may have changed something', () => {
    const provider = path.join(root(), "provider");
    // The commands speak of themselves; a plan's line speaks of its own step.
    const files = sources(provider).filter((file) => !file.includes(`${path.sep}cli${path.sep}`));
    const found = files.flatMap((file) =>
      readFileSync(file, "utf8")
        .split("\n")
        .filter(
          (line) =>
            !/^\s*(\/\/|\/?\*)/.test(line) && /nothing (was|has been) (changed|done)|nothing changed|nothing destructive/i.test(line),
        )
        .map((line) => `${path.relative(provider, file)}: ${line.trim()}`),
    );
    assert.deepEqual(found, []);
  });
});
