/** One stack on the real engine: inline program, file backend and home in a temporary folder. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { LocalWorkspace, PulumiCommand, type OutputMap, type PulumiFn, type Stack } from "@pulumi/pulumi/automation";
import "./clients";
import { Collector, nameInUrn, type RunResult } from "./results";

/** Same names in every test: they are part of owners and of what the lab's hosts remember. */
const PROJECT = "rotation";
const PASSPHRASE = "only for tests";
/** What marks a secret in a state file. */
const SECRET = "4dabf18193072939515e22adb298388d";

/** Options of one operation. */
export interface RunOptions {
  /** `PULUMI_EXCHANGE_FAILPOINT` of the provider process: `<host>/<step>.<position>=error|kill`. */
  failPoint?: string;
  /** `PULUMI_EXCHANGE_NOW` of the provider process, ISO 8601. */
  now?: string;
  /** More variables of the provider process. */
  env?: Record<string, string>;
  /** `up --refresh`, `destroy --refresh`. */
  refresh?: boolean;
  /** `up --diff`, `preview --diff`. */
  diff?: boolean;
  /** `up --continue-on-error`: resources that do not depend on a failed one are still tried. */
  continueOnError?: boolean;
  /** `--target` of up and preview: URNs, with `**` for any part. */
  target?: string[];
  /** `preview --save-plan` writes this file, `up --plan` reads it. */
  plan?: string;
  /** `refresh --clear-pending-creates`. */
  clearPendingCreates?: boolean;
  /** Operations at a time; default the engine's. */
  parallel?: number;
}

/** A resource as the stack's state has it, secrets encrypted. */
export interface StateResource {
  urn: string;
  type: string;
  id?: string;
  delete?: boolean;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
}

interface Checkpoint {
  resources?: StateResource[];
  pending_operations?: { type: string; resource: StateResource }[];
}

/** A stack under test. Operations never throw for a failed run: the result says so. */
export class TestStack {
  private constructor(
    private readonly folder: string,
    readonly stack: Stack,
  ) {
    // After each operation the SDK starts the CLI three times more, as dear as the operation itself: for a summary that nobody
    // looks at here, and for the outputs, which stand in the state file.
    const ask = stack.outputs.bind(stack);
    stack.info = () => Promise.resolve(undefined);
    stack.outputs = () => Promise.resolve(this.plainOutputs() ?? ask());
  }

  /** Creates folder, backend and stack. */
  static async create(name = "dev"): Promise<TestStack> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-engine-"));
    const workDir = path.join(folder, "project");
    const backend = path.join(folder, "backend");
    for (const one of [workDir, backend]) mkdirSync(one);
    symlinkSync(modulesFolder(), path.join(workDir, "node_modules"));
    return new TestStack(folder, await createStack(name, { workDir, pulumiHome: path.join(folder, "home"), ...on(backend) }));
  }

  /** Another stack in the same backend. */
  async sibling(name: string): Promise<TestStack> {
    const workDir = path.join(this.folder, `project-${name}`);
    const backend = path.join(this.folder, "backend");
    mkdirSync(workDir);
    symlinkSync(modulesFolder(), path.join(workDir, "node_modules"));
    const pulumiHome = path.join(this.folder, "home");
    return new TestStack(this.folder, await createStack(name, { workDir, pulumiHome, ...on(backend) }));
  }

  up(program: PulumiFn, options: RunOptions = {}): Promise<RunResult> {
    const { refresh, diff, continueOnError, target, parallel, plan } = options;
    return this.run(options, program, async (collector) => {
      const { outputs } = await this.stack.up({ ...hooks(collector), refresh, diff, continueOnError, target, parallel, plan });
      return Object.fromEntries(Object.entries(outputs).map(([name, { value }]) => [name, value as unknown]));
    });
  }

  preview(program: PulumiFn, options: RunOptions = {}): Promise<RunResult> {
    const { refresh, diff, target, plan } = options;
    return this.run(options, program, (collector) =>
      this.stack.preview({ ...hooks(collector), refresh, diff, target, plan }).then(nothing),
    );
  }

  refresh(options: RunOptions = {}): Promise<RunResult> {
    const { clearPendingCreates, parallel } = options;
    return this.run(options, undefined, (collector) =>
      this.stack.refresh({ ...hooks(collector), clearPendingCreates, parallel }).then(nothing),
    );
  }

  destroy(options: RunOptions = {}): Promise<RunResult> {
    const { refresh, parallel } = options;
    return this.run(options, undefined, (collector) => this.stack.destroy({ ...hooks(collector), refresh, parallel }).then(nothing));
  }

  /** Where the engine works. */
  get workDir(): string {
    return realpathSync(path.join(this.folder, "project"));
  }

  /** The stack's state file, byte for byte: secrets in it are encrypted. */
  stateFile(): string {
    return readFileSync(path.join(this.folder, "backend", ".pulumi", "stacks", PROJECT, `${this.stack.name}.json`), "utf8");
  }

  /** The resources of this package in the state file, those that wait for their deletion too. */
  resources(): StateResource[] {
    return (this.checkpoint().resources ?? []).filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/exchange:"));
  }

  /** A resource's outputs by its name in the program. */
  outputs(name: string): Record<string, unknown> {
    const found = this.resources().find((one) => nameOf(one) === name && !one.delete);
    if (!found) throw new Error(`The stack has no resource ${name}; it has ${this.resources().map(nameOf).join(", ")}.`);
    return found.outputs ?? {};
  }

  /** Resources with a pending operation: what a killed engine leaves. */
  pending(): string[] {
    return (this.checkpoint().pending_operations ?? []).map(({ type, resource }) => `${type} ${nameOf(resource)}`);
  }

  /** The stack's outputs by its state file; undefined where one is a secret, which the CLI alone can read. */
  private plainOutputs(): OutputMap | undefined {
    const stack = this.checkpoint().resources?.find(({ type }) => type === "pulumi:pulumi:Stack");
    const outputs = stack?.outputs ?? {};
    if (JSON.stringify(outputs).includes(SECRET)) return undefined;
    return Object.fromEntries(Object.entries(outputs).map(([name, value]) => [name, { value, secret: false }]));
  }

  private checkpoint(): Checkpoint {
    return (JSON.parse(this.stateFile()) as { checkpoint: { latest?: Checkpoint } }).checkpoint.latest ?? {};
  }

  /** Releases the backend's lock that a killed CLI left. */
  cancel(): Promise<void> {
    return this.stack.cancel();
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async run(
    options: RunOptions,
    program: PulumiFn | undefined,
    work: (collector: Collector) => Promise<Record<string, unknown>>,
  ): Promise<RunResult> {
    const { workspace } = this.stack;
    const common = workspace.envVars;
    workspace.envVars = { ...common, ...variables(options) };
    if (program) workspace.program = program;
    try {
      return await attempt(work);
    } finally {
      workspace.envVars = common;
    }
  }
}

