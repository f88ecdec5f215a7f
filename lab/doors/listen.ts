/** Listening on a port that the system chooses, and closing without waiting for idle clients. */
import type { AddressInfo, Server } from "node:net";

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

/** Stops listening; resolves when the listener is closed (connections are the owner's to end). */
export function closeServer(server: Server): Promise<void> {
  if (!server.listening) return Promise.resolve();
  return new Promise((resolve) => server.close(() => resolve()));
}
