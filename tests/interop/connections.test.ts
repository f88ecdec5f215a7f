/** Connections to OpenSSH's sshd as administrators configure it, and what it says to those that it turns away. */
import assert from "node:assert/strict";
import { SshServers, refusal } from "../support/interop/sshServers";
import { passwordMissing, sshdMissing } from "../support/interop/contoso";
import { until } from "../support/lab";
import { quietly } from "../support/interop/output";
import { skipUnless } from "../support/skip";
import { startAgent } from "../../provider/remote/agentClient";
import { existsSync } from "node:fs";
import { findProgram } from "../../lab/interop/programs";
import type { HostKeyName, Sshd } from "../../lab/interop/sshd";

/** sshd's log says so, in its own time. */
const accepted = (server: Sshd, method: string, times = 1): Promise<unknown> =>
  until(`${times} × Accepted ${method}`, () => server.log().split(`Accepted ${method}`).length - 1 === times);

const SCRIPT = "# an agent";

skipUnless(sshdMissing === undefined, sshdMissing ?? "").describe("connections to real sshd", () => {
  let servers: SshServers;
  quietly();
  before(() => (servers = new SshServers()));
  after(() => servers.close());
  afterEach(() => servers.stop());

  for (const type of ["ed25519", "ecdsa", "rsa"] as const satisfies HostKeyName[]) {
    it(`verifies a host key of type ${type}`, async () => {
      const server = await servers.start({ hostKeys: [type] });
      const ssh = await servers.connect(servers.connection(server));
      assert.equal(await servers.run(ssh, "echo inside"), "inside\n");
      const other = await servers.start({ hostKeys: [type] });
      const error = await refusal(servers.connect({ ...servers.connection(server), hostKey: other.hostKeys[0] }), "HOST_KEY_CHANGED");
      assert.equal(error.message.match(/SHA256:\S+/g)?.length, 2, error.message);
    });
  }

  it("asks a server with several keys for the pinned one", async () => {
    const server = await servers.start({ hostKeys: ["ed25519", "ecdsa", "rsa"] });
    for (const hostKey of server.hostKeys) await servers.connect({ ...servers.connection(server), hostKey });
  });

  const outdated: [string, string[], RegExp][] = [
    ["SHA-1 signatures of its host key", ["HostKeyAlgorithms ssh-rsa"], /host key type/],
    ["CBC", ["Ciphers aes256-cbc,aes128-cbc,3des-cbc"], /cipher/],
    ["SHA-1 MACs", ["Ciphers aes256-ctr", "MACs hmac-sha1,hmac-sha1-etm@openssh.com"], /message authentication/],
    ["SHA-1 key exchange", ["KexAlgorithms diffie-hellman-group14-sha1"], /key exchange/],
  ];
  for (const [what, settings, words] of outdated) {
    it(`refuses in words a server that offers only ${what}`, async () => {
      const server = await servers.start({ hostKeys: ["rsa"], settings });
      assert.match((await refusal(servers.connect(servers.connection(server)), "SSH_ALGORITHMS")).message, words);
      assert.doesNotMatch(server.log(), /Accepted/);
    });
  }

  it("signs with an RSA key by SHA-2, and refuses a server that wants SHA-1", async () => {
    const key = servers.rsaKey();
    const good = await servers.start({ authorizedKeys: [key.publicKey] });
    await servers.connect({ ...servers.connection(good), privateKey: key.privateKey });
    await accepted(good, "publickey");
    const old = await servers.start({ authorizedKeys: [key.publicKey], settings: ["PubkeyAcceptedAlgorithms ssh-rsa"] });
    const refused = servers.connect({ ...servers.connection(old), privateKey: key.privateKey });
    const error = await refused.then(
      () => assert.fail("was accepted"),
      (reason: unknown) => reason as { code: string },
    );
    assert(["SSH_ALGORITHMS", "LOGIN_FAILED"].includes(error.code), String(error));
    assert.doesNotMatch(old.log(), /Accepted publickey/);
  });

  skipUnless(findProgram("ssh-agent") !== undefined, "ssh-agent is not installed").it(
    "logs on with a key that only an agent holds",
    async () => {
      const server = await servers.start();
      const agent = await servers.agent();
      await servers.connect({ ...servers.connection(server), privateKey: undefined, agentSocketPath: agent.socket });
      await accepted(server, "publickey");
      agent.stop();
      const gone = { ...servers.connection(server), privateKey: undefined, agentSocketPath: agent.socket };
      await refusal(servers.connect(gone), "LOGIN_FAILED");
    },
  );

  it("goes through two jump hosts and forwards from the last", async () => {
    const [target, second, first] = [
      await servers.start(),
      await servers.start({ hostKeys: ["ecdsa"] }),
      await servers.start({ hostKeys: ["rsa"] }),
    ];
    const proxy = { ...servers.connection(second), proxy: servers.connection(first) };
    const ssh = await servers.connect({ ...servers.connection(target), proxy });
    assert.equal(await servers.run(ssh, "echo behind"), "behind\n");
    const stream = await ssh.forward("127.0.0.1", first.port);
    const [greeting] = (await stream.take(1).toArray()) as Buffer[];
    assert.match(greeting.toString(), /^SSH-2\.0-OpenSSH/);
    await accepted(target, "publickey");
    const untrusted = { ...servers.connection(second), hostKey: first.hostKeys[0], proxy: servers.connection(first) };
    await refusal(servers.connect({ ...servers.connection(target), proxy: untrusted }), "HOST_KEY_CHANGED");
  });

  it("goes through a jump host to a server that forbids forwarding", async () => {
    const [target, jump] = [await servers.start({ settings: ["AllowTcpForwarding no"] }), await servers.start()];
    const ssh = await servers.connect({ ...servers.connection(target), proxy: servers.connection(jump) });
    await refusal(ssh.forward("127.0.0.1", target.port), "FORWARDING_REFUSED");
    assert(ssh.isOpen, "a refused forwarding costs the forwarding alone");
    const open = await servers.connect(servers.connection(jump));
    await refusal(open.forward("127.0.0.1", 1), "HOST_UNREACHABLE");
  });

  it("opens twelve connections at a time with MaxStartups 3", async () => {
    const server = await servers.start({ settings: ["MaxStartups 3"] });
    const host = { ...servers.connection(server), dialErrorLimit: 10 };
    const all = await Promise.all(Array.from({ length: 12 }, () => servers.connect(host, { retry: 50 })));
    assert(all.every((connection) => connection.isOpen));
    await accepted(server, "publickey", 12);
  });

  it("runs one program and any number of forwardings with MaxSessions 1", async () => {
    const server = await servers.start({ settings: ["MaxSessions 1"] });
    const ssh = await servers.connect(servers.connection(server));
    const first = await ssh.exec("cat");
    first.stream.resume();
    await refusal(ssh.exec("cat"), "HOST_UNREACHABLE");
    const streams = await Promise.all(Array.from({ length: 8 }, () => ssh.forward("127.0.0.1", server.port)));
    for (const stream of streams) stream.destroy();
    first.stream.end();
    assert.equal((await first.ended).code, 0);
  });

  it("notices when sshd's session is killed", async () => {
    const server = await servers.start();
    const ssh = await servers.connect(servers.connection(server));
    await ssh.exec("kill -9 $PPID; cat");
    await ssh.closed;
    await refusal(ssh.exec("true"), "CONNECTION_LOST");
  });

  const unfit: [string, string, Parameters<typeof refusal>[1], RegExp][] = [
    ["without PowerShell", "", "POWERSHELL_MISSING", /powershell\.exe/],
    ["whose PowerShell dies at once", "exit 3", "AGENT_PROTOCOL", /exit code 3/],
    ["whose PowerShell is killed", "kill -9 $$", "AGENT_PROTOCOL", /ended/],
    ["whose PowerShell prints half a line and ends", `printf '{"event":"rea'`, "AGENT_PROTOCOL", /rea/],
    ["whose banner has no end", "yes banner", "AGENT_PROTOCOL", /banner/],
    ["whose banner is one line without end", "yes | tr -d '\\n'", "AGENT_PROTOCOL", /yyy/],
    ["that says nothing", "cat >/dev/null", "AGENT_PROTOCOL", /not ready/],
    ["that echoes what it gets", "cat", "AGENT_PROTOCOL", /not ready/],
    ["that prints an OEM code page and ends", "printf 'Zugriff verweigert f\\201r \\204\\r\\n'; exit 1", "AGENT_PROTOCOL", /Zugriff/],
  ];
  for (const [what, body, code, words] of unfit) {
    it(`ends in words on a host ${what}`, async () => {
      const path = servers.program("powershell.exe", body);
      const server = await servers.start({
        path: body === "" ? undefined : path,
        settings: body === "" ? ["SetEnv PATH=/usr/bin:/bin"] : [],
      });
      const ssh = await servers.connect(servers.connection(server));
      assert.match((await refusal(startAgent(ssh, { script: SCRIPT, host: "EDGE01", startMs: 1500 }), code)).message, words);
    });
  }
});

