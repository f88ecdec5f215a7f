/** How to log on: key, ssh-agent, then password or keyboard-interactive; a wrong password is used once in a process. */
import { createHash, randomBytes } from "node:crypto";
import { Mutex } from "async-mutex";
import { utils, type AuthHandlerMiddleware, type AuthenticationType, type AnyAuthMethod, type ParsedKey } from "ssh2";
import { ExchangeError } from "../base/errors";
import { addressOf, labelOf, serverKey, type ProxyConnection } from "./hosts";
import { resolveSecret } from "./secrets";

/** Everything a logon may use, resolved. */
export interface Credentials {
  user: string;
  password?: string;
  key?: ParsedKey;
  agentSocketPath?: string;
}

/** Resolves the secrets of a connection. Throws SECRET_UNAVAILABLE, LOGIN_FAILED (key unreadable). */
export async function resolveCredentials(host: ProxyConnection): Promise<Credentials> {
  const password = host.password === undefined ? undefined : await resolveSecret(host.password);
  const pem = host.privateKey === undefined ? undefined : await resolveSecret(host.privateKey);
  const phrase = host.privateKeyPassword === undefined ? undefined : await resolveSecret(host.privateKeyPassword);
  const key = pem === undefined ? undefined : parsePrivateKey(host, pem, phrase);
  if (!host.user) throw new ExchangeError("INVALID_ARGUMENT", `user is missing for ${addressOf(host)}.`, { host: labelOf(host) });
  return { user: host.user, password, key, agentSocketPath: host.agentSocketPath };
}

function parsePrivateKey(host: ProxyConnection, pem: string, phrase?: string): ParsedKey {
  const parsed = utils.parseKey(pem, phrase) as ParsedKey | ParsedKey[] | Error;
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key instanceof Error || !key || !key.isPrivateKey()) {
    // The parser's own text may quote the key.
    throw new ExchangeError("LOGIN_FAILED", `privateKey for ${addressOf(host)} cannot be read as a private key.`, {
      host: labelOf(host),
      hint: "Give a PEM or OpenSSH private key, and privateKeyPassword if it is encrypted.",
    });
  }
  return withoutSha1(key);
}

/** ssh2 falls back to SHA-1 signatures for RSA when a server does not announce rsa-sha2: refused here. */
function withoutSha1(key: ParsedKey): ParsedKey {
  const sign = key.sign.bind(key);
  const guarded = (data: Buffer | string, algorithm?: string): unknown =>
    algorithm === "sha1" ? new Error(SHA1_REFUSED) : sign(data, algorithm);
  return Object.assign(key, { sign: guarded });
}

/** Marks the error of a refused SHA-1 signature. */
export const SHA1_REFUSED = "SHA-1 signatures are refused";

/** What a logon did, for the error text and for the rule about wrong passwords. */
export interface LogonTrace {
  tried: string[];
  passwordSent: boolean;
}

/**
 * Offers each method once, in the order key, agent, password. The password goes out at most once: as `password`
 * where the server offers that, else in answer to a keyboard-interactive prompt that does not echo.
 */
export function authHandler(credentials: Credentials, trace: LogonTrace): AuthHandlerMiddleware {
  const username = credentials.user;
  const done = new Set<string>();
  const first = (method: string): boolean => !done.has(method) && !!done.add(method);
  return (left, _partial, next) => {
    const offered = left as AuthenticationType[] | null;
    const offers = (type: AuthenticationType): boolean => !offered || offered.includes(type);
    const go = (method: AnyAuthMethod): void => {
      if (method.type !== "none") trace.tried.push(method.type);
      next(method);
    };
    if (credentials.key && offers("publickey") && first("publickey")) {
      return go({ type: "publickey", username, key: credentials.key as never });
    }
    if (credentials.agentSocketPath && offers("publickey") && first("agent")) {
      return go({ type: "agent", username, agent: credentials.agentSocketPath });
    }
    // Without a failed attempt so far the server's methods are unknown; a wrong guess could cost a second logon.
    if (!offered && first("none")) return go({ type: "none", username });
    if (credentials.password !== undefined && !trace.passwordSent) {
      const password = credentials.password;
      if (offers("password") && first("password")) {
        trace.passwordSent = true;
        return go({ type: "password", username, password });
      }
      if (offers("keyboard-interactive") && first("keyboard-interactive")) {
        return go({ type: "keyboard-interactive", username, prompt: answering(password, trace) });
      }
    }
    next(false as never);
  };
}

type PromptFunction = Extract<AnyAuthMethod, { type: "keyboard-interactive" }>["prompt"];

function answering(password: string, trace: LogonTrace): PromptFunction {
  return (_name, _instructions, _lang, prompts, finish) => {
    const secret = prompts.findIndex((prompt) => !prompt.echo);
    const answer = secret >= 0 && !trace.passwordSent;
    if (answer) trace.passwordSent = true;
    finish(prompts.map((_prompt, i) => (answer && i === secret ? password : "")));
  };
}

interface Gate {
  mutex: Mutex;
  state: "untried" | "right" | "wrong";
}

const gates = new Map<string, Gate>();
/** Keeps the map free of anything a password could be guessed from. */
const salt = randomBytes(16);

/**
 * Lets one logon with a password go first; the others wait for its outcome. A password that was refused is never sent
 * to that server and user again in this process (accounts get locked), whichever resource asks.
 */
export async function oncePerPassword<T>(
  host: ProxyConnection,
  credentials: Credentials,
  logon: (trace: LogonTrace) => Promise<T>,
): Promise<T> {
  const trace: LogonTrace = { tried: [], passwordSent: false };
  if (credentials.password === undefined) return logon(trace);
  const gate = gateOf(host, credentials.user, credentials.password);
  if (gate.state === "right") return logon(trace);
  return gate.mutex.runExclusive(async () => {
    if (gate.state === "wrong") throw refusedBefore(host, credentials.user);
    try {
      const value = await logon(trace);
      if (trace.passwordSent) gate.state = "right";
      return value;
    } catch (error) {
      if (trace.passwordSent && (error as ExchangeError).code === "LOGIN_FAILED") gate.state = "wrong";
      throw error;
    }
  });
}

function gateOf(host: ProxyConnection, user: string, password: string): Gate {
  const digest = createHash("sha256").update(salt).update(password).digest("hex");
  const key = `${serverKey(host)}|${user}|${digest}`;
  const gate = gates.get(key) ?? { mutex: new Mutex(), state: "untried" };
  gates.set(key, gate);
  return gate;
}

function refusedBefore(host: ProxyConnection, user: string): ExchangeError {
  const sentence = `${addressOf(host)} refused this password for ${user} before in this run; it was not tried again.`;
  return new ExchangeError("LOGIN_FAILED", sentence, { host: labelOf(host) });
}
