/** Finds and reads a scenario: one of lab/scenarios by name, a file by path, or an object. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import type { z } from "zod";
import { decodeText, plainText } from "../../provider/base/text";
import { scenarioSchema, type Scenario, type ScenarioInput } from "./scenarioSchema";
import { WrongInput } from "./wrongInput";

/** The folder of the scenarios that come with the package, from source or compiled files. */
export function scenarioFolder(): string {
  for (let folder = __dirname; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    const candidate = path.join(folder, "lab", "scenarios");
    if (existsSync(path.join(candidate, "contoso.json"))) return candidate;
  }
  throw new Error("The folder lab/scenarios is missing.");
}

export function scenarioNames(): string[] {
  return readdirSync(scenarioFolder())
    .filter((file) => file.endsWith(".json") && file !== "schema.json")
    .map((file) => file.replace(/\.json$/, ""))
    .sort();
}

export function readScenario(nameOrPath: string | ScenarioInput): Scenario {
  if (typeof nameOrPath !== "string") return parse(nameOrPath, "The scenario");
  const file = /[\\/]|\.json$/.test(nameOrPath) ? nameOrPath : path.join(scenarioFolder(), `${nameOrPath}.json`);
  if (!existsSync(file))
    throw new WrongInput(`Scenario '${nameOrPath}' was not found. Known: ${scenarioNames().join(", ")}; or give the path of a JSON file.`);
  let value: unknown;
  try {
    value = JSON.parse(plainText(decodeText(readFileSync(file)) ?? ""));
  } catch (error) {
    throw new WrongInput(`Scenario ${file} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  return parse(value, `Scenario ${file}`);
}

function parse(value: unknown, what: string): Scenario {
  const result = scenarioSchema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap((issue) => told(issue));
  throw new WrongInput(`${what} is not valid: ${issues.join("; ")}`);
}

/** `certificates.v1.chainPem: …`: of a value that may have several forms, what keeps it from the one that it comes closest to. */
function told(issue: z.core.$ZodIssue, before: PropertyKey[] = []): string[] {
  const at = [...before, ...issue.path];
  const [closest] = issue.code === "invalid_union" ? [...issue.errors].sort((a, b) => weight(a) - weight(b)) : [];
  return closest ? closest.flatMap((inner) => told(inner, at)) : [`${at.join(".") || "(top)"}: ${issue.message}`];
}
/** A property too many or too few tells another form, a wrong value does not. */
function weight(issues: z.core.$ZodIssue[]): number {
  return issues.reduce((sum, issue) => sum + (issue.code === "unrecognized_keys" ? 10 * issue.keys.length : 1), 0);
}
