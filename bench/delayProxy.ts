/** A TCP proxy that makes a distance: every byte arrives half a round trip later, in both directions. */
import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";

export interface Distance {
  port: number;
  close(): Promise<void>;
}

export async function distanceTo(target: { host: string; port: number }, roundTripMs: number): Promise<Distance> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true, allowHalfOpen: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true, allowHalfOpen: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => sockets.delete(socket));
    }
    late(client, upstream, roundTripMs / 2);
    late(upstream, client, roundTripMs / 2);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

/** Timers of one delay go off in the order in which they were set, so that the bytes keep theirs. */
function late(from: Socket, to: Socket, ms: number): void {
  from.on("data", (chunk: Buffer) => void setTimeout(() => void to.write(chunk), ms));
  from.once("end", () => void setTimeout(() => to.end(), ms));
  from.once("close", () => void setTimeout(() => to.destroy(), ms + 50));
}
