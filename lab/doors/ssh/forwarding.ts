/** `direct-tcpip`: where a name and a port lead inside the simulated network. */
import { connect, type Socket } from "node:net";
import type { Connection, ServerChannel, TcpipRequestInfo } from "ssh2";

/** A door's real address on this machine; undefined = the simulated host refuses the connection. */
export type Resolve = (name: string, port: number) => { host: string; port: number } | undefined;

const LOCAL = /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i;

/** Names that mean the host itself. */
export function isLocal(name: string): boolean {
  return LOCAL.test(name);
}

/** Opens the real connection behind a forwarding, or gives the reason why not. */
export function openForward(target: { host: string; port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, noDelay: true });
    socket.once("error", reject);
    socket.once("connect", () => {
      socket.off("error", reject);
      resolve(socket);
    });
  });
}

type Forward = (accept: () => ServerChannel, reject: () => void, info: TcpipRequestInfo) => void;

/**
 * The connections of a door and what forwards for them. Without a listener ssh2 answers `direct-tcpip` with reason 1 (administratively
 * prohibited), as sshd does under `AllowTcpForwarding no`; a door that is closed is reason 2 (connect failed).
 */
export class Forwarders {
  allowed = true;
  private readonly open = new Map<Connection, Forward>();

  add(connection: Connection, forward: Forward): void {
    this.open.set(connection, forward);
    connection.once("close", () => this.open.delete(connection));
    if (this.allowed) connection.on("tcpip", forward);
  }

  allow(allowed: boolean): void {
    if (this.allowed === allowed) return;
    this.allowed = allowed;
    for (const [connection, forward] of this.open) {
      if (allowed) connection.on("tcpip", forward);
      else connection.off("tcpip", forward);
    }
  }
}
