/**
 * One SSH connection to a host, through its jump hosts. ssh2 on a socket of our own with TCP_NODELAY (a call is
 * otherwise slower by a hundred times), modern algorithms only, every host key decided by `hostKeys.ts`.
 */
import { readFile } from "node:fs/promises";
import { connect as connectSocket, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { Semaphore } from "async-mutex";
import { Client, type Algorithms } from "ssh2";
import { delay } from "../base/clock";
import { ExchangeError } from "../base/errors";
import { decodeText } from "../base/text";
import { mayDial, rehearsedShell } from "../rehearsal";
import { withDeadline } from "./deadline";
import { decideHostKey, trustedTypes, type HostTrust } from "./hostKeys";
import { addressOf, labelOf, nameOf, placeNamed, portOf, serverKey, type ProxyConnection } from "./hosts";
import { filePath } from "./secrets";
import { Connection, type SshConnection } from "./sshConnection";
import { connectError, droppedBeforeHandshake, reasonOf, unreachable } from "./sshErrors";
import { authHandler, LogonTrace, refuseEarly, resolveCredentials, type Credentials } from "./sshLogon";

export type { RemoteProcess, SshConnection } from "./sshConnection";

/** Time limits in milliseconds; tests shorten them. */
export interface SshTimes {
  connect: number;
  keepalive: number;
  keepaliveCount: number;
  /** Wait before the second attempt of a connection that was dropped or refused; doubled each time, at most 10 s. */
  retry: number;
}

export const SSH_TIMES: SshTimes = { connect: 20_000, keepalive: 5_000, keepaliveCount: 3, retry: 300 };

export const HOST_KEYS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
];
/** No SHA-1, no CBC, no MAC without encrypt-then-MAC. */
export const ALGORITHMS = {
  kex: ["curve25519-sha256", "curve25519-sha256@libssh.org", "ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521"],
  cipher: ["aes256-gcm@openssh.com", "aes128-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"],
  compress: ["none"],
};

/**
 * Last, and never through a jump host: ssh2 1.17 keeps a reference into the chunk that it reads, which an outer
 * connection overwrites, so a packet that arrives in pieces fails its authentication.
 */
const CHACHA = "chacha20-poly1305@openssh.com";

const OPENING_AT_ONCE = 8;
const openings = new Map<string, Semaphore>();

/**
 * Connects and logs on. Errors: HOST_KEY_*, HOST_UNREACHABLE, LOGIN_FAILED, SSH_ALGORITHMS, SECRET_UNAVAILABLE,
 * SSH_KEY_UNREADABLE. Every jump host is verified like the target; its own connection ends with this one.
 */
export async function connectSsh(given: ProxyConnection, times: Partial<SshTimes> = {}): Promise<SshConnection> {
  const all = { ...SSH_TIMES, ...times };
  const host = await placeOf(given);
  const trust = await readTrust(host);
  const credentials = await resolveCredentials(host);
  const dial = (): Promise<SshConnection> => patiently(host, all, () => dialOnce(host, trust, credentials, all));
  return host.proxy ? openingGate(host.proxy).runExclusive(dial) : dial();
}

/**
 * In a rehearsal: the lab's door of the same server, without jump hosts, with the lab's account. What the program gives is read all the
 * same, so that a secret or a known_hosts file that is missing is found, and goes nowhere.
 */
async function placeOf(given: ProxyConnection & { name?: string }): Promise<ProxyConnection> {
  const door = rehearsedShell(placeNamed(given));
  if (!door) return given;
  for (let at: ProxyConnection | undefined = given; at; at = at.proxy) {
    await readTrust(at);
    await resolveCredentials(at);
  }
  const place: ProxyConnection & { name: string } = { name: labelOf(given), ...door };
  return place;
}

const LONGEST_WAIT = 10_000;

/**
 * What ended before a credential was offered may be tried again: connections above sshd's MaxStartups are dropped unheard,
 * and a host that boots refuses. Silence is waited for where the program asks for patience only.
 */
async function patiently<T>(host: ProxyConnection, times: SshTimes, dial: () => Promise<T>): Promise<T> {
  const limit = host.dialErrorLimit ?? 4;
  const attempts = limit < 0 ? Infinity : Math.max(1, limit);
  for (let attempt = 1; ; attempt++) {
    try {
      return await dial();
    } catch (error) {
      const again = error instanceof ExchangeError ? error.details.again : undefined;
      const worth = again === "soon" || (again === "patience" && host.dialErrorLimit !== undefined);
      if (!worth || attempt >= attempts) throw error;
      await delay(Math.min(times.retry * 2 ** Math.min(attempt - 1, 20), LONGEST_WAIT) * (0.5 + Math.random()));
    }
  }
}

function openingGate(jump: ProxyConnection): Semaphore {
  const key = serverKey(jump);
  const gate = openings.get(key) ?? new Semaphore(OPENING_AT_ONCE);
  openings.set(key, gate);
  return gate;
}

async function readTrust(host: ProxyConnection): Promise<HostTrust> {
  const { hostKey, knownHosts } = host;
  if (!hostKey?.length && !knownHosts) {
    throw new ExchangeError("HOST_KEY_REQUIRED", `${addressOf(host)} has neither hostKey nor knownHosts.`, { host: labelOf(host) });
  }
  if (typeof knownHosts !== "object") return { hostKey, knownHosts };
  try {
    const bytes = await readFile(filePath(knownHosts.file));
    return { hostKey, knownHosts: decodeText(bytes) ?? "" };
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? "error";
    const sentence = `${addressOf(host)}: the known_hosts file ${filePath(knownHosts.file)} cannot be read (${why}).`;
    throw new ExchangeError("HOST_KEY_REQUIRED", sentence, { host: labelOf(host) });
  }
}

