/** An SSH server in this process with a scripted program behind it: what the client code is tested against. */
import { createHash, generateKeyPairSync } from "node:crypto";
import { connect, createServer, type AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { Server, utils, type Connection, type ServerChannel, type ServerConfig } from "ssh2";
import { generateHostKey } from "../../../lab/doors/ssh/keys";
import type { ProxyConnection } from "../../../provider/remote/hosts";

/** What runs instead of the agent: gets the channel once the client asked for a program. */
export type Program = (channel: ServerChannel, command: string) => void;

export interface FakeHostOptions {
  program?: Program;
  user?: string;
  password?: string;
  publicKey?: string;
  /** Methods that the server offers. */
  methods?: ("password" | "keyboard-interactive" | "publickey")[];
  algorithms?: ServerConfig["algorithms"];
  hostKeys?: string[];
  /** How a wrong password or key is answered; default by a refusal, else by the end of the connection, or by nothing. */
  refuseBy?: "disconnect" | "close" | "silence";
}

export interface FakeHost {
  port: number;
  /** Connection fields with a pinned key. */
  connection: ProxyConnection & { host: string; port: number };
  /** authorized_keys line of the first host key. */
  hostKey: string;
  /** Passwords that were tried, by any method. */
  passwords: string[];
  /** Public keys that were offered, in base64, one entry an attempt. */
  keys: string[];
  connects: number;
  /** Connections that are not logged on yet, and the highest number of them at once. */
  opening: number;
  openingMost: number;
  clients: Set<Connection>;
  close(): Promise<void>;
}

const generated = new Map<string, { private: string; public: string }>();

/** A key pair for tests; made once a type. */
export function keyPair(type: "ed25519" | "ecdsa" | "rsa", name = ""): { private: string; public: string } {
  const known = generated.get(type + name);
  if (known) return known;
  const pair = type === "rsa" ? rsaPair() : generateHostKey(type);
  generated.set(type + name, pair);
  return pair;
}

function rsaPair(): { private: string; public: string } {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }) as string;
  const parsed = utils.parseKey(pem);
  if (parsed instanceof Error) throw parsed;
  return { private: pem, public: `ssh-rsa ${parsed.getPublicSSH().toString("base64")}` };
}

