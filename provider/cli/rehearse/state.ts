/**
 * The copy of a stack: state and configuration, read from the user's and written into a backend, a config file and a Pulumi home of the
 * rehearsal's own. Nothing of the user's is written, no login changes hands, and what is secret goes through pipes alone.
 */
import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { registerSecret } from "../../base/redact";
import { impossible, type CommandLine } from "./commandLine";
import { configFileOf, environmentsIn, projectOf, saltIn, type Project } from "./projectFile";
import type { Pulumi } from "./pulumi";
import type { Stage } from "./stage";

/** What a run in the copy needs. */
export interface StackCopy {
  project: string;
  /** Short name, as in every URN. */
  stack: string;
  configFile: string;
  env: NodeJS.ProcessEnv;
  /** The project file has every run begin with a refresh. */
  refreshesAlways: boolean;
}

interface Exported {
  version: number;
  deployment: { secrets_providers?: unknown; resources?: { urn: string; type: string; inputs?: { name?: unknown } }[] };
}
type Values = { [key: string]: { value?: string; objectValue?: unknown; secret: boolean } };

/** Variables of the user's that would lead a run elsewhere, or decide in the user's stead. */
const LEFT_OUT = /^PULUMI_(ACCESS_TOKEN|CONFIG_PASSPHRASE(_FILE)?|STACK|OPTION_.*|EXCHANGE_FAILPOINT|EXCHANGE_LOG)$/;

/** @throws REHEARSAL_IMPOSSIBLE, naming what cannot be copied */
export async function copyStack(line: CommandLine, pulumi: Pulumi, stage: Stage): Promise<StackCopy> {
  const project = projectOf(line.cwd);
  const named = line.stack === undefined ? [] : ["--stack", line.stack];
  const ask = (what: string, args: string[]): Promise<string> => pulumi.must(what, [...args, "--non-interactive"], line.cwd, process.env);
  const whole = line.stack ?? (await ask("No stack is selected", ["stack", "--show-name"])).trim();
  const stack = whole.split("/").at(-1)!;
  refuseEnvironments(line.configFile === undefined ? configFileOf(project, stack) : resolve(line.cwd, line.configFile));

  const exported = JSON.parse(
    await ask(`The state of ${whole} cannot be read`, ["stack", "export", "--show-secrets", ...named]),
  ) as Exported;
  refuseReferences(exported);
  const own = line.configFile === undefined ? [] : ["--config-file", line.configFile];
  const values = await ask("The configuration cannot be read", ["config", "--json", "--show-secrets", "--open=false", ...named, ...own]);

  const copy = await prepare(project, stack, pulumi, stage);
  await writeConfig(copy, JSON.parse(values) as Values, pulumi);
  await importState(copy, exported, pulumi);
  return copy;
}

/** An environment of Pulumi ESC may hand out real credentials, and commands to get them. */
function refuseEnvironments(file: string): void {
  const names = environmentsIn(file);
  if (names.length === 0) return;
  throw impossible(
    `${file} imports ESC environments (${names.join(", ")}), which a rehearsal does not open.`,
    "Rehearse with a config file that holds their values: `-- pulumi up --config-file …`.",
  );
}

function refuseReferences({ deployment }: Exported): void {
  const found = (deployment.resources ?? []).filter(({ type }) => type === STACK_REFERENCE);
  if (found.length > 0) throw references(found.map(({ urn, inputs }) => (typeof inputs?.name === "string" ? inputs.name : urn)));
}

export const STACK_REFERENCE = "pulumi:pulumi:StackReference";
export const references = (names: string[]): Error =>
  impossible(
    `The program refers to other stacks (${[...new Set(names)].join(", ")}), which the copy's backend does not have.`,
    "Rehearse a program that takes those values from its configuration.",
  );

/** An empty stack in a folder, a backend and a Pulumi home of the rehearsal's own: `stack init` writes a config file and selects. */
async function prepare(project: Project, stack: string, pulumi: Pulumi, stage: Stage): Promise<StackCopy> {
  const [folder, home] = ["project", "home"].map((name) => join(stage.folder, name));
  for (const made of [folder, home]) mkdirSync(made);
  // plugins are what of the user's home a run needs; the rest names logins and selected stacks
  const plugins = join(process.env.PULUMI_HOME ?? join(homedir(), ".pulumi"), "plugins");
  if (existsSync(plugins)) symlinkSync(plugins, join(home, "plugins"), "junction");
  writeFileSync(join(folder, "Pulumi.yaml"), JSON.stringify({ name: project.name, runtime: "nodejs" }));
  const passphrase = randomBytes(24).toString("base64url");
  registerSecret(passphrase);
  const inherited = Object.entries(process.env).filter(([name]) => !LEFT_OUT.test(name));
  const own = { PULUMI_HOME: home, PULUMI_CONFIG_PASSPHRASE: passphrase, PULUMI_EXCHANGE_LOG: "off", PULUMI_SKIP_UPDATE_CHECK: "true" };
  const env = { ...Object.fromEntries(inherited), ...own, ...stage.variables };
  await pulumi.must("The copy's stack cannot be made", ["stack", "init", stack, "--non-interactive"], folder, env);
  return {
    project: project.name,
    stack,
    configFile: join(folder, `Pulumi.${stack}.yaml`),
    env,
    refreshesAlways: project.refreshesAlways,
  };
}

/** Plain values into the file as JSON, which YAML includes; secrets one by one through the CLI, which encrypts them. */
async function writeConfig({ stack, configFile, env }: StackCopy, values: Values, pulumi: Pulumi): Promise<void> {
  const entries = Object.entries(values);
  const plain = entries.filter(([, { secret }]) => !secret).map(([key, { value, objectValue }]) => [key, objectValue ?? value]);
  const salt = saltIn(configFile);
  writeFileSync(configFile, JSON.stringify({ encryptionsalt: salt, config: Object.fromEntries(plain) as object }), { mode: 0o600 });
  for (const [key, { value = "" }] of entries.filter(([, { secret }]) => secret)) {
    const args = ["config", "set", "--secret", "--stack", stack, "--non-interactive", "--", key];
    // one line break at the end is taken off by the CLI
    await pulumi.must(`The secret ${key} cannot be copied`, args, dirname(configFile), env, `${value}\n`);
  }
}

/** Exported secrets are clear in this process alone: the import encrypts them with the copy's passphrase. */
async function importState({ stack, configFile, env }: StackCopy, exported: Exported, pulumi: Pulumi): Promise<void> {
  const own = { type: "passphrase", state: { salt: saltIn(configFile) } };
  const state = { ...exported, deployment: { ...exported.deployment, secrets_providers: own } };
  const args = ["stack", "import", "--stack", stack, "--non-interactive"];
  await pulumi.must("The state cannot be copied", args, dirname(configFile), env, JSON.stringify(state));
}
