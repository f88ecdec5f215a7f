import assert from "node:assert/strict";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { once } from "node:events";
import { ExchangeError } from "../../../provider/base/errors";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { keyPair, startFakeHost, type FakeHost, type FakeHostOptions } from "./fakeHost";

const opened: { close(): unknown }[] = [];
async function host(options: FakeHostOptions = {}): Promise<FakeHost> {
  const started = await startFakeHost({ password: "Pa55-word-of-the-host", ...options });
  opened.push(started);
  return started;
}
async function open(...args: Parameters<typeof connectSsh>): Promise<SshConnection> {
  const connection = await connectSsh(...args);
  opened.unshift(connection);
  return connection;
}
async function refusal(task: Promise<unknown>): Promise<ExchangeError> {
  const error = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  return error;
}
async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  opened.push({ close: () => (sockets.forEach((socket) => socket.destroy()), server.close()) });
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("SSH connections", () => {
  afterEach(async () => {
    for (const item of opened.splice(0)) await item.close();
  });

  it("logs on with a password, runs a program, and says how it ended", async () => {
    const server = await host({
      program: (channel, command) => {
        channel.stderr.write("a warning");
        channel.write(`ran ${command}`);
        channel.exit(3);
        channel.end();
      },
    });
    const ssh = await open(server.connection);
    const program = await ssh.exec("do it");
    let out = "";
    program.stream.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const { code } = await program.ended;
    assert.equal(code, 3);
    assert.equal(out, "ran do it");
    assert.equal(program.stderr(), "a warning");
  });

  for (const type of ["ed25519", "ecdsa", "rsa"] as const) {
    it(`logs on with a key and verifies a host key of type ${type}`, async () => {
      const user = keyPair(type, "user");
      const server = await host({ hostKeys: [keyPair(type).private], publicKey: user.public, methods: ["publickey"] });
      const ssh = await open({ ...server.connection, password: undefined, privateKey: user.private });
      assert(ssh.isOpen);
    });
  }

  it("answers a keyboard-interactive prompt", async () => {
    const server = await host({ methods: ["keyboard-interactive"] });
    await open(server.connection);
    assert.deepEqual(server.passwords, ["Pa55-word-of-the-host"]);
  });

  it("asks a server with several host keys for the pinned one", async () => {
    const server = await host({ hostKeys: [keyPair("ed25519").private, keyPair("rsa").private] });
    await open({ ...server.connection, hostKey: keyPair("rsa").public });
  });

  it("refuses a server whose key is another one, and sends it no password", async () => {
    const server = await host();
    const error = await refusal(connectSsh({ ...server.connection, hostKey: keyPair("ed25519", "other").public }));
    assert.equal(error.code, "HOST_KEY_CHANGED");
    assert.match(error.message, /SHA256:\S+.*SHA256:\S+/);
    assert.deepEqual(server.passwords, []);
  });

  it("does not connect without a trusted key", async () => {
    const server = await host();
    const error = await refusal(connectSsh({ ...server.connection, hostKey: undefined }));
    assert.equal(error.code, "HOST_KEY_REQUIRED");
    assert.equal(server.connects, 0);
  });

  for (const methods of [["password"], ["keyboard-interactive"], ["password", "keyboard-interactive"]] as const) {
    it(`sends a wrong password once in a process (${methods.join(" and ")})`, async () => {
      const server = await host({ methods: [...methods] });
      const wrong = { ...server.connection, password: `wrong for ${methods.join()}` };
      const errors = await Promise.all([1, 2, 3].map(() => refusal(connectSsh(wrong))));
      errors.push(await refusal(connectSsh(wrong)));
      assert.deepEqual(
        errors.map((error) => error.code),
        Array(4).fill("LOGIN_FAILED"),
      );
      assert.deepEqual(server.passwords, [wrong.password]);
      assert(errors.every((error) => !error.message.includes(wrong.password)));
      await open(server.connection);
    });
  }

  it("refuses SHA-1, CBC and plain MACs in words", async () => {
    const cases: [FakeHostOptions, RegExp][] = [
      [{ hostKeys: [keyPair("rsa").private], algorithms: { serverHostKey: ["ssh-rsa"] } }, /host key type/],
      [{ algorithms: { cipher: ["aes256-cbc"] } }, /cipher/],
      [{ algorithms: { cipher: ["aes256-ctr"], hmac: ["hmac-sha1"] } }, /message authentication/],
      [{ algorithms: { kex: ["diffie-hellman-group14-sha1"] } }, /key exchange/],
    ];
    for (const [options, text] of cases) {
      const server = await host(options);
      const error = await refusal(connectSsh(server.connection));
      assert.equal(error.code, "SSH_ALGORITHMS");
      assert.match(error.message, text);
      assert.deepEqual(server.passwords, []);
    }
  });

  it("says what is wrong with an address that refuses or never answers", async () => {
    const server = createServer();
    const port = await listen(server);
    const silent = await refusal(connectSsh({ host: "127.0.0.1", port, user: "u", hostKey: keyPair("ed25519").public }, { connect: 100 }));
    assert.equal(silent.code, "HOST_UNREACHABLE");
    server.close();
    const refused = await refusal(connectSsh({ host: "127.0.0.1", port, user: "u", hostKey: keyPair("ed25519").public }));
    assert.equal(refused.code, "HOST_UNREACHABLE");
    assert.match(refused.message, /refused/);
  });

  it("tries again when a server drops the connection unheard (MaxStartups)", async () => {
    const server = await host();
    let dropped = 0;
    const door = createServer((socket) => {
      socket.on("error", () => undefined);
      if (dropped++ < 2) return void socket.destroy();
      const inner = connect(server.port, "127.0.0.1");
      inner.on("error", () => socket.destroy());
      socket.pipe(inner).pipe(socket);
    });
    const port = await listen(door);
    const ssh = await open({ ...server.connection, port }, { retry: 1 });
    assert(ssh.isOpen);
    assert.equal(dropped, 3);
    ssh.close();
  });

  it("goes through a chain of jump hosts and verifies each", async () => {
    const target = await host({ hostKeys: [keyPair("ecdsa").private] });
    const second = await host();
    const first = await host({ hostKeys: [keyPair("ed25519", "first").private] });
    const proxy = { ...second.connection, proxy: first.connection };
    const ssh = await open({ ...target.connection, proxy });
    assert(ssh.isOpen);
    const untrusted = { ...second.connection, hostKey: keyPair("ed25519", "other").public, proxy: first.connection };
    const before = target.connects;
    assert.equal((await refusal(connectSsh({ ...target.connection, proxy: untrusted }))).code, "HOST_KEY_CHANGED");
    assert.equal(target.connects, before);
    ssh.close();
  });

  it("opens at most 8 connections at once through a jump host", async () => {
    const jump = await host();
    const target = await host();
    const all = await Promise.all(Array.from({ length: 20 }, () => open({ ...target.connection, proxy: jump.connection })));
    assert.equal(all.length, 20);
    assert.equal(jump.connects, 20);
    assert(jump.openingMost <= 8, `${jump.openingMost} at once`);
    assert(target.openingMost <= 8);
    for (const ssh of all) ssh.close();
  });

  it("forwards to a door behind the host, and refuses in words when there is none", async () => {
    const server = await host();
    const door = createServer((socket) => socket.end("hello from inside"));
    const port = await listen(door);
    const ssh = await open(server.connection);
    const stream = await ssh.forward("127.0.0.1", port);
    let text = "";
    for await (const chunk of stream) text += String(chunk);
    assert.equal(text, "hello from inside");
    door.close();
    const error = await refusal(ssh.forward("127.0.0.1", port));
    assert.equal(error.code, "HOST_UNREACHABLE");
  });

  it("notices a peer that went silent, by keepalive", async () => {
    const server = await host();
    const door = createServer((socket) => {
      const inner = connect(server.port, "127.0.0.1");
      socket.on("error", () => undefined).pipe(inner);
      inner.on("error", () => undefined).pipe(socket);
      stall = () => {
        socket.unpipe();
        inner.unpipe();
      };
    });
    let stall = (): void => undefined;
    const port = await listen(door);
    const ssh = await open({ ...server.connection, port }, { keepalive: 20, keepaliveCount: 2 });
    stall();
    assert.match(await ssh.closed, /stopped answering/);
    const error = await refusal(ssh.exec("x"));
    assert.equal(error.code, "CONNECTION_LOST");
  });

  it("reports a connection that the server ends", async () => {
    const server = await host();
    const ssh = await open(server.connection);
    for (const client of server.clients) client.end();
    assert.match(await ssh.closed, /server/);
    assert.equal((await refusal(ssh.forward("127.0.0.1", 1))).code, "CONNECTION_LOST");
  });

  it("goes on without an agent that cannot be reached", async () => {
    const server = await host();
    await open({ ...server.connection, agentSocketPath: "/nonexistent/agent.sock" });
  });
});
