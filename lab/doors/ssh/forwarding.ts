/** `direct-tcpip`: where a name and a port lead inside the simulated network. */
import { connect, type Socket } from "node:net";

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
