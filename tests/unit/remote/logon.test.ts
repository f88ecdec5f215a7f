/** Accounts get locked: a password that was refused, in whatever way, is sent once in a process. */
import assert from "node:assert/strict";
import { createServer, type AddressInfo } from "node:net";
import { ExchangeError } from "../../../provider/base/errors";
import { readDirectory } from "../../../provider/directory";
import { useAgentScript } from "../../../provider/remote/agentScript";
import type { ProxyConnection } from "../../../provider/remote/hosts";
import { closeAll, openSession } from "../../../provider/remote/sessions";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { defaultAgent, WINDOWS_AGENT } from "../../../provider/remote/sshAgent";
import { fakeAgent, keyPair, startFakeHost, type FakeHost, type FakeHostOptions } from "./fakeHost";

const opened: { close(): unknown }[] = [];
let made = 0;

async function host(options: FakeHostOptions = {}): Promise<FakeHost> {
  options.password ??= "Pa55-word-of-the-host";
  const started = await startFakeHost(options);
  opened.push(started);
  return started;
}
async function open(connection: ProxyConnection): Promise<SshConnection> {
  const ssh = await connectSsh(connection, { retry: 1 });
  opened.unshift(ssh);
  return ssh;
}
async function refusal(task: Promise<unknown>): Promise<ExchangeError> {
  const error = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  return error;
}
/** Gates live as long as the process, so every test has a password of its own. */
const fresh = (): string => `wrong-${++made}`;

