/**
 * A stage on which a real PowerShell runs the shipped agent, with the lab as its Exchange. For each host it writes `powershell.exe` for a
 * PATH: it takes the agent's constant command line and no other, and starts PowerShell with the same text behind one line that loads
 * stage.ps1. The script itself arrives as it does on a server, and `ready` carries its hash.
 */
import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { AGENT_COMMAND } from "../../provider/remote/command";
import { nodeForAll, programForAll } from "../interop/forAll";
import type { Lab } from "../start";
import { StageDoor, type DoorOptions } from "./door";
import { findPwsh } from "./pwsh";
import { asWindows, type SimulatedWindows } from "./wine";

/** The stage's scripts lie beside the sources: nothing compiles them. */
const SCRIPTS = join(rootOf(__dirname), "lab", "powershell");

/** Programs of Windows that the agent starts. */
const PROGRAMS = ["certreq", "netsh"];

export interface StageOptions {
  lab: Lab;
  /** Folder for everything that it writes; every account that runs the agent must be able to look into it. */
  folder: string;
  /** Default: `findPwsh()`. */
  pwsh?: string;
  /** Another account runs the agent: programs in a private folder are copied to where it may run them. Default false. */
  forAll?: boolean;
  watch?: DoorOptions["watch"];
  /** Who logs on through sshd, beside the lab's own account. */
  account?: DoorOptions["account"];
  /** PowerShell for Windows runs the agent, on this simulated Windows. Its processes cannot be ended by the lab's faults. */
  windows?: SimulatedWindows;
}

export interface StandInOptions {
  /** Environment of the agent. */
  environment?: { [name: string]: string };
  /** PowerShell text between the stage and the agent's own, on one line. */
  prelude?: string;
  /** Cmdlets print, warn and show progress as they please. Default true. */
  noise?: boolean;
}

export class Stage {
  private constructor(
    private readonly options: StageOptions,
    private readonly pwsh: string,
    readonly door: StageDoor,
  ) {}

  static async open(options: StageOptions): Promise<Stage> {
    const pwsh = options.pwsh ?? findPwsh();
    if (pwsh === undefined) throw new Error("PowerShell is not installed.");
    let stage: Stage | undefined = undefined;
    const onFile = (host: string, name: string, bytes: Buffer): void => writeFileSync(join(stage!.folderOf(host), name), bytes);
    const program = options.forAll ? programForAll(pwsh, join(options.folder, "programs")) : pwsh;
    stage = new Stage(
      options,
      program,
      await StageDoor.open({ lab: options.lab, onFile, watch: options.watch, account: options.account, foreign: !!options.windows }),
    );
    stage.layScripts();
    return stage;
  }

  /** The working folder of a host's agents, on this machine's disk. */
  folderOf(host: string): string {
    return this.options.windows?.workFolder ?? join(this.options.folder, host, "work");
  }

  /** Folder with a host's `powershell.exe`, `certreq` and `netsh`. */
  binOf(host: string): string {
    return join(this.options.folder, host, "bin");
  }

  /** Writes `powershell.exe`, `certreq` and `netsh` of a host; returns the folder for the PATH. */
  writeStandIn(host: string, { environment = {}, prelude = "", noise = true }: StandInOptions = {}): string {
    const bin = this.binOf(host);
    mkdirSync(bin, { recursive: true });
    // whoever the agent runs as makes the working folder
    chmodSync(dirname(bin), 0o777);
    const [, ...args] = AGENT_COMMAND.split(" ");
    const shown = Buffer.from(args.at(-1)!, "base64").toString("utf16le");
    const encoded = Buffer.from(
      `. '${this.options.windows ? asWindows(this.script) : this.script}';${prelude}${shown}`,
      "utf16le",
    ).toString("base64");
    const variables = { ...this.variables(host), PX_LAB_NOISE: noise ? "1" : "", ...environment };
    const lines = Object.entries(variables).map(([name, value]) => `export ${name}=${quoted(value)}`);
    const check = `[ "powershell.exe $*" = ${quoted(AGENT_COMMAND)} ] || { echo "not the agent's command line: $*" >&2; exit 1; }`;
    const start = this.options.windows?.starting(encoded) ?? `exec ${quoted(this.pwsh)} ${args.slice(0, -1).join(" ")} ${encoded}`;
    writeProgram(join(bin, "powershell.exe"), [...lines, check, start]);
    if (!this.options.windows) this.layPrograms(bin);
    return bin;
  }

