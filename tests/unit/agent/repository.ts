/** Where the repository lies, seen from the compiled tests: the nearest folder above with the package's package.json. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

function find(folder: string): string {
  const file = join(folder, "package.json");
  if (existsSync(file) && (JSON.parse(readFileSync(file, "utf8")) as { name?: string }).name === "pulumi-exchange") return folder;
  if (dirname(folder) === folder) throw new Error("No repository above the tests.");
  return find(dirname(folder));
}

export const root = find(__dirname);
