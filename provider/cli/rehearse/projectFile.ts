/** What of the user's project and stack config files a rehearsal has to know. They are read, never written. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { load } from "js-yaml";
import { impossible } from "./commandLine";

export interface Project {
  name: string;
  /** Where its stacks' config files lie. */
  configFolder: string;
  /** Every run begins with a refresh. */
  refreshesAlways: boolean;
}

const FILES = ["Pulumi.yaml", "Pulumi.yml", "Pulumi.json"];

/** From the nearest project file. @throws REHEARSAL_IMPOSSIBLE */
export function projectOf(cwd: string): Project {
  for (let folder = cwd; ; folder = dirname(folder)) {
    const file = FILES.map((name) => join(folder, name)).find((one) => existsSync(one));
    if (file !== undefined) return read(file, folder);
    if (dirname(folder) === folder) throw impossible(`There is no Pulumi.yaml in ${cwd} or above it.`, "Run it in the project's folder.");
  }
}

function read(file: string, folder: string): Project {
  const { name, stackConfigDir, config, options } = mappingIn(file);
  if (typeof name !== "string" || name === "") throw impossible(`${file} names no project.`);
  // In older project files `config` was the folder; now it describes the configuration.
  const elsewhere = [stackConfigDir, config].find((one) => typeof one === "string") ?? "";
  return { name, configFolder: join(folder, elsewhere), refreshesAlways: isMapping(options) && options.refresh !== undefined };
}

export const configFileOf = ({ configFolder }: Project, stack: string): string => join(configFolder, `Pulumi.${stack}.yaml`);

/** Environments of Pulumi ESC that a config file imports; one written in it counts by its own name. */
export function environmentsIn(file: string): string[] {
  if (!existsSync(file)) return [];
  const { environment } = mappingIn(file);
  const listed = isMapping(environment) ? (environment.imports ?? ["one of its own"]) : (environment ?? []);
  return [listed].flat().flatMap((one) => (isMapping(one) ? Object.keys(one) : [String(one)]));
}

/** The salt with which the CLI made a config file's passphrase. @throws REHEARSAL_IMPOSSIBLE */
export function saltIn(file: string): string {
  const { encryptionsalt: salt } = mappingIn(file);
  if (typeof salt !== "string" || salt === "") throw impossible("The copy's stack has no passphrase of its own.");
  return salt;
}

interface Mapping {
  [key: string]: unknown;
}
const isMapping = (value: unknown): value is Mapping => typeof value === "object" && value !== null && !Array.isArray(value);

function mappingIn(file: string): Mapping {
  try {
    const found = load(readFileSync(file, "utf8"));
    return isMapping(found) ? found : {};
  } catch (error) {
    throw impossible(`${file} cannot be read as YAML: ${(error as Error).message.split("\n")[0]}.`);
  }
}
