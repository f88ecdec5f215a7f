/**
 * A host as handlers see it: plain JSON, a superset of `@pulumi/command`'s remote ConnectionArgs, and its validation.
 */
import { isIPv4, isIPv6 } from "node:net";
import { UNKNOWN } from "../base/json";
import type { ErrorCode } from "../base/errors";
import { parsePins } from "./hostKeys";

/** A secret itself, or where the provider process finds it. State then holds the reference alone. */
export type SecretRef = string | { env: string } | { file: string } | { config: string };

/** What both a host and a jump host have. */
export interface ProxyConnection {
  /** Name or address; IPv6 with or without brackets (`::1`, `[::1]`, `[::1]:2222`). */
  host: string;
  /** Default 22. */
  port?: number;
  user?: string;
  password?: SecretRef;
  /** PEM or OpenSSH private key; with `agentSocketPath` also the public half of a key that the agent holds. */
  privateKey?: SecretRef;
  /** Passphrase of `privateKey`. */
  privateKeyPassword?: SecretRef;
  /**
   * Socket of an ssh-agent, a Windows pipe, or `pageant`; default `SSH_AUTH_SOCK`, on Windows else the pipe of OpenSSH's agent.
   * Its keys are offered last. It is never forwarded.
   */
  agentSocketPath?: string;
  /** Pin: one or several authorized_keys lines, or `SHA256:…` fingerprints. */
  hostKey?: string | string[];
  /** Text of a known_hosts file, or the file. */
  knownHosts?: string | { file: string };
  /**
   * How often a connection is tried that is refused, or ends before a credential was offered; default 4, -1 for ever. Where it is
   * set, an address that does not answer is tried again too: a host that boots.
   */
  dialErrorLimit?: number;
  /** Seconds until a connection attempt is given up (default 20). */
  perDialTimeout?: number;
  /** Jump host to go through; may have a proxy of its own. */
  proxy?: ProxyConnection;
}

/** Where the configuration partition can be read over LDAP (an organisation's host only). */
export interface DirectoryConnection {
  /** `ldaps://dc01.contoso.com` or `ldap://…` */
  url: string;
  bindDn?: string;
  password?: SecretRef;
  /** The configuration naming context; default: what the server names as such. */
  baseDn?: string;
  /** PEM of the CA that signed the directory's certificate. */
  ca?: string;
  /** With `ldap://`: TLS before the bind, verified as with `ldaps://`. */
  startTls?: boolean;
  /** A directory that cannot be read is an error; default: a warning, and the shells are asked. */
  required?: boolean;
}

export interface HostConnection extends ProxyConnection {
  /** Server name for previews and messages where `host` is an address; default: the first label of `host`. */
  name?: string;
  /** Windows account for Exchange's shell on a Mailbox server that is reached with a key. */
  exchangeCredential?: { user: string; password: SecretRef };
  /** `host:port` of the doors, as seen from where the probe runs. */
  endpoints?: { smtp?: string; ldaps?: string };
  /** `"host"` (default): through SSH; `"runner"`: directly from this machine. */
  probeFrom?: "host" | "runner";
  directory?: DirectoryConnection;
}

/** A refused input, as Pulumi's `check` reports it. `reason` starts with `[CODE] ` and never holds a value. */
export interface Failure {
  property: string;
  reason: string;
}

type Test = (value: unknown, path: string) => Failure[];
type Shape = Record<string, Test>;

function failure(code: ErrorCode, property: string, text: string): Failure {
  return { property, reason: `[${code}] ${text}` };
}

const wrong = (path: string, expected: string): Failure[] => [failure("INVALID_ARGUMENT", path, `${path} must be ${expected}.`)];

const isText = (value: unknown): value is string => typeof value === "string" && value.trim() !== "";
const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);

const text: Test = (value, path) => (isText(value) ? [] : wrong(path, "a non-empty string"));

const port: Test = (value, path) => {
  const number = typeof value === "string" ? Number(value) : value;
  const fits = Number.isInteger(number) && (number as number) >= 1 && (number as number) <= 65_535;
  return fits ? [] : wrong(path, "a port number (1 to 65535)");
};

const count: Test = (value, path) => (typeof value === "number" && value >= 0 ? [] : wrong(path, "a number that is not negative"));

const attempts: Test = (value, path) =>
  Number.isInteger(value) && (value as number) >= -1 ? [] : wrong(path, "a number of attempts, or -1 for no limit");

/** An address, or a sentence about what stands in its place. */
const address: Test = (value, path) => {
  if (!isText(value)) return wrong(path, "a non-empty string");
  const why = notAnAddress(value.trim());
  return why ? [failure("INVALID_ARGUMENT", path, `${path} must be a name or an address; ${why}.`)] : [];
};