export async function startFakeHost(options: FakeHostOptions = {}): Promise<FakeHost> {
  const hostKeys = options.hostKeys ?? [keyPair("ed25519").private];
  const parsed = utils.parseKey(hostKeys[0]);
  if (parsed instanceof Error) throw parsed;
  const server = new Server({ hostKeys, algorithms: options.algorithms });
  const sockets = new Set<Duplex>();
  const hostKey = `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
  const host: FakeHost = {
    port: 0,
    connection: { host: "127.0.0.1", port: 0, user: options.user ?? "admin", hostKey },
    hostKey,
    passwords: [],
    keys: [],
    connects: 0,
    opening: 0,
    openingMost: 0,
    clients: new Set(),
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => door.close(() => resolve()));
    },
  };
  if (options.password !== undefined) host.connection.password = options.password;
  server.on("connection", (client) => serve(client, host, options, sockets));
  const door = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    server.injectSocket(socket);
  });
  await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
  host.port = (door.address() as AddressInfo).port;
  host.connection.port = host.port;
  return host;
}

function serve(client: Connection, host: FakeHost, options: FakeHostOptions, sockets: Set<Duplex>): void {
  host.connects++;
  host.openingMost = Math.max(host.openingMost, ++host.opening);
  host.clients.add(client);
  let open = true;
  const opened = (): void => {
    if (open) host.opening--;
    open = false;
  };
  client.on("error", () => undefined);
  client.on("close", () => {
    opened();
    host.clients.delete(client);
  });
  client.on("authentication", (context) => authenticate(context as never, host, options, () => hangUp(client, options, sockets)));
  client.on("ready", () => {
    opened();
    client.on("session", (accept) => {
      const session = accept();
      session.on("exec", (acceptExec, _reject, info) => options.program?.(acceptExec(), info.command));
    });
    client.on("tcpip", (accept, reject, info) => {
      const socket = connect({ host: info.destIP, port: info.destPort, noDelay: true });
      sockets.add(socket);
      socket.once("error", () => reject?.());
      socket.once("connect", () => {
        const channel = accept();
        channel.on("error", () => undefined);
        socket.on("error", () => channel.destroy());
        socket.pipe(channel).pipe(socket);
      });
    });
  });
}

type Context = {
  method: string;
  username: string;
  password?: string;
  key?: { algo: string; data: Buffer };
  signature?: Buffer;
  accept(): void;
  reject(methods?: string[]): void;
  prompt(prompts: { prompt: string; echo: boolean }[], callback: (answers: string[]) => void): void;
};

/** The end of a connection as sshd ends one after MaxAuthTries, or as a hardened server does. */
function hangUp(client: Connection, { refuseBy }: FakeHostOptions, sockets: Set<Duplex>): void {
  if (refuseBy === "silence") return;
  const { _protocol, _sock } = client as unknown as { _protocol: { disconnect(reason: number): void }; _sock: Duplex };
  if (refuseBy === "disconnect") _protocol.disconnect(2);
  else _sock.destroy();
  sockets.delete(_sock);
}

function authenticate(context: Context, host: FakeHost, options: FakeHostOptions, end: () => void): void {
  const methods = options.methods ?? ["password", "publickey"];
  const refuse = (): void => (options.refuseBy ? end() : context.reject(methods));
  const judge = (password: string): void => {
    host.passwords.push(password);
    if (password === options.password && context.username === host.connection.user) context.accept();
    else refuse();
  };
  if (!methods.includes(context.method as never)) return context.reject(methods);
  if (context.method === "password") return judge(context.password!);
  if (context.method === "keyboard-interactive") {
    return context.prompt([{ prompt: "Password: ", echo: false }], ([answer]) => judge(answer ?? ""));
  }
  const wanted = options.publicKey?.split(" ")[1];
  const key = context.key?.data.toString("base64");
  if (context.method === "publickey" && key && !context.signature) host.keys.push(key);
  if (context.method === "publickey" && wanted && key === wanted) return context.accept();
  refuse();
}

export const FACTS = {
  protocol: 1,
  powershell: "5.1.17763.1",
  pid: 4711,
  name: "EDGE01",
  fqdn: "edge01.contoso.com",
  role: "Edge",
  exchange: "15.2.1544.4",
  elevated: true,
  account: "EDGE01\\admin",
  utc: "2026-01-01T00:00:00Z",
  boot: "2026-01-01T00:00:00Z",
  culture: "en-US",
  folder: "C:\\ProgramData\\PulumiExchange",
  fence: 0,
};

export interface FakeRequest {
  id: number;
  op: string;
  params: Record<string, unknown>;
  fence?: number;
  key?: string;
}

/** Answers a request with a reply's fields, or with nothing. */
export type Answer = (request: FakeRequest, channel: ServerChannel) => object | undefined;

export interface FakeAgentOptions {
  facts?: Record<string, unknown>;
  banner?: string | Buffer;
  answer?: Answer;
}

export type FakeAgent = Program & {
  requests: FakeRequest[];
  starts: number;
  /** Resolves once an agent's input has ended. */
  ended: Promise<void>;
};

/** A program that behaves like the agent: script line in, ready line out, then requests. */
export function fakeAgent(options: FakeAgentOptions = {}): FakeAgent {
  let end!: () => void;
  const ended = new Promise<void>((resolve) => (end = resolve));
  const run = (channel: ServerChannel): void => {
    program.starts++;
    if (options.banner) channel.write(options.banner);
    let buffer = "";
    let ready = false;
    channel.on("data", (chunk: Buffer) => {
      buffer += chunk.toString("utf8");
      for (let end = buffer.indexOf("\n"); end >= 0; end = buffer.indexOf("\n")) {
        const line = buffer.slice(0, end);
        buffer = buffer.slice(end + 1);
        if (ready) reply(JSON.parse(line) as FakeRequest, channel);
        else {
          ready = true;
          const agent = createHash("sha256").update(Buffer.from(line, "base64")).digest("hex");
          channel.write(JSON.stringify({ event: "ready", ...FACTS, agent, ...options.facts }) + "\n");
        }
      }
    });
    channel.on("end", () => {
      end();
      channel.exit(0);
      channel.end();
    });
    channel.on("error", () => undefined);
  };
  const program: FakeAgent = Object.assign(run, { requests: [], starts: 0, ended });
  const reply = (request: FakeRequest, channel: ServerChannel): void => {
    program.requests.push(request);
    const given = options.answer ? options.answer(request, channel) : { ok: true, value: { echo: request.params } };
    if (given) channel.write(JSON.stringify({ id: request.id, ...given }) + "\n");
  };
  return program;
}