  /** One cmdlet in a PowerShell of its own, as a program that runs a script for each command would do it: start, Exchange's shell, end. */
  async runAlone(host: string, cmdlet: string): Promise<string> {
    const load = this.options.lab.organisation.facts(host).role === "Edge" ? "Add-PSSnapin Exchange" : "Connect-ExchangeServer -Auto";
    const text = `. '${this.script}';$PxCmdlets = @{ '${cmdlet}' = @{ Parameters = @{} } };${load};${cmdlet} | ForEach-Object { [string]$_.Name }`;
    const encoded = Buffer.from(text, "utf16le").toString("base64");
    const args = ["-NoLogo", "-NoProfile", "-NonInteractive", "-EncodedCommand", encoded];
    const { stdout } = await promisify(execFile)(this.pwsh, args, { env: { ...process.env, ...this.variables(host), PX_LAB_NOISE: "" } });
    return stdout;
  }

  private layPrograms(bin: string): void {
    const node = nodeForAll(join(this.options.folder, "stage"));
    for (const name of PROGRAMS) {
      writeProgram(join(bin, name), [`exec ${quoted(node)} ${quoted(join(dirname(this.script), `${name}.js`))} "$@"`]);
    }
  }

  private variables(host: string): { [name: string]: string } {
    const types = join(dirname(this.script), "types.dll");
    const own = {
      PX_LAB_PORT: String(this.door.port),
      PX_LAB_HOST: host,
      PX_LAB_HOME: join(this.options.folder, host),
      POWERSHELL_TELEMETRY_OPTOUT: "1",
      // processes that live for seconds: nothing is measured in order to be compiled better later, and what is called often is compiled
      // once more after a minute at the earliest; before, that was a quarter of the processor time of a Mailbox server's start
      DOTNET_TieredPGO: "0",
      DOTNET_TC_CallCountingDelayMs: "EA60", // hexadecimal
    };
    // on the simulated Windows the working folder is where it is on a server; certreq is a hook of .NET (certreq.cs)
    if (this.options.windows)
      return { ...own, PX_LAB_STAGE: asWindows(this.script), PX_LAB_TYPES: asWindows(types), DOTNET_STARTUP_HOOKS: asWindows(types) };
    return { ...own, PX_LAB_STAGE: this.script, PX_LAB_TYPES: types, PULUMI_EXCHANGE_FOLDER: this.folderOf(host) };
  }

  /** Files of a host's working folder and of `.agent` in it, by relative path. */
  files(host: string): Map<string, Buffer> {
    const folder = this.folderOf(host);
    if (!existsSync(folder)) return new Map();
    const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const named = entries.map(({ parentPath, name }) => join(parentPath, name));
    return new Map(named.map((file) => [file.slice(folder.length + 1), readFileSync(file)]));
  }

  close(): Promise<void> {
    return this.door.close();
  }

  private get script(): string {
    return join(this.options.folder, "stage", "stage.ps1");
  }

  private layScripts(): void {
    const folder = dirname(this.script);
    mkdirSync(folder, { recursive: true });
    chmodSync(folder, 0o755);
    const lay = (from: string, to: string): void => {
      copyFileSync(from, join(folder, to));
      chmodSync(join(folder, to), 0o644);
    };
    for (const name of readdirSync(SCRIPTS)) if (name.endsWith(".ps1")) lay(join(SCRIPTS, name), name);
    for (const name of PROGRAMS) lay(join(__dirname, `${name}.js`), `${name}.js`);
    lay(compiledTypes(this.pwsh), "types.dll");
  }
}

/** What of the stage is C#. */
const SOURCES = ["types.cs", "certreq.cs"].map((name) => join(SCRIPTS, name));

/** The C# of the stage, compiled once for each text of it: compiling takes a second at every start otherwise. */
export function compiledTypes(pwsh: string): string {
  const hash = createHash("sha256")
    .update(Buffer.concat(SOURCES.map((file) => readFileSync(file))))
    .digest("hex")
    .slice(0, 16);
  const target = join(homedir(), ".cache", "pulumi-exchange", `stage-types-${hash}.dll`);
  if (existsSync(target)) return target;
  mkdirSync(dirname(target), { recursive: true });
  const own = `${target}.${process.pid}.dll`;
  const command = `Add-Type -Path ${SOURCES.map((file) => `'${file}'`).join(",")} -OutputAssembly '${own}'`;
  execFileSync(pwsh, ["-NoProfile", "-NonInteractive", "-Command", command], { stdio: ["ignore", "pipe", "pipe"], timeout: 120_000 });
  renameSync(own, target);
  return target;
}

const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

function writeProgram(file: string, lines: string[]): void {
  writeFileSync(file, ["#!/bin/sh", ...lines, ""].join("\n"));
  chmodSync(file, 0o755);
}

function rootOf(folder: string): string {
  for (let at = folder; ; at = dirname(at)) if (existsSync(join(at, "package.json"))) return at;
}
