/**
 * A simulated Windows (Wine) with the registry and the services of an Exchange server, on which PowerShell for Windows runs the agent. Its
 * processes have ids of their own, which mean nothing outside of it.
 * Not there: keys of certificates, dependants of services, the event log, a directory, WS-Management.
 */
import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, openSync, closeSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { join } from "node:path";
import { delay } from "../../provider/base/clock";
import { findPwshForWindows } from "./pwsh";

/** Values of a registry key: text, or a number of 32 bits. */
export interface RegistryValues {
  [name: string]: string | number;
}

/** A Windows service that only changes its state. */
export interface SimulatedService {
  name: string;
  /** Milliseconds that each change of its state takes. */
  ms: number;
  /** Default `"Automatic"`: it runs once Windows has started. */
  start?: "Automatic" | "Manual" | "Disabled";
}

const START_TYPES = { Automatic: 2, Manual: 3, Disabled: 4 };
const SERVICES = "SYSTEM\\CurrentControlSet\\Services";
/** Services of Windows itself that nothing here needs: the database of services is locked until they have started. */
const NEEDLESS = "winebus wineusb winehid PlugPlay Winmgmt Spooler StiSvc TermService LanmanServer Schedule wuauserv BITS".split(" ");
/** Text of a .reg file: keys below HKEY_LOCAL_MACHINE; null removes one. */
export type Registry = { [key: string]: RegistryValues | null };

export const EXCHANGE_KEY = "SOFTWARE\\Microsoft\\ExchangeServer\\v15";
const INSTALLED = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\";

/** What setup of Exchange leaves in the registry; without a role it has broken off. */
export function exchangeRegistry(role: "Edge" | "Mailbox" | undefined): Registry {
  const version = { MsiProductMajor: 15, MsiProductMinor: 2, MsiBuildMajor: 1544, MsiBuildMinor: 4 };
  return {
    [`${EXCHANGE_KEY}\\EdgeTransportRole`]: role === "Edge" ? {} : null,
    [`${EXCHANGE_KEY}\\MailboxRole`]: role === "Mailbox" ? {} : null,
    [`${EXCHANGE_KEY}\\Setup`]: { ...version, MsiInstallPath: INSTALLED },
  };
}

/** A path of this machine as Windows programs see it. */
export const asWindows = (path: string): string => `Z:${path.replaceAll("/", "\\")}`;

export class SimulatedWindows {
  private constructor(
    readonly folder: string,
    private readonly tools: string,
  ) {}

  /** Makes one below `folder`, with an Edge's registry and these services running. */
  static async open(folder: string, services: readonly SimulatedService[]): Promise<SimulatedWindows> {
    const tools = findPwshForWindows();
    if (tools === undefined) throw new Error("PowerShell for Windows is not laid.");
    mkdirSync(join(folder, "prefix"), { recursive: true });
    const windows = new SimulatedWindows(folder, tools);
    await windows.shell('"$here/prepare"');
    windows.layCertreq();
    await windows.registry({ ...exchangeRegistry("Edge"), ...serviceKeys(services) });
    // services are read when Windows starts; it goes on running between two programs until `close`
    await windows.shell('server="$(dirname "$WINE")/wineserver"; "$server" -k; "$server" -w; "$server" -p');
    await windows.started(services.filter(({ start = "Automatic" }) => start === "Automatic").map(({ name }) => name));
    return windows;
  }

  /** Whoever comes first starts Windows, and would hand down its streams to services for good. */
  private async started(names: readonly string[]): Promise<void> {
    const deadline = Date.now() + START_MS;
    for (const name of names) {
      for (let said = ""; !/RUNNING/.test(said); await delay(100)) {
        if (Date.now() > deadline) throw new Error(`The simulated Windows has not started ${name} within ${START_MS / 1000} s: ${said}`);
        said = await this.program("sc", "query", name);
      }
    }
  }

  /** Drive C: on this machine's disk. */
  get disk(): string {
    return join(this.folder, "prefix", "drive_c");
  }

  /** The agent's working folder, where no environment names another one. */
  get workFolder(): string {
    return join(this.disk, "ProgramData", "pulumi-exchange");
  }