async function dialOnce(host: ProxyConnection, trust: HostTrust, credentials: Credentials, times: SshTimes): Promise<SshConnection> {
  refuseEarly(host, credentials);
  const limit = host.perDialTimeout ? host.perDialTimeout * 1000 : times.connect;
  const jump = host.proxy ? await connectSsh(host.proxy, times) : undefined;
  try {
    const sock = jump ? await through(jump, host, limit) : await openSocket(host, limit);
    const client = await logOn(host, trust, credentials, sock, { ...times, connect: limit });
    return new Connection(host, client, jump);
  } catch (error) {
    jump?.close();
    if (jump && error instanceof ExchangeError && error.details.forward) throw unreachable(host, error.sentence, { cause: error });
    throw error;
  }
}

function through(jump: SshConnection, host: ProxyConnection, limit: number): Promise<Duplex> {
  const late = (): Error => unreachable(host, `no answer within ${Math.round(limit / 1000)} s through ${labelOf(jump.host)}`);
  return withDeadline(jump.forward(nameOf(host), portOf(host)), limit, late);
}

/** A TCP connection with TCP_NODELAY. Throws HOST_UNREACHABLE. */
export async function openSocket(host: ProxyConnection, limit: number): Promise<Socket> {
  mayDial(nameOf(host), portOf(host));
  return new Promise((resolve, reject) => {
    const socket = connectSocket({ host: nameOf(host), port: portOf(host), noDelay: true });
    const timer = setTimeout(() => fail(new Error(`no answer within ${Math.round(limit / 1000)} s`)), limit);
    const fail = (error: Error): void => {
      clearTimeout(timer);
      socket.destroy();
      const again = (error as NodeJS.ErrnoException).code === "ECONNREFUSED" ? "soon" : "patience";
      reject(unreachable(host, reasonOf(error), { cause: error, details: { again } }));
    };
    socket.once("error", fail);
    socket.once("connect", () => {
      clearTimeout(timer);
      socket.removeListener("error", fail);
      resolve(socket);
    });
  });
}

function logOn(host: ProxyConnection, trust: HostTrust, credentials: Credentials, sock: Duplex, times: SshTimes): Promise<Client> {
  const trace = new LogonTrace();
  return new Promise((resolve, reject) => {
    const client = new Client();
    let refused: ExchangeError | undefined;
    let settled = false;
    const fail = (error: Error & { level?: string }): void => {
      if (settled) return;
      // An agent that fails is one method less, not the end: ssh2 goes on with the next method.
      if (error.level === "agent") return void trace.tried.push("agent (failed)");
      settled = true;
      const known = refused ?? connectError(host, error, trace, softwareOf(client));
      trace.end(false);
      if (known.code === "HOST_UNREACHABLE" && trace.tried.length === 0) {
        known.details.again = droppedBeforeHandshake(error) ? "soon" : "patience";
      }
      client.destroy();
      sock.destroy();
      reject(known);
    };
    // Some ends come as `close` without an `error`, others the other way round: whichever is first decides.
    client.on("error", fail);
    client.once("close", () => fail(new Error("the server ended the connection during logon")));
    client.once("ready", () => {
      settled = true;
      trace.end(true);
      resolve(client);
    });
    const hostVerifier = (key: Buffer): boolean => {
      const decision = decideHostKey(nameOf(host), portOf(host), key, trust, labelOf(host));
      if (!decision.ok) refused = decision.error;
      return decision.ok;
    };
    try {
      client.connect({
        sock,
        username: credentials.user,
        hostVerifier,
        algorithms: algorithmsFor(host, trust),
        authHandler: authHandler(host, credentials, trace),
        keepaliveInterval: times.keepalive,
        keepaliveCountMax: times.keepaliveCount,
        readyTimeout: times.connect,
      });
    } catch (error) {
      fail(error as Error);
    }
  });
}

/** What the server calls its software, e.g. `OpenSSH_for_Windows_9.5`: for hints alone. */
function softwareOf(client: Client): string {
  const { _remoteVer } = client as unknown as { _remoteVer?: unknown };
  return typeof _remoteVer === "string" ? _remoteVer : "";
}

function algorithmsFor(host: ProxyConnection, trust: HostTrust): Algorithms {
  const cipher = host.proxy ? ALGORITHMS.cipher : [...ALGORITHMS.cipher, CHACHA];
  return { ...ALGORITHMS, cipher, serverHostKey: orderedHostKeys(host, trust) } as Algorithms;
}

/** A server with several host keys is asked for the one that we can judge, as OpenSSH does. */
function orderedHostKeys(host: ProxyConnection, trust: HostTrust): string[] {
  const types = trustedTypes(nameOf(host), portOf(host), trust);
  const trusted = (algorithm: string): boolean => types.includes(algorithm.replace(/^rsa-sha2-(256|512)$/, "ssh-rsa"));
  return [...HOST_KEYS.filter(trusted), ...HOST_KEYS.filter((algorithm) => !trusted(algorithm))];
}
