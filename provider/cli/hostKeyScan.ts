/** Reads the host keys of an SSH server without logging on: the key exchange shows them, and then the connection ends. */
import type { Duplex } from "node:stream";
import { Client, type Algorithms } from "ssh2";
import { withDeadline } from "../remote/deadline";
import { fingerprint, keyType } from "../remote/hostKeys";
import { nameOf, portOf, type ProxyConnection } from "../remote/hosts";
import { connectSsh, openSocket, SSH_TIMES } from "../remote/ssh";
import { connectError, unreachable } from "../remote/sshErrors";
import { LogonTrace } from "../remote/sshLogon";

export interface OfferedKey {
  /** `ssh-ed25519`, `ecdsa-sha2-nistp256`, `ssh-rsa`, … */
  type: string;
  /** The authorized_keys line: type and base64. */
  line: string;
  /** `SHA256:…` as OpenSSH prints it. */
  fingerprint: string;
}

/** One connection a family: a server shows one key per key exchange, of the first type that both sides know. */
const FAMILIES = [["ssh-ed25519"], ["ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"], ["rsa-sha2-512", "rsa-sha2-256"]];

/**
 * Every host key of the types that this package accepts. A jump host is logged on to and verified as always.
 * @throws HOST_UNREACHABLE; SSH_ALGORITHMS when the server has no such key, or shares no key exchange
 */
export async function scanHostKeys(target: ProxyConnection, timeoutMs = SSH_TIMES.connect): Promise<OfferedKey[]> {
  const jump = target.proxy ? await connectSsh(target.proxy) : undefined;
  const open = (): Promise<Duplex> => (jump ? jump.forward(nameOf(target), portOf(target)) : openSocket(target, timeoutMs));
  try {
    const found: OfferedKey[] = [];
    let refused: Error | undefined;
    for (const family of FAMILIES) {
      const key = await offered(target, family, open, timeoutMs);
      if (Buffer.isBuffer(key)) found.push(described(key));
      else refused = key;
    }
    if (found.length === 0) throw connectError(target, refused!, new LogonTrace());
    return found;
  } finally {
    jump?.close();
  }
}

function described(key: Buffer): OfferedKey {
  const type = keyType(key);
  return { type, line: `${type} ${key.toString("base64")}`, fingerprint: fingerprint(key) };
}

/** The key of one family, or the refusal of a server that has none. */
async function offered(target: ProxyConnection, family: string[], open: () => Promise<Duplex>, limit: number): Promise<Buffer | Error> {
  const late = (): Error => unreachable(target, `no SSH handshake within ${Math.round(limit / 1000)} s`);
  const sock = await withDeadline(open(), limit, late);
  try {
    return await withDeadline(keyExchange(sock, family), limit, late);
  } catch (error) {
    if (/no matching host key/i.test((error as Error).message)) return error as Error;
    throw connectError(target, error as Error, new LogonTrace());
  } finally {
    sock.destroy();
  }
}

function keyExchange(sock: Duplex, family: string[]): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const client = new Client();
    client.on("error", reject);
    client.once("close", () => reject(new Error("the server closed the connection before it showed a host key")));
    client.connect({
      sock,
      // never used: the handshake ends before anybody logs on
      username: "host-key",
      algorithms: { serverHostKey: family } as Algorithms,
      hostVerifier: (key: Buffer): boolean => {
        resolve(Buffer.from(key));
        return false;
      },
    });
  });
}