  /** Line of a POSIX shell script that becomes PowerShell with a text in base64 of UTF-16. */
  starting(encoded: string): string {
    return `WINEPREFIX='${join(this.folder, "prefix")}' exec '${this.tools}/powershell.exe' -EncodedCommand ${encoded}`;
  }

  /** Changes the registry. */
  async registry(keys: Registry): Promise<void> {
    const file = join(this.folder, "change.reg");
    writeFileSync(file, registryFile(keys));
    await this.program("regedit", "/S", asWindows(file));
  }

  /** Runs a program of Windows; what it prints, whatever its exit code. */
  program(name: string, ...args: string[]): Promise<string> {
    return this.shell('"$WINE" "$@"', name, ...args);
  }

  /** Runs PowerShell with a text; what it prints. */
  powershell(text: string): Promise<string> {
    return this.shell('"$here/powershell.exe" "$@"', "-EncodedCommand", Buffer.from(text, "utf16le").toString("base64"));
  }

  /** Types lines into cmd, in a folder of this machine; what is in `bin` below it can be called. */
  async typed(folder: string, lines: readonly string[]): Promise<void> {
    const file = join(folder, "typed.txt");
    writeFileSync(file, lines.map((line) => `${line}\r\n`).join(""));
    await this.shell('cd "$1"; export WINEPATH="$2"; "$WINE" cmd <"$3"', folder, asWindows(join(folder, "bin")), file);
  }

  async close(): Promise<void> {
    await this.shell('server="$(dirname "$WINE")/wineserver"; "$server" -k; "$server" -w');
  }

  /** What goes on running must not hold a pipe of ours: output goes to a file. */
  private async shell(text: string, ...args: string[]): Promise<string> {
    const file = join(this.folder, `output-${outputs++}`);
    const output = openSync(file, "w");
    const env = { ...process.env, WINEPREFIX: join(this.folder, "prefix") };
    const script = `here='${this.tools}'; . "$here/environment"; ${text}`;
    try {
      const child = spawn("/bin/sh", ["-c", script, "sh", ...args], { env, stdio: ["ignore", output, "ignore"] });
      await once(child, "exit");
    } finally {
      closeSync(output);
    }
    return readFileSync(file, "utf8");
  }

  /** `certreq.exe`: a program of .NET that is named so; what it does comes with the stage's types (certreq.cs). */
  private layCertreq(): void {
    const folder = join(this.disk, "windows", "system32");
    const program = join(this.tools, "app", "agenthost");
    copyFileSync(`${program}.exe`, join(folder, "certreq.exe"));
    for (const ending of ["dll", "runtimeconfig.json"]) symlinkSync(`${program}.${ending}`, join(folder, `agenthost.${ending}`));
  }
}
let outputs = 0;
/** Seconds on an idle machine; a busy one may take minutes, and a service that never comes must not hold a run up for good. */
const START_MS = 240_000;

function serviceKeys(services: readonly SimulatedService[]): Registry {
  const needless = NEEDLESS.map((name): [string, RegistryValues] => [`${SERVICES}\\${name}`, { Start: START_TYPES.Disabled }]);
  const own = services.map(({ name, ms, start = "Automatic" }): [string, RegistryValues] => [
    `${SERVICES}\\${name}`,
    {
      ImagePath: `C:\\lab\\svc.exe ${name} ${ms}`,
      Type: 16,
      Start: START_TYPES[start],
      ErrorControl: 1,
      ObjectName: "LocalSystem",
      DisplayName: name,
    },
  ]);
  return Object.fromEntries([...needless, ...own]);
}

function registryFile(keys: Registry): string {
  const sections = Object.entries(keys).map(([key, values]) => {
    if (values === null) return `[-HKEY_LOCAL_MACHINE\\${key}]`;
    const lines = Object.entries(values).map(([name, value]) => `"${name}"=${registryValue(value)}`);
    return [`[HKEY_LOCAL_MACHINE\\${key}]`, ...lines].join("\r\n");
  });
  return ["Windows Registry Editor Version 5.00", ...sections, ""].join("\r\n\r\n");
}

const registryValue = (value: string | number): string =>
  typeof value === "number" ? `dword:${value.toString(16).padStart(8, "0")}` : `"${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
