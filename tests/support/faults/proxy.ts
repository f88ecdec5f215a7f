/** A TCP proxy that cuts or stops a connection after so many bytes of one direction. */
import { connect, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { cutOff } from "../../../lab/doors/listen";

export interface Cut {
  /** Bytes of this direction that pass. */
  after: number;
  direction: "up" | "down";
  how: "fin" | "rst" | "blackhole";
}

export class CutProxy {
  port = 0;
  /** Cumulative ends of the chunks that passed in the first connection, by direction. */
  readonly boundaries = { up: [] as number[], down: [] as number[] };
  /** Applies to the first connection only: what reconnects goes through. */
  cut: Cut | null = null;
  connections = 0;
  /** Called at the moment of the cut. */
  onCut: () => void = () => undefined;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  constructor(private readonly target: { host: string; port: number }) {
    this.server = createServer({ noDelay: true }, (client) => this.accept(client));
  }

  async listen(): Promise<void> {
    this.server.listen(0, "127.0.0.1");
    await once(this.server, "listening");
    this.port = (this.server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.close();
    await once(this.server, "close");
  }

  private accept(client: Socket): void {
    const first = this.connections++ === 0;
    const upstream = connect({ ...this.target, noDelay: true });
    const pair = { client, upstream };
    for (const socket of [client, upstream]) {
      this.sockets.add(socket);
      socket.on("error", () => undefined);
      socket.once("close", () => this.sockets.delete(socket));
    }
    client.once("close", () => upstream.destroy());
    upstream.once("close", () => client.destroy());
    this.pipe(pair, "up", first);
    this.pipe(pair, "down", first);
  }

  private pipe(pair: { client: Socket; upstream: Socket }, direction: "up" | "down", first: boolean): void {
    const [from, to] = direction === "up" ? [pair.client, pair.upstream] : [pair.upstream, pair.client];
    let passed = 0;
    let over = false;
    from.on("data", (chunk: Buffer) => {
      if (over) return;
      const cut = first && this.cut?.direction === direction ? this.cut : null;
      const left = cut ? Math.max(0, cut.after - passed) : Infinity;
      passed += chunk.length;
      if (first) this.boundaries[direction].push(passed);
      to.write(chunk.length <= left ? chunk : chunk.subarray(0, left));
      if (!cut || passed < cut.after) return;
      over = true;
      this.onCut();
      if (cut.how === "blackhole") {
        from.removeAllListeners("data").pause();
        to.removeAllListeners("data").pause();
      } else for (const socket of [pair.client, pair.upstream]) cut.how === "fin" ? socket.end() : cutOff(socket);
    });
    from.once("end", () => to.end());
  }
}
