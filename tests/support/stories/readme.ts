/**
 * The preview in an example's README is what a run printed. With PULUMI_EXCHANGE_WRITE_README set a test writes it, else it
 * holds the two together: thumbprints, dates and day counts differ from day to day, words must not.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { previewText, replaceSection } from "../../../tools/demo/readme";

const SECTION = "preview";

export function assertReadmePreview(example: string, output: string): void {
  const file = join(root(), "examples", example, "README.md");
  const text = readFileSync(file, "utf8");
  const block = ["```text", ...previewText(output), "```"].join("\n");
  if (process.env.PULUMI_EXCHANGE_WRITE_README) return writeFileSync(file, replaceSection(text, SECTION, block));
  const shown = new RegExp(`<!-- ${SECTION}:begin [^>]*-->\\n\\n([\\s\\S]*?)\\n\\n<!-- ${SECTION}:end -->`).exec(text)?.[1];
  assert.ok(shown, `${file} shows no preview`);
  assert.deepEqual(timeless(shown), timeless(block), "write it again: PULUMI_EXCHANGE_WRITE_README=1 and run this test");
}

/** Lines in an order of their own: the engine announces resources that do not depend on each other as it likes. */
function timeless(text: string): string[] {
  return text
    .replace(/[0-9A-F]{8}…/g, "THUMB…")
    .replace(/[0-9A-F]{40}/g, "THUMBPRINT")
    .replace(/\d{4}-\d\d-\d\d/g, "DATE")
    .replace(/\b\d+ days?\b/g, "DAYS")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "")
    .sort();
}

function root(): string {
  for (let folder = __dirname; ; folder = dirname(folder)) if (existsSync(join(folder, "Pulumi.yaml")) && existsSync(join(folder, "examples"))) return folder;
}
