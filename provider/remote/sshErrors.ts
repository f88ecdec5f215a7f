/** What ssh2 and the socket report, as one of our codes. */
import { ExchangeError } from "../base/errors";
import { addressOf, labelOf, type ProxyConnection } from "./hosts";
import { SHA1_REFUSED, type LogonTrace } from "./sshLogon";

type SshError = Error & { level?: string; code?: string };

/** The error of a connection that was never ready. */
export function connectError(host: ProxyConnection, error: SshError, trace: LogonTrace): ExchangeError {
  if (error instanceof ExchangeError) return error;
  const at = addressOf(host);
  if (error.message.includes(SHA1_REFUSED)) {
    return algorithms(host, `${at} accepts RSA keys with SHA-1 signatures only.`);
  }
  if (/no matching/i.test(error.message)) {
    return algorithms(host, `${at} and this client share no ${whichAlgorithm(error.message)}.`);
  }
  if (error.level === "client-authentication") return loginFailed(host, trace);
  return unreachable(host, reasonOf(error));
}

/** HOST_UNREACHABLE with what was found. */
export function unreachable(host: ProxyConnection, reason: string, cause?: unknown): ExchangeError {
  return new ExchangeError("HOST_UNREACHABLE", `${addressOf(host)} cannot be reached: ${reason}.`, {
    host: labelOf(host),
    retryable: true,
    cause,
  });
}

/** LOGIN_FAILED with the methods that were tried. */
export function loginFailed(host: ProxyConnection, trace: LogonTrace): ExchangeError {
  const methods = trace.tried.length > 0 ? trace.tried.join(", ") : "none that the server offers";
  return new ExchangeError("LOGIN_FAILED", `${addressOf(host)} refused ${host.user} (tried: ${methods}).`, {
    host: labelOf(host),
    details: { tried: trace.tried },
  });
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
  return error.message.replace(/\.$/, "");
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
