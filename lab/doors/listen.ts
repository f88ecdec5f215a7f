/** Listening on a port that the system chooses, and closing without waiting for idle clients. */
import type { AddressInfo, Server, Socket } from "node:net";

/** Resolves with the port. */
export function listen(server: Server, address: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

/**
 * Cuts a connection with a reset. A socket whose own end is on its way cannot be reset: Node would lose its handle, never say
 * `close`, and spin for ever when the process exits. Not for the socket below a TLSSocket, which does not know of that one's end.
 */
export function cutOff(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  // eslint-disable-next-line no-restricted-properties -- the one place that looked before
  else socket.resetAndDestroy();
}

/** Stops listening; resolves when the listener is closed (connections are the owner's to end). */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => server.close(() => resolve()));
}