skipUnless(passwordMissing === undefined, passwordMissing ?? "").describe("passwords at real sshd", () => {
  let servers: SshServers;
  before(() => (servers = new SshServers()));
  after(() => servers.close());
  afterEach(() => servers.stop());

  it("logs on with a password behind a jump host with a key", async () => {
    const [target, jump] = [await servers.start({ methods: ["password"] }), await servers.start()];
    await servers.connect({ ...servers.withPassword(target), proxy: servers.connection(jump) });
    await accepted(target, "password");
  });

  it("sends a wrong password once in a run, whoever asks", async () => {
    const server = await servers.start({ methods: ["password"] });
    const wrong = { ...servers.withPassword(server), password: "not-the-password" };
    await Promise.all([1, 2, 3].map(() => refusal(servers.connect(wrong), "LOGIN_FAILED")));
    const error = await refusal(servers.connect(wrong), "LOGIN_FAILED");
    await until("sshd saw the password", () => server.log().includes("Failed password"));
    assert.equal(server.log().match(/Failed password/g)?.length, 1, server.log());
    assert(!error.message.includes("not-the-password"));
  });

  it("takes a server that hangs up on a wrong password for one that refused it, once", async () => {
    const server = await servers.start({ methods: ["password"], settings: ["MaxAuthTries 1"] });
    const wrong = { ...servers.withPassword(server), password: "not-the-password-either" };
    await Promise.all([1, 2, 3].map(() => refusal(servers.connect(wrong), "LOGIN_FAILED")));
    await refusal(servers.connect(wrong), "LOGIN_FAILED");
    await until("sshd saw the password", () => server.log().includes("Failed password"));
    assert.equal(server.log().match(/Failed password/g)?.length, 1, server.log());
    await servers.connect(servers.withPassword(server));
    await accepted(server, "password");
  });

  it("offers the password before an agent's keys, which MaxAuthTries 1 would not allow", async () => {
    const server = await servers.start({ settings: ["MaxAuthTries 1"], authorizedKeys: [] });
    const agent = await servers.agent();
    await servers.connect({ ...servers.withPassword(server), agentSocketPath: agent.socket });
    await accepted(server, "password");
    const keys = { ...servers.connection(server), privateKey: undefined, agentSocketPath: agent.socket };
    const error = await refusal(servers.connect(keys), "LOGIN_FAILED");
    assert.deepEqual([error.retryable, /Too many authentication failures/.test(error.sentence)], [true, true], error.message);
  });

  skipUnless(existsSync("/etc/pam.d/sshd"), "sshd has no PAM configuration").it("answers keyboard-interactive", async () => {
    const server = await servers.start({ methods: ["keyboard-interactive"] });
    await servers.connect(servers.withPassword(server));
    await accepted(server, "keyboard-interactive");
  });
});