/** Why a text is no name or address of one host; undefined where it is one. */
export function notAnAddress(value: string): string | undefined {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(value))
    return "this is a URL: leave out what stands before the name and behind it, and set port where it is not 22";
  if (value.includes("@")) return "the user goes into user";
  if (/^[^/]+\/\d{1,3}$/.test(value)) return "this is a network with its mask, not one host";
  if (/[\s/\\]/.test(value)) return "it has a blank or a slash in it";
  if (value.startsWith("[")) return bracketed(value) ? undefined : "brackets hold an IPv6 address, `[::1]` or `[::1]:2222`";
  if (/^[^:]*:\d*$/.test(value)) return "the port goes into port";
  if (value.includes(":") && !isIPv6(value.replace(/%[\w.-]+$/, ""))) return "an address with colons must be IPv6";
  if (/^[\d.]+$/.test(value) && !isIPv4(value)) return "it has only digits and dots, but is no IPv4 address";
  return undefined;
}

/** `[v6]` or `[v6]:port`, taken apart. */
function bracketed(value: string): { host: string; port?: number } | undefined {
  const [, host, port] = /^\[([^\]]+)\](?::(\d{1,5}))?$/.exec(value.trim()) ?? [];
  if (!host || !isIPv6(host.replace(/%[\w.-]+$/, ""))) return undefined;
  if (port === undefined) return { host };
  return Number(port) >= 1 && Number(port) <= 65_535 ? { host, port: Number(port) } : undefined;
}

/** A secret or a reference to one. */
export const secretRef: Test = (value, path) => {
  if (typeof value === "string" && value !== "") return [];
  const expected = "a non-empty string or one of {env}, {file}, {config}";
  if (!isRecord(value)) return wrong(path, expected);
  const keys = Object.keys(value);
  if (keys.length !== 1 || !["env", "file", "config"].includes(keys[0])) return wrong(path, expected);
  return known(value[keys[0]], `${path}.${keys[0]}`, text);
};

const pin: Test = (value, path) =>
  isText(value) && isPin(value)
    ? []
    : wrong(path, "a public key (`ssh-ed25519 AAAA…`) or a `SHA256:…` fingerprint, as `npx pulumi-exchange host-key <host>` prints it");

const hostKey: Test = (value, path) => {
  if (Array.isArray(value) && value.length > 0) return value.flatMap((line, i) => known(line, `${path}[${i}]`, pin));
  return pin(value, path);
};

/** Whether a connection could compare a server's key with it. */
function isPin(value: string): boolean {
  try {
    return parsePins(value).length > 0;
  } catch {
    return false;
  }
}

const knownHosts: Test = (value, path) => {
  if (isText(value)) return [];
  if (isRecord(value) && Object.keys(value).join() === "file") return known(value.file, `${path}.file`, text);
  return wrong(path, "the text of a known_hosts file, or {file}");
};

const endpoint: Test = (value, path) => (isText(value) && parseEndpoint(value) ? [] : wrong(path, '"host:port"'));

const probeFrom: Test = (value, path) => (value === "host" || value === "runner" ? [] : wrong(path, '"host" or "runner"'));

const url: Test = (value, path) => (isText(value) && /^ldaps?:\/\/\S+$/i.test(value) ? [] : wrong(path, "an ldap:// or ldaps:// address"));

const flag: Test = (value, path) => (typeof value === "boolean" ? [] : wrong(path, "true or false"));

const DIRECTORY: Shape = { url, bindDn: text, password: secretRef, baseDn: text, ca: text, startTls: flag, required: flag };

const directory: Test = (value, path) => {
  const failures = shape(value, path, DIRECTORY, ["url"]);
  if (failures.length > 0 || !isRecord(value) || value.startTls !== true || !isText(value.url) || !/^ldaps:/i.test(value.url))
    return failures;
  return [failure("INVALID_ARGUMENT", `${path}.startTls`, `${path}.startTls goes with an ldap:// address; ldaps:// has TLS already.`)];
};

const PROXY: Shape = {
  host: address,
  port,
  user: text,
  password: secretRef,
  privateKey: secretRef,
  privateKeyPassword: secretRef,
  agentSocketPath: text,
  hostKey,
  knownHosts,
  dialErrorLimit: attempts,
  perDialTimeout: count,
  proxy: (value, path) => connection(value, path, PROXY),
};

