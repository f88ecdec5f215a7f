/**
 * Preview and plan in an example's README are what a run showed. With PULUMI_EXCHANGE_WRITE_README set a test writes them, else
 * it holds the two together: thumbprints, dates and day counts differ from day to day, words must not.
 */
import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { previewText, replaceSection } from "../../../tools/demo/readme";
import { nameOf, type TestStack } from "../engine";

/** What `pulumi preview` printed. */
export function assertReadmePreview(example: string, output: string): void {
  assertSection(example, "preview", previewText(output));
}

/** Reason and plan of each resource, as the stack has them after `pulumi up`. */
export function assertReadmePlan(example: string, stack: TestStack): void {
  const lines = stack.resources().flatMap((one) => {
    const { rotation, plan = [] } = (one.outputs ?? {}) as { rotation?: string; plan?: string[] };
    return rotation
      ? [`${one.type.slice(one.type.lastIndexOf(":") + 1)} ${nameOf(one)}`, `  ${rotation}`, ...plan.map((step) => `    ${step}`)]
      : [];
  });
  assertSection(example, "plan", lines);
}

function assertSection(example: string, section: string, lines: string[]): void {
  const file = join(root(), "examples", example, "README.md");
  const text = readFileSync(file, "utf8");
  const block = ["```text", ...lines, "```"].join("\n");
  if (process.env.PULUMI_EXCHANGE_WRITE_README) return writeFileSync(file, replaceSection(text, section, block));
  const shown = new RegExp(`<!-- ${section}:begin [^>]*-->\\n\\n([\\s\\S]*?)\\n\\n<!-- ${section}:end -->`).exec(text)?.[1];
  assert.ok(shown, `${file} shows no ${section}`);
  assert.deepEqual(timeless(shown), timeless(block), "write it again: run this test with PULUMI_EXCHANGE_WRITE_README=1");
}

/** Lines in an order of their own, each once: the engine announces resources as it likes, and one of them perhaps again. */
function timeless(text: string): string[] {
  const lines = text
    .replace(/[0-9A-F]{8}…/g, "THUMB…")
    .replace(/[0-9A-F]{40}/g, "THUMBPRINT")
    .replace(/\d{4}-\d\d-\d\d/g, "DATE")
    .replace(/\b\d+ days?\b/g, "DAYS")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trim())
    .filter((line) => line !== "");
  return [...new Set(lines)].sort();
}

/** The checkout's root, seen from wherever this was compiled to. */
function root(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, "Pulumi.yaml"))) folder = dirname(folder);
  return folder;
}