describe("logons", () => {
  let socket: string | undefined;
  before(() => {
    socket = process.env.SSH_AUTH_SOCK;
    delete process.env.SSH_AUTH_SOCK;
  });
  after(() => {
    if (socket !== undefined) process.env.SSH_AUTH_SOCK = socket;
  });
  afterEach(async () => {
    for (const item of opened.splice(0)) await item.close();
  });

  for (const refuseBy of ["disconnect", "close"] as const) {
    for (const methods of [["password"], ["keyboard-interactive"]] as const) {
      it(`a server that answers a wrong password by ${refuseBy} is a refused logon (${methods[0]}), once`, async () => {
        const server = await host({ refuseBy, methods: [...methods] });
        const wrong = { ...server.connection, password: fresh() };
        const errors = [
          await refusal(open(wrong)),
          ...(await Promise.all([1, 2].map(() => refusal(open(wrong))))),
          await refusal(open(wrong)),
        ];
        assert.deepEqual(
          errors.map(({ code, retryable }) => [code, retryable]),
          Array(4).fill(["LOGIN_FAILED", false]),
        );
        assert.deepEqual(server.passwords, [wrong.password]);
        assert(errors.every(({ message }) => !/firewall/i.test(message) && !message.includes(wrong.password)));
        await open(server.connection);
      });
    }
  }

  it("a logon with a password that is never answered counts as refused, too", async () => {
    const server = await host({ refuseBy: "silence" });
    const wrong = { ...server.connection, password: fresh() };
    const first = await refusal(connectSsh(wrong, { connect: 300 }));
    assert.equal(first.code, "LOGIN_FAILED");
    assert.match(first.sentence, /did not answer/);
    assert.equal((await refusal(connectSsh(wrong, { connect: 300 }))).code, "LOGIN_FAILED");
    assert.equal(server.passwords.length, 1);
  });

  it("a password that has worked stays good when a later logon breaks off", async () => {
    const options: FakeHostOptions = {};
    const server = await host(options);
    (await open(server.connection)).close();
    const right = server.connection.password as string;
    options.password = "changed meanwhile";
    options.refuseBy = "close";
    const broken = await refusal(open(server.connection));
    assert.deepEqual([broken.code, broken.retryable], ["HOST_UNREACHABLE", true]);
    Object.assign(options, { password: right, refuseBy: undefined });
    await open(server.connection);
  });

  it("a key on which the server hangs up is a refused logon, and may be tried again", async () => {
    const options: FakeHostOptions = { refuseBy: "disconnect", publicKey: keyPair("ed25519", "other").public };
    const server = await host(options);
    const connection = { ...server.connection, password: undefined, privateKey: keyPair("ed25519", "user").private };
    const error = await refusal(open(connection));
    assert.deepEqual([error.code, error.retryable], ["LOGIN_FAILED", true]);
    assert.match(error.hint, /administrators_authorized_keys/);
    options.publicKey = keyPair("ed25519", "user").public;
    await open(connection);
  });

  const accounts: [string, string, string, number][] = [
    ["the same domain account", "CONTOSO\\svc-a", "CONTOSO\\svc-a", 0],
    ["one account in two spellings", "CONTOSO\\svc-b", "SVC-B@contoso.com", 0],
    ["a bare name, which may be the domain's", "svc-c", "svc-c", 0],
    ["local accounts", ".\\admin-d", ".\\admin-d", 1],
    ["accounts of two domains", "CONTOSO\\svc-e", "FABRIKAM\\svc-e", 1],
  ];
  for (const [what, one, other, sent] of accounts) {
    it(`a password that one server refused goes to another ${sent ? "" : "not "}(${what})`, async () => {
      const password = fresh();
      const [first, second] = [await host(), await host()];
      await refusal(open({ ...first.connection, user: one, password }));
      const error = await refusal(open({ ...second.connection, name: "EDGE02", user: other, password } as ProxyConnection));
      assert.equal(error.code, "LOGIN_FAILED");
      assert.deepEqual([first.passwords.length, second.passwords.length], [1, sent]);
      if (!sent) assert.match(error.sentence, /127\.0\.0\.1 refused this password .* not sent to EDGE02/);
      assert.equal(/EDGE02\\svc-c/.test(error.hint), !sent && !/[\\@]/.test(other), "a bare name: how a local account is written");
    });
  }

  it("five servers asked at once get a domain account's wrong password once", async () => {
    const password = fresh();
    const servers = await Promise.all([1, 2, 3, 4, 5].map(() => host({ refuseBy: "disconnect" })));
    const errors = await Promise.all(
      servers.map(({ connection }) => refusal(open({ ...connection, user: "CONTOSO\\svc-five", password }))),
    );
    assert(errors.every(({ code }) => code === "LOGIN_FAILED"));
    assert.equal(servers.flatMap((server) => server.passwords).length, 1);
  });

  it("a password that worked at one server is sent once to one that refuses it", async () => {
    const user = "CONTOSO\\svc-good";
    const [good, bad] = [await host({ user }), await host({ user: "nobody" })];
    const password = good.connection.password as string;
    await open(good.connection);
    for (const _time of [1, 2]) {
      assert.equal((await refusal(open({ ...bad.connection, user, password }))).code, "LOGIN_FAILED");
    }
    assert.equal(bad.passwords.length, 1);
    await open(good.connection);
  });

  it("what SSH refused is sent neither to Exchange's shell nor to the directory", async () => {
    const password = fresh();
    const edge = await host({ refuseBy: "close" });
    await refusal(open({ ...edge.connection, user: "CONTOSO\\svc-all", password }));
    const agent = fakeAgent({ facts: { role: "Mailbox" } });
    const mailbox = await host({ program: agent });
    useAgentScript("# agent");
    const exchangeCredential = { user: "svc-all@contoso.com", password };
    const session = await openSession({ ...mailbox.connection, exchangeCredential });
    assert.equal((await refusal(session.invoke("Get-ExchangeCertificate", {}, []))).code, "LOGIN_FAILED");
    assert.deepEqual(agent.requests, []);
    await closeAll();
    useAgentScript();
    let connects = 0;
    const directory = createServer((client) => (connects++, client.destroy()));
    await new Promise<void>((resolve) => directory.listen(0, "127.0.0.1", resolve));
    opened.push(directory);
    const url = `ldap://127.0.0.1:${(directory.address() as AddressInfo).port}`;
    const bindDn = "CN=svc-all,OU=Service,DC=contoso,DC=com";
    assert.equal((await refusal(readDirectory({ url, bindDn, password }))).code, "LOGIN_FAILED");
    assert.equal(connects, 0);
  });

  it("a shell that refuses its credential once is not given it again by another server", async () => {
    const exchangeCredential = { user: "CONTOSO\\svc-shell", password: fresh() };
    const answer = (): object => ({ ok: false, error: { class: "ShellUnavailable", message: "Zugriff verweigert" } });
    const agents = [fakeAgent({ facts: { role: "Mailbox" }, answer }), fakeAgent({ facts: { role: "Mailbox" }, answer })];
    useAgentScript("# agent");
    for (const program of agents) {
      const { connection } = await host({ program });
      const session = await openSession({ ...connection, exchangeCredential });
      await refusal(session.invoke("Get-ExchangeCertificate", {}, []));
    }
    await closeAll();
    useAgentScript();
    assert.deepEqual(
      agents.map(({ requests }) => requests.length),
      [1, 0],
    );
  });

  it("a host that boots is tried again within dialErrorLimit; -1 has no end", async () => {
    const door = createServer();
    await new Promise<void>((resolve) => door.listen(0, "127.0.0.1", resolve));
    const { port } = door.address() as AddressInfo;
    await new Promise((resolve) => door.close(resolve));
    const server = await host();
    const refused = await refusal(connectSsh({ ...server.connection, port, dialErrorLimit: 2 }, { retry: 1 }));
    assert.equal(refused.code, "HOST_UNREACHABLE");
    const waiting = connectSsh({ ...server.connection, port, dialErrorLimit: -1 }, { retry: 1 });
    const booted = createServer((client) => client.destroy());
    await new Promise<void>((resolve) => booted.listen(port, "127.0.0.1", resolve));
    opened.push(booted);
    booted.removeAllListeners("connection");
    booted.on("connection", (client) => {
      const inner = new (client.constructor as new () => typeof client)().connect(server.port, "127.0.0.1");
      client.pipe(inner).pipe(client);
      for (const end of [client, inner]) end.on("error", () => undefined);
    });
    const ssh = await waiting;
    assert(ssh.isOpen);
    ssh.close();
  });

  it("knows where an agent is by default, on Windows too", () => {
    assert.equal(defaultAgent({ SSH_AUTH_SOCK: "/run/agent" }, "linux"), "/run/agent");
    assert.equal(
      defaultAgent({}, "linux", () => true),
      undefined,
    );
    assert.equal(
      defaultAgent({}, "win32", (path) => path === WINDOWS_AGENT),
      WINDOWS_AGENT,
    );
    assert.equal(defaultAgent({ SSH_AUTH_SOCK: "pageant" }, "win32"), "pageant");
  });
});
