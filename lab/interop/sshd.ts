/** OpenSSH's sshd on a loopback port, with a configuration, host keys and a PATH of its own. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { LogonAccount } from "./account";
import { findProgram, freePort, isRoot, startDaemon } from "./programs";

export type HostKeyName = "ed25519" | "ecdsa" | "rsa";

export interface SshdOptions {
  /** An empty folder for everything it writes; every account must be able to look into it. */
  folder: string;
  account: LogonAccount;
  /** Default `["ed25519"]`. */
  hostKeys?: HostKeyName[];
  authorizedKeys?: string[];
  /** Default: `publickey`, and `password` for an account with one. */
  methods?: ("publickey" | "password" | "keyboard-interactive")[];
  /** In front of the PATH of programs. */
  path?: string;
  /** Further lines of sshd_config; they win over ours. */
  settings?: string[];
}

export interface Sshd {
  port: number;
  /** `type base64` of each host key, in the order asked for. */
  hostKeys: string[];
  /** Its log (LogLevel VERBOSE). */
  log(): string;
  stop(): Promise<void>;
}

/** Whether sshd and ssh-keygen are installed. */
export function hasSshd(): boolean {
  return findProgram("sshd") !== undefined && findProgram("ssh-keygen") !== undefined;
}

export async function startSshd(options: SshdOptions): Promise<Sshd> {
  const { folder, hostKeys = ["ed25519"] } = options;
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o755);
  privilegeSeparationFolder();
  const publics = hostKeys.map((type) => makeHostKey(folder, type));
  const port = await freePort();
  const config = join(folder, "sshd_config");
  writeFileSync(config, configuration(options, port).join("\n") + "\n");
  const daemon = await startDaemon(findProgram("sshd")!, ["-D", "-e", "-f", config], port);
  return { port, hostKeys: publics, log: daemon.output, stop: daemon.stop };
}

function configuration(options: SshdOptions, port: number): string[] {
  const { folder, account, hostKeys = ["ed25519"], path, settings = [] } = options;
  const methods = options.methods ?? ["publickey", ...(account.password === undefined ? [] : ["password" as const])];
  const offers = (method: (typeof methods)[number]): string => (methods.includes(method) ? "yes" : "no");
  const authorized = join(folder, "authorized_keys");
  writeFileSync(authorized, (options.authorizedKeys ?? []).map((line) => `${line}\n`).join(""));
  chmodSync(authorized, 0o644);
  return [
    ...settings,
    "ListenAddress 127.0.0.1",
    `Port ${port}`,
    ...hostKeys.map((type) => `HostKey ${join(folder, `host_${type}`)}`),
    `PidFile ${join(folder, "sshd.pid")}`,
    `AuthorizedKeysFile ${authorized}`,
    "LogLevel VERBOSE",
    "StrictModes no",
    `PubkeyAuthentication ${offers("publickey")}`,
    `PasswordAuthentication ${offers("password")}`,
    `KbdInteractiveAuthentication ${offers("keyboard-interactive")}`,
    // without PAM nobody answers keyboard-interactive
    `UsePAM ${isRoot() ? offers("keyboard-interactive") : "no"}`,
    "PermitRootLogin prohibit-password",
    `AllowUsers ${account.user}`,
    "AllowTcpForwarding yes",
    "ExposeAuthInfo yes",
    ...(path === undefined ? [] : [`SetEnv PATH=${path}:/usr/local/bin:/usr/bin:/bin`]),
  ];
}

/** Small, because making a large RSA key takes seconds. */
const SIZES: Record<HostKeyName, string[]> = { ed25519: [], ecdsa: ["-b", "256"], rsa: ["-b", "2048"] };

function makeHostKey(folder: string, type: HostKeyName): string {
  const file = join(folder, `host_${type}`);
  makeKey(file, type);
  return readPublic(file);
}

/** A key pair in OpenSSH's format: `file` and `file.pub`. */
export function makeKey(file: string, type: HostKeyName): { privateKey: string; publicKey: string } {
  execFileSync(findProgram("ssh-keygen")!, ["-q", "-t", type, ...SIZES[type], "-N", "", "-C", "", "-f", file], { stdio: "pipe" });
  return { privateKey: readFileSync(file, "utf8"), publicKey: readPublic(file) };
}

function readPublic(file: string): string {
  return readFileSync(`${file}.pub`, "utf8").trim().split(" ").slice(0, 2).join(" ");
}

/** What sshd's start script would make: without this folder sshd as root refuses to start. */
function privilegeSeparationFolder(): void {
  const folder = "/run/sshd";
  if (isRoot() && !existsSync(folder)) mkdirSync(folder, { mode: 0o755 });
}

/** Text that the account's logon prints on stdout before any program runs (`~/.ssh/rc`). */
export function printAtLogon(home: string, account: LogonAccount, text: string): void {
  const folder = join(home, ".ssh");
  mkdirSync(folder, { recursive: true });
  const rc = join(folder, "rc");
  writeFileSync(rc, `cat <<'END'\n${text}\nEND\n`);
  for (const path of [folder, rc]) chownSync(path, account.uid, account.gid);
}
