/**
 * A host as handlers see it: plain JSON, a superset of `@pulumi/command`'s remote ConnectionArgs, and its validation.
 */
import { UNKNOWN } from "../base/json";
import type { ErrorCode } from "../base/errors";
import { parsePins } from "./hostKeys";

/** A secret itself, or where the provider process finds it. State then holds the reference alone. */
export type SecretRef = string | { env: string } | { file: string } | { config: string };

/** What both a host and a jump host have. */
export interface ProxyConnection {
  /** Name or address. */
  host: string;
  /** Default 22. */
  port?: number;
  user?: string;
  password?: SecretRef;
  /** PEM or OpenSSH private key. */
  privateKey?: SecretRef;
  /** Passphrase of `privateKey`. */
  privateKeyPassword?: SecretRef;
  /** Socket of an ssh-agent. It is never forwarded. */
  agentSocketPath?: string;
  /** Pin: one or several authorized_keys lines, or `SHA256:…` fingerprints. */
  hostKey?: string | string[];
  /** Text of a known_hosts file, or the file. */
  knownHosts?: string | { file: string };
  /** Accepted for `@pulumi/command`: how often a connection that ends before the key exchange is tried (default 4). */
  dialErrorLimit?: number;
  /** Accepted for `@pulumi/command`: seconds until a connection attempt is given up (default 20). */
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

const PROXY: Shape = {
  host: text,
  port,
  user: text,
  password: secretRef,
  privateKey: secretRef,
  privateKeyPassword: secretRef,
  agentSocketPath: text,
  hostKey,
  knownHosts,
  dialErrorLimit: count,
  perDialTimeout: count,
  proxy: (value, path) => connection(value, path, PROXY),
};

const HOST: Shape = {
  ...PROXY,
  name: text,
  exchangeCredential: (value, path) => shape(value, path, { user: text, password: secretRef }, ["user", "password"]),
  endpoints: (value, path) => shape(value, path, { smtp: endpoint, ldaps: endpoint }, []),
  probeFrom,
  directory: (value, path) => shape(value, path, { url, bindDn: text, password: secretRef, baseDn: text, ca: text }, ["url"]),
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

/** The port of a connection: a number even where a program passed text. */
export function portOf(host: ProxyConnection): number {
  return Number(host.port ?? 22);
}

/** The host without a trailing dot, in lower case. */
export function nameOf(host: ProxyConnection): string {
  return host.host.trim().replace(/\.$/, "").toLowerCase();
}

/** The server's declared name, else the address that leads to it: for messages. */
export function labelOf(host: ProxyConnection & { name?: string }): string {
  return host.name?.trim() || nameOf(host);
}

/** `EDGE01 (192.0.2.1:22)` where a name is declared and is not the address. */
export function addressOf(host: ProxyConnection): string {
  const at = `${nameOf(host)}:${portOf(host)}`;
  const label = labelOf(host);
  return label.toLowerCase() === nameOf(host) ? at : `${label} (${at})`;
}

/** One key a server, whoever logs on: `edge01.contoso.com:22`, or `edge01:22 via jump:22` behind a jump host. */
export function serverKey(host: ProxyConnection): string {
  const own = `${nameOf(host)}:${portOf(host)}`;
  return host.proxy ? `${own} via ${serverKey(host.proxy)}` : own;
}
