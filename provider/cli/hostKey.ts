/** `host-key <host>`: prints what to paste as `hostKey`, and how to make sure that it is the right key. */
import { homedir } from "node:os";
import { join } from "node:path";
import { InvalidArgumentError, type Command } from "commander";
import { ExchangeError } from "../base/errors";
import { notAnAddress, portOf, type ProxyConnection } from "../remote/hosts";
import { defaultAgent } from "../remote/sshAgent";
import { DONE, type ExitCode } from "./exit";
import { scanHostKeys, type OfferedKey } from "./hostKeyScan";
import { print, say } from "./output";

interface Flags {
  port?: number;
  json?: boolean;
  proxy?: string;
  proxyKey?: string;
  proxyPasswordEnv?: string;
  proxyHostKey?: string;
  proxyKnownHosts: string;
}

const port = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 65_535) return value;
  throw new InvalidArgumentError("must be a port number (1 to 65535).");
};

const address = (text: string): string => {
  const why = text.trim() === "" ? "it is empty" : notAnAddress(text.trim());
  if (why === undefined) return text.trim();
  throw new InvalidArgumentError(`must be a name or an address; ${why.replace("goes into port", "goes into --port")}.`);
};

export function addHostKey(program: Command, finish: (code: ExitCode) => void): void {
  program
    .command("host-key")
    .description("print a server's host keys as `hostKey` takes them, without logging on")
    .argument("<host>", "name or address; an IPv6 address may have its port behind it: [::1]:2222", address)
    .option("--port <number>", "SSH port (default: 22)", port)
    .option("--json", "print JSON")
    .option("--proxy <user@host[:port]>", "jump host to go through; it is logged on to, so its own host key must be known")
    .option("--proxy-key <file>", "private key for the jump host (default: the ssh-agent)")
    .option("--proxy-password-env <NAME>", "environment variable with the password for the jump host")
    .option("--proxy-host-key <line>", "host key of the jump host")
    .option("--proxy-known-hosts <file>", "known_hosts file for the jump host", join(homedir(), ".ssh", "known_hosts"))
    .action(async (host: string, flags: Flags) => {
      const target = { host, ...(flags.port !== undefined && { port: flags.port }) };
      const sshPort = portOf(target);
      const keys = await scanHostKeys({ ...target, ...(flags.proxy && { proxy: jumpHost(flags.proxy, flags) }) });
      if (flags.json) print(JSON.stringify({ host, port: sshPort, keys }, null, 2));
      else {
        for (const line of fingerprints(host, sshPort, keys)) say(line);
        for (const { line } of keys) print(line);
      }
      finish(DONE);
    });
}

/** `user@host[:port]` and its flags as a connection. @throws INVALID_ARGUMENT */
export function jumpHost(text: string, flags: Omit<Flags, "port">): ProxyConnection {
  const match = /^([^@\s]+)@(?:\[([^\]]+)\]|([^:\s]+))(?::(\d{1,5}))?$/.exec(text);
  if (!match) throw new ExchangeError("INVALID_ARGUMENT", "--proxy must be user@host or user@host:port.");
  const agent = defaultAgent();
  return {
    user: match[1],
    host: match[2] ?? match[3],
    port: match[4] ? Number(match[4]) : 22,
    ...(flags.proxyKey && { privateKey: { file: flags.proxyKey } }),
    ...(flags.proxyPasswordEnv && { password: { env: flags.proxyPasswordEnv } }),
    ...(!flags.proxyKey && !flags.proxyPasswordEnv && agent && { agentSocketPath: agent }),
    ...(flags.proxyHostKey ? { hostKey: flags.proxyHostKey } : { knownHosts: { file: flags.proxyKnownHosts } }),
  };
}

/** What goes to stderr around the lines to paste, so that `$(pulumi-exchange host-key …)` gives the lines alone. */
export function fingerprints(host: string, sshPort: number, keys: OfferedKey[]): string[] {
  const width = Math.max(...keys.map((key) => key.type.length));
  return [
    `${host}:${sshPort} shows these host keys:`,
    "",
    ...keys.map((key) => `  ${key.type.padEnd(width)}  ${key.fingerprint}`),
    "",
    "Compare a fingerprint with what the server itself says before you trust it: whoever stands between this machine and the",
    "server could have answered. On the server, at its console: ssh-keygen -lf C:\\ProgramData\\ssh\\ssh_host_ed25519_key.pub",
    "",
    "To paste as hostKey (one line is enough, several are allowed):",
    "",
  ];
}
