/**
 * Which certificate does a door present? A client of the demo's own, straight at the port: nothing of the provider is
 * used here, so that its word is not what proves its work.
 */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { type PeerCertificate, connect as connectTls, type TLSSocket } from "node:tls";
import type { ReadyHost } from "../../lab/start";

/** One look at one door. */
export interface Look {
  server: string;
  door: "STARTTLS" | "LDAPS";
  /** SHA-1 of the certificate, upper-case hex. */
  thumbprint: string;
  subject: string;
  issuer: string;
  /** ISO 8601, UTC. */
  notAfter: string;
  /** Whole days from now; negative when expired. */
  daysLeft: number;
}

const DEADLINE_MS = 15_000;
const DAY_MS = 86_400_000;

interface Address {
  host: string;
  port: number;
}

/** Both doors of every Edge. @throws Error naming the door that does not answer */
export async function lookAtDoors(hosts: readonly ReadyHost[], now = new Date()): Promise<Look[]> {
  const looks: Look[] = [];
  for (const { name, role, smtp, ldaps } of hosts) {
    if (role !== "Edge" || !ldaps) continue;
    looks.push(describe(name, "STARTTLS", await leafOf(`STARTTLS of ${name}`, () => starttls(smtp)), now));
    looks.push(describe(name, "LDAPS", await leafOf(`LDAPS of ${name}`, () => ldapsDoor(ldaps)), now));
  }
  return looks;
}

function describe(server: string, door: Look["door"], leaf: PeerCertificate, now: Date): Look {
  const end = new Date(leaf.valid_to);
  return {
    server,
    door,
    thumbprint: leaf.fingerprint.replaceAll(":", ""),
    subject: nameOf(leaf.subject),
    issuer: nameOf(leaf.issuer),
    notAfter: end.toISOString().replace(".000Z", "Z"),
    daysLeft: Math.floor((end.getTime() - now.getTime()) / DAY_MS),
  };
}

function nameOf(parts: PeerCertificate["subject"]): string {
  return Object.entries(parts)
    .reverse()
    .flatMap(([type, value]) => [value].flat().map((one) => `${type}=${String(one)}`))
    .join(", ");
}

async function leafOf(what: string, open: () => Promise<TLSSocket>): Promise<PeerCertificate> {
  try {
    const socket = await open();
    const leaf = socket.getPeerCertificate();
    socket.destroy();
    return leaf;
  } catch (error) {
    throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
  }
}

const ldapsDoor = (address: Address): Promise<TLSSocket> => secured(connectTls({ ...address, ...ANY }));

/** The certificate is looked at, not trusted. */
const ANY = { rejectUnauthorized: false } as const;

async function starttls(address: Address): Promise<TLSSocket> {
  const plain = connect(address);
  const conversation = new Conversation(plain);
  await conversation.expect("220");
  plain.write("EHLO demo.invalid\r\n");
  if (!/^250[ -]STARTTLS\b/im.test(await conversation.expect("250"))) throw new Error("STARTTLS is not offered");
  plain.write("STARTTLS\r\n");
  await conversation.expect("220");
  conversation.leave();
  return secured(connectTls({ socket: plain, ...ANY }));
}

async function secured(socket: TLSSocket): Promise<TLSSocket> {
  socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error("no answer")));
  await once(socket, "secureConnect");
  return socket;
}

/** SMTP replies, one at a time. */
class Conversation {
  private text = "";
  private ended: Error | undefined;
  private wake: () => void = () => undefined;
  private readonly onData = (chunk: Buffer): void => {
    this.text += chunk.toString("latin1");
    this.wake();
  };

  constructor(private readonly socket: Socket) {
    const end = (why: Error): void => {
      this.ended ??= why;
      this.wake();
    };
    socket.on("data", this.onData);
    socket.on("error", end);
    socket.on("close", () => end(new Error("the connection was closed")));
    socket.setTimeout(DEADLINE_MS, () => socket.destroy(new Error("no answer")));
  }

  /** The next whole reply: all lines up to the one with a space behind its code. */
  async expect(code: string): Promise<string> {
    for (;;) {
      const last = /^\d{3}(?: [^\n]*)?\r?\n/m.exec(this.text);
      if (last) return this.take(last.index + last[0].length, code);
      if (this.ended) throw this.ended;
      await new Promise<void>((resolve) => (this.wake = resolve));
    }
  }

  /** Leaves the socket to somebody else. */
  leave(): void {
    this.socket.off("data", this.onData);
  }

  private take(length: number, code: string): string {
    const reply = this.text.slice(0, length);
    this.text = this.text.slice(length);
    if (!reply.startsWith(code)) throw new Error(`answered ${JSON.stringify(reply.trim())}`);
    return reply;
  }
}
