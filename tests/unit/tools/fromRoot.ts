/** The set-up and the rule of the house are plain JavaScript that is not compiled: tests load them from the checkout. */
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder with package.json above this file, wherever it was compiled to. */
export const checkoutRoot = ((): string => {
  let folder = __dirname;
  while (!existsSync(join(folder, "package-lock.json"))) folder = dirname(folder);
  return folder;
})();

export function requireFromRoot<Module>(path: string): Module {
  return require(join(checkoutRoot, path)) as Module;
}