async function attempt(work: (collector: Collector) => Promise<Record<string, unknown>>): Promise<RunResult> {
  const collector = new Collector();
  try {
    return collector.result(true, await work(collector));
  } catch (error) {
    // The message repeats what was printed already; its end says how the CLI or the SDK ended.
    const words = error instanceof Error ? error.message : String(error);
    collector.onOutput(collector.isSilent ? words : `\n… ${words.slice(-600)}`);
    return collector.result(false);
  }
}

const nothing = (): Record<string, unknown> => ({});

function hooks(collector: Collector): {
  onOutput: (text: string) => void;
  onError: (text: string) => void;
  onEvent: Collector["onEvent"];
  color: "never";
} {
  return { onOutput: collector.onOutput, onError: collector.onOutput, onEvent: collector.onEvent, color: "never" };
}

function variables({ failPoint, now, env = {} }: RunOptions): Record<string, string> {
  return { ...env, ...(failPoint ? { PULUMI_EXCHANGE_FAILPOINT: failPoint } : {}), ...(now ? { PULUMI_EXCHANGE_NOW: now } : {}) };
}

type Place = Parameters<typeof LocalWorkspace.createStack>[1];

async function createStack(stackName: string, place: Place): Promise<Stack> {
  // Asked for its version once a process, not once a stack.
  const pulumiCommand = await (command ??= PulumiCommand.get());
  return LocalWorkspace.createStack({ projectName: PROJECT, stackName, program: () => Promise.resolve() }, { ...place, pulumiCommand });
}
let command: Promise<PulumiCommand> | undefined;

const on = (backend: string): Place => ({ envVars: environment(backend), projectSettings: project(backend) });

function environment(backend: string): Record<string, string> {
  return {
    PULUMI_BACKEND_URL: `file://${backend}`,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_SKIP_CONFIRMATIONS: "true",
    // Each operation starts a provider process; compiled code that it finds again saves a third of that.
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? compileCache(),
  };
}

let cacheFolder: string | undefined;

/** One folder for all stacks of this process, removed at its end. */
function compileCache(): string {
  if (cacheFolder) return cacheFolder;
  const folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-compiled-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
  return (cacheFolder = folder);
}

function project(backend: string): { name: string; runtime: "nodejs"; backend: { url: string } } {
  return { name: PROJECT, runtime: "nodejs", backend: { url: `file://${backend}` } };
}

/** The name of a state's resource in the program. */
export const nameOf = ({ urn }: Pick<StateResource, "urn">): string => nameInUrn(urn);

/** The repository's node_modules: there the provider process finds the SDK and this package, as installed ones. */
function modulesFolder(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    if (existsSync(path.join(modules, "@pulumi", "pulumi"))) return modules;
    if (folder === path.dirname(folder)) throw new Error("no node_modules with @pulumi/pulumi above this file");
  }
}
