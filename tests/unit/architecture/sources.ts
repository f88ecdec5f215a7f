/** The sources of the checkout, and what each of them imports. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join, posix, sep } from "node:path";
import ts from "typescript";
import { checkoutRoot } from "../tools/fromRoot";

/** Every TypeScript and JavaScript file below a folder of the checkout, as a path from the root with slashes. */
export function sourcesOf(house: string, endings = [".ts"]): string[] {
  const folder = join(checkoutRoot, house);
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((entry) => entry.split(sep));
  const files = entries.filter((parts) => endings.some((ending) => parts.at(-1)!.endsWith(ending)) && !parts.includes("node_modules"));
  return files.map((parts) => [house, ...parts].join("/"));
}

/** Static and dynamic imports, `import type`, re-exports, `require` calls and `import("…")` types. */
export function importsIn(text: string): string[] {
  return ts.preProcessFile(text, true, true).importedFiles.map((each) => each.fileName);
}

export function importsOf(file: string): string[] {
  return importsIn(readFileSync(join(checkoutRoot, file), "utf8"));
}

/** The file that a relative import means; undefined for a package and for what is no source (JSON). */
export function targetOf(file: string, specifier: string, files: ReadonlySet<string>): string | undefined {
  if (!specifier.startsWith(".")) return undefined;
  const base = posix.join(posix.dirname(file), specifier).replace(/\/$/, "");
  const candidates = [base, `${base}.ts`, `${base}.js`, base.replace(/\.js$/, ".ts"), `${base}/index.ts`, `${base}/index.js`];
  return candidates.find((candidate) => files.has(candidate));
}
