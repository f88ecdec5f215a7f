/** What a TLS door presents. */
import { createHash, type X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { looksAtCopy } from "../base/copy";
import { ExchangeError } from "../base/errors";
import { originalOf } from "../pki";

/** Opens a connection to a door, from wherever the probe is to look. */
export type Opener = () => Promise<Duplex>;

export interface ProbeOptions {
  /** Name of the server: sent as SNI (unless it is an address) and named in messages. */
  name: string;
  /** Limit of the whole look in milliseconds. Default 20 s. */
  timeoutMs?: number;
}

export const PROBE_TIMEOUT_MS = 20_000;

/** The certificate that a door presents, leaf first. */
export interface Presented {
  /** SHA-1, upper-case hex. */
  thumbprint: string;
  der: Buffer;
  /** DER of everything that was sent, leaf included, as far as the certificates link up. */
  chain: Buffer[];
  /** `TLSv1.2` or `TLSv1.3`. */
  protocol: string;
}

/**
 * A TLS session on an open connection.
 *
 * `rejectUnauthorized` is off because direct-trust certificates are self-signed: whoever comes here either only *reports* what is
 * presented, or has compared its thumbprint before.
 */
export function handshake(socket: Duplex, name: string): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const tls: TLSSocket = connectTls({
      socket,
      rejectUnauthorized: false,
      minVersion: "TLSv1.2",
      ...(isIP(name) === 0 ? { servername: name } : {}),
    });
    tls.on("error", reject);
    tls.once("close", () => reject(new Error("the connection was closed during the TLS handshake")));
    tls.once("secureConnect", () => resolve(tls));
  });
}

/** What a door presents in a handshake on an open connection; nothing is sent through the session, and it ends right after it. */
export async function presentedBy(socket: Duplex, name: string): Promise<Presented> {
  const tls = await handshake(socket, name);
  const leaf = tls.getPeerX509Certificate();
  const protocol = tls.getProtocol() ?? "unknown";
  tls.end();
  if (!leaf) throw new Error("no certificate was presented");
  return describe(leaf, protocol);
}

function describe(leaf: X509Certificate, protocol: string): Presented {
  const chain: Buffer[] = [];
  for (let at: X509Certificate | undefined = leaf; at && !chain.some((der) => der.equals(at!.raw)); at = at.issuerCertificate) {
    chain.push(at.raw);
  }
  const meant = looksAtCopy() ? chain.map((der) => originalOf(der) ?? der) : chain;
  const thumbprint = createHash("sha1").update(meant[0]).digest("hex").toUpperCase();
  return { thumbprint, der: meant[0], chain: meant, protocol };
}

/**
 * Opens a door, looks, and closes it: whatever goes wrong, and a look that takes too long, is PROBE_FAILED; only where the SSH server
 * in between forwards nothing, so that there is no look at all, it is FORWARDING_REFUSED.
 */
export async function look<T>(open: Opener, what: string, options: ProbeOptions, work: (socket: Duplex) => Promise<T>): Promise<T> {
  const limit = options.timeoutMs ?? PROBE_TIMEOUT_MS;
  let socket: Duplex | undefined;
  let late = false;
  const looking = (async () => {
    socket = await open();
    // The error is reported by whoever reads; one after the look must not end the process.
    socket.on("error", () => undefined);
    if (late) socket.destroy();
    return work(socket);
  })();
  const timer = { handle: undefined as NodeJS.Timeout | undefined };
  const expired = new Promise<never>((_resolve, reject) => {
    timer.handle = setTimeout(() => {
      late = true;
      reject(new Error(`no answer within ${Math.round(limit / 1000)} s`));
    }, limit);
  });
  try {
    return await Promise.race([looking, expired]);
  } catch (error) {
    throw probeFailed(options.name, what, error);
  } finally {
    clearTimeout(timer.handle);
    looking.catch(() => undefined);
    socket?.destroy();
  }
}

function probeFailed(name: string, what: string, cause: unknown): ExchangeError {
  if (cause instanceof ExchangeError && cause.code === "PROBE_FAILED") return cause;
  // Nobody has seen the door: that is neither closed nor "not offered".
  if (cause instanceof ExchangeError && cause.code === "FORWARDING_REFUSED") {
    const sentence = `${name}: ${what} cannot be looked at. ${cause.sentence}`;
    return new ExchangeError("FORWARDING_REFUSED", sentence, { host: cause.host, cause });
  }
  const reason = cause instanceof ExchangeError ? cause.sentence : (cause as Error).message;
  return new ExchangeError("PROBE_FAILED", `${name}: the look at ${what} failed: ${reason.replace(/\.$/, "")}.`, {
    host: name,
    retryable: true,
    cause,
  });
}
