/** What ssh2 and the socket report, as one of our codes. */
import { ExchangeError } from "../base/errors";
import { addressOf, labelOf, type ProxyConnection } from "./hosts";
import { plain } from "../base/hostText";
import { SHA1_REFUSED, withheldError, type LogonTrace } from "./sshLogon";

type SshError = Error & { level?: string; code?: string };

/** The error of a connection that was never ready. `software` is what the server calls its own. */
export function connectError(host: ProxyConnection, error: SshError, trace: LogonTrace, software = ""): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const at = addressOf(host);
  if (error.message.includes(SHA1_REFUSED)) {
    return algorithms(host, `${at} accepts RSA keys with SHA-1 signatures only.`);
  }
  if (/no matching/i.test(error.message)) {
    return algorithms(host, `${at} and this client share no ${whichAlgorithm(error.message)}.`);
  }
  if (error.level === "client-authentication") return loginFailed(host, trace, software);
  return endedInLogon(host, error, trace, software) ?? unreachable(host, reasonOf(error));
}

/**
 * The end of a connection on which a password or a key was under way: a server with MaxAuthTries 1, or a hardened one, says no
 * by hanging up. Undefined where nothing was offered, or where the password has worked before and so cannot be the reason.
 */
function endedInLogon(host: ProxyConnection, error: SshError, trace: LogonTrace, software: string): ExchangeError | undefined {
  const { offered } = trace;
  const late = error.level === "client-timeout";
  if (!offered || (offered === "password" && trace.known) || (offered === "key" && late)) return undefined;
  const at = addressOf(host);
  const said = Number.isInteger(error.code) ? ` It said: ${plain(error.message, 200)}.` : "";
  const what = offered === "password" ? `the password of ${host.user}` : keysOf(host, trace);
  const sentence = late
    ? `${at} did not answer the logon after ${what} was sent.`
    : `${at} ended the connection after ${what} ${offered === "password" || !trace.agentKeys ? "was" : "were"} offered, before the logon succeeded.${said}`;
  return new ExchangeError("LOGIN_FAILED", sentence, {
    host: labelOf(host),
    hint: offered === "password" ? ENDED_PASSWORD : keyHint(trace, software),
    retryable: offered === "key",
    details: { tried: trace.tried, ended: true },
  });
}

const ENDED_PASSWORD =
  "It counts as a refused password and is not sent again in this run, so that the account is not locked. Check the password, and that the account may log on there.";

function keysOf(host: ProxyConnection, { pending, agentKeys }: LogonTrace): string {
  if (pending !== "agent") return `the key of ${host.user}`;
  return agentKeys === 1 ? "a key of the agent" : `the agent's keys (${agentKeys})`;
}

/** HOST_UNREACHABLE with what was found. */
export function unreachable(
  host: ProxyConnection,
  reason: string,
  extras: { cause?: unknown; details?: Record<string, unknown> } = {},
): ExchangeError {
  return new ExchangeError("HOST_UNREACHABLE", `${addressOf(host)} cannot be reached: ${reason}.`, {
    host: labelOf(host),
    retryable: true,
    ...extras,
  });
}

/** LOGIN_FAILED with the methods that were tried. */
export function loginFailed(host: ProxyConnection, trace: LogonTrace, software = ""): ExchangeError {
  if (trace.withheld !== undefined) return withheldError(host, String(host.user), trace.withheld, trace.tried);
  const methods =
    trace.tried.length > 0 ? trace.tried.map((method) => methodText(method, trace)).join(", ") : "none that the server offers";
  const keys = trace.tried.some((method) => method === "publickey" || method === "agent");
  return new ExchangeError("LOGIN_FAILED", `${addressOf(host)} refused ${host.user} (tried: ${methods}).`, {
    host: labelOf(host),
    hint: keys && !trace.passwordSent ? keyHint(trace, software) : undefined,
    details: { tried: trace.tried },
  });
}

function methodText(method: string, { agentKeys }: LogonTrace): string {
  if (method !== "agent" || agentKeys === undefined) return method;
  return agentKeys === 0 ? "agent, which does not hold the key" : `agent with ${agentKeys} ${agentKeys === 1 ? "key" : "keys"}`;
}

/** Where a key goes on Windows is not where people put it. */
const WINDOWS_KEYS =
  "On Windows the key of a member of Administrators belongs in C:\\ProgramData\\ssh\\administrators_authorized_keys, which Administrators and SYSTEM alone may " +
  "read and write (icacls), not in the user's .ssh\\authorized_keys; docs/servers.md shows both.";

function keyHint({ agentKeys = 0 }: LogonTrace, software: string): string {
  const many =
    "A server gives up after a few keys (MaxAuthTries, usually 6). Name the right one: set privateKey to it, or to its public half (`ssh-add -L` prints it) " +
    "together with agentSocketPath, so that the agent offers that one alone.";
  const windows = /windows/i.test(software);
  const place = windows ? WINDOWS_KEYS : `See that the key is among the user's authorized keys. ${WINDOWS_KEYS}`;
  return agentKeys > 1 ? `${many} ${windows ? WINDOWS_KEYS : ""}`.trim() : place;
}

/** CONNECTION_LOST of a connection that was ready. */
export function connectionLost(host: ProxyConnection, reason: string): ExchangeError {
  return new ExchangeError("CONNECTION_LOST", `The connection to ${addressOf(host)} was lost: ${reason}.`, {
    host: labelOf(host),
    retryable: true,
  });
}

/** An ended connection in words. */
export function reasonOf(error: SshError): string {
  const known: Record<string, string> = {
    ECONNREFUSED: "the connection was refused",
    ECONNRESET: "the connection was reset",
    ENOTFOUND: "the name is not known",
    EAI_AGAIN: "the name could not be looked up",
    ETIMEDOUT: "no answer",
    EHOSTUNREACH: "no route to the host",
    ENETUNREACH: "no route to the network",
  };
  if (error.code && known[error.code]) return known[error.code];
  if (error.message === "Keepalive timeout") return "it stopped answering (3 keepalives unanswered)";
  if (error.message.startsWith("Timed out while waiting")) return "no SSH handshake within the time limit";
  return plain(error.message, 300).replace(/\.$/, "");
}

/** Whether the server closed the door before it said anything about itself: sshd's MaxStartups does that. */
export function droppedBeforeHandshake(error: SshError): boolean {
  return error.message === "Connection lost before handshake" || error.code === "ECONNRESET";
}

function algorithms(host: ProxyConnection, sentence: string): ExchangeError {
  return new ExchangeError("SSH_ALGORITHMS", sentence, { host: labelOf(host) });
}

function whichAlgorithm(message: string): string {
  if (/host key/i.test(message)) return "host key type (ed25519, ecdsa and rsa-sha2 are accepted)";
  if (/key exchange/i.test(message)) return "key exchange (curve25519 and nistp are accepted)";
  if (/cipher/i.test(message)) return "cipher (AES-GCM and AES-CTR are accepted, chacha20-poly1305 without a jump host)";
  if (/mac/i.test(message)) return "message authentication (HMAC-SHA-2 in encrypt-then-MAC mode is accepted)";
  return "compression (none is accepted)";
}
