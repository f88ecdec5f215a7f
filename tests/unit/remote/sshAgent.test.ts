/** Which keys of an agent are offered, and when. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findProgram } from "../../../lab/interop/programs";
import { ExchangeError } from "../../../provider/base/errors";
import type { ProxyConnection } from "../../../provider/remote/hosts";
import { connectSsh, type SshConnection } from "../../../provider/remote/ssh";
import { until } from "../../support/lab";
import { skipUnless } from "../../support/skip";
import { keyPair, startFakeHost, type FakeHost, type FakeHostOptions } from "./fakeHost";

const opened: { close(): unknown }[] = [];

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
const tools = findProgram("ssh-agent") && findProgram("ssh-add") && findProgram("ssh-keygen");
skipUnless(tools !== undefined, "ssh-agent, ssh-add or ssh-keygen is not installed").describe("keys of an agent", () => {
  const folder = mkdtempSync(join(tmpdir(), "px-agent-"));
  const agentSocketPath = join(folder, "agent.sock");
  const publics: string[] = [];
  const privates: string[] = [];
  let child: ReturnType<typeof spawn>;

  before(async () => {
    child = spawn(findProgram("ssh-agent")!, ["-D", "-a", agentSocketPath], { stdio: "ignore" });
    await until("ssh-agent listens", () => existsSync(agentSocketPath));
    for (const name of ["a", "b", "c"]) {
      const pair = keyPair("ed25519", `agent ${name}`);
      const file = join(folder, name);
      writeFileSync(file, pair.private, { mode: 0o600 });
      execFileSync(findProgram("ssh-add")!, [file], { env: { ...process.env, SSH_AUTH_SOCK: agentSocketPath }, stdio: "pipe" });
      publics.push(pair.public);
      privates.push(pair.private);
    }
  });
  after(() => {
    child.kill("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  afterEach(async () => {
    delete process.env.SSH_AUTH_SOCK;
    for (const item of opened.splice(0)) await item.close();
  });
  const blob = (line: string): string => line.split(" ")[1];

  it("come after the password, and SSH_AUTH_SOCK is the default", async () => {
    const server = await host({ publicKey: publics[2] });
    await open({ ...server.connection, agentSocketPath });
    assert.deepEqual(server.keys, []);
    process.env.SSH_AUTH_SOCK = agentSocketPath;
    await open({ ...server.connection, password: undefined });
    assert.deepEqual(server.keys, publics.map(blob));
  });

  it("are not offered before privateKey, nor is that one twice", async () => {
    const server = await host({ publicKey: publics[2] });
    await open({ ...server.connection, password: undefined, privateKey: privates[0], agentSocketPath });
    assert.deepEqual(server.keys, publics.map(blob));
  });

  it("one is named by its public half, and it alone is offered", async () => {
    const server = await host({ publicKey: publics[2] });
    await open({ ...server.connection, password: undefined, privateKey: `${publics[2]} admin@station`, agentSocketPath });
    assert.deepEqual(server.keys, [blob(publics[2])]);
    const absent = keyPair("ed25519", "not there").public;
    const error = await refusal(open({ ...server.connection, password: undefined, privateKey: absent, agentSocketPath }));
    assert.equal(error.code, "LOGIN_FAILED");
    assert.match(error.sentence, /does not hold the key/);
  });

  it("too many of them before the right one: said so, never the firewall", async () => {
    const server = await host({ publicKey: keyPair("ed25519", "right").public, refuseBy: "disconnect" });
    const error = await refusal(open({ ...server.connection, password: undefined, agentSocketPath }));
    assert.deepEqual([error.code, error.retryable], ["LOGIN_FAILED", true]);
    assert.match(error.sentence, /agent's keys \(3\)/);
    assert.match(error.hint, /MaxAuthTries.*privateKey/);
    assert(!/firewall/.test(error.message));
  });
});