const HOST: Shape = {
  ...PROXY,
  name: text,
  exchangeCredential: (value, path) => shape(value, path, { user: text, password: secretRef }, ["user", "password"]),
  endpoints: (value, path) => shape(value, path, { smtp: endpoint, ldaps: endpoint }, []),
  probeFrom,
  directory,
};

/**
 * What is wrong with a host, without connecting anywhere. Values that are not known yet in a preview pass.
 *
 * @param path the property's name in the resource, e.g. `host` or `sources[0].host`
 */
export function validateHost(value: unknown, path: string): Failure[] {
  return known(value, path, (inner, at) => connection(inner, at, HOST));
}

/** Runs a test unless the value is still unknown. */
function known(value: unknown, path: string, test: Test): Failure[] {
  return value === UNKNOWN ? [] : test(value, path);
}

function connection(value: unknown, path: string, fields: Shape): Failure[] {
  const failures = shape(value, path, fields, ["host", "user"]);
  const inHost = isRecord(value) && isText(value.host) ? bracketed(value.host)?.port : undefined;
  const beside = isRecord(value) && !absent(value.port) && value.port !== UNKNOWN ? Number(value.port) : undefined;
  if (inHost !== undefined && beside !== undefined && inHost !== beside) {
    failures.push(failure("INVALID_ARGUMENT", `${path}.port`, `${path}.host names port ${inHost}, and ${path}.port another one.`));
  }
  if (isRecord(value) && absent(value.hostKey) && absent(value.knownHosts)) {
    failures.push(failure("HOST_KEY_REQUIRED", `${path}.hostKey`, `${path} needs hostKey or knownHosts.`));
  }
  return failures;
}

function shape(value: unknown, path: string, fields: Shape, required: string[]): Failure[] {
  if (!isRecord(value)) return wrong(path, "an object");
  const missing = required.filter((key) => absent(value[key]));
  return [
    ...missing.flatMap((key) => [failure("INVALID_ARGUMENT", `${path}.${key}`, `${path}.${key} is required.`)]),
    ...Object.entries(value).flatMap(([key, inner]) => {
      const test = fields[key];
      if (!test) return [unknownArgument(path, key, Object.keys(fields))];
      return absent(inner) ? [] : known(inner, `${path}.${key}`, test);
    }),
  ];
}

function unknownArgument(path: string, key: string, known: string[]): Failure {
  return failure("UNKNOWN_ARGUMENT", `${path}.${key}`, `${path} has no ${key}; it knows ${known.join(", ")}.`);
}

const absent = (value: unknown): boolean => value === undefined || value === null;

/** `host:port` or `[v6]:port`, or undefined. */
export function parseEndpoint(value: string): { host: string; port: number } | undefined {
  const match = /^(?:\[([^\]]+)\]|([^:\s]+)):(\d{1,5})$/.exec(value.trim());
  if (!match) return undefined;
  const number = Number(match[3]);
  return number >= 1 && number <= 65_535 ? { host: match[1] ?? match[2], port: number } : undefined;
}

/** The port of a connection: a number even where a program passed text; `[::1]:2222` brings its own. */
export function portOf(host: ProxyConnection): number {
  return Number(host.port ?? bracketed(host.host)?.port ?? 22);
}

/** The host without brackets and trailing dot, in lower case. */
export function nameOf(host: ProxyConnection): string {
  return (bracketed(host.host)?.host ?? host.host.trim().replace(/\.$/, "")).toLowerCase();
}
/** Address and declared name, as a rehearsal looks its servers up. */
export function placeNamed(host: ProxyConnection & { name?: string }): { host: string; port: number; name?: string } {
  return { host: nameOf(host), port: portOf(host), name: host.name };
}

/** `edge01.contoso.com:22`, `[::1]:22`. */
function at(host: ProxyConnection): string {
  const name = nameOf(host);
  return `${name.includes(":") ? `[${name}]` : name}:${portOf(host)}`;
}

/** The server's declared name, else the address that leads to it: for messages. */
export function labelOf(host: ProxyConnection & { name?: string }): string {
  return host.name?.trim() || nameOf(host);
}

/** `EDGE01 (192.0.2.1:22)` where a name is declared and is not the address. */
export function addressOf(host: ProxyConnection): string {
  const label = labelOf(host);
  return label.toLowerCase() === nameOf(host) ? at(host) : `${label} (${at(host)})`;
}

/** One key a server, whoever logs on: `edge01.contoso.com:22`, or `edge01:22 via jump:22` behind a jump host. */
export function serverKey(host: ProxyConnection): string {
  return host.proxy ? `${at(host)} via ${serverKey(host.proxy)}` : at(host);
}
