/** Errors name the server as the program declares it, not the address that leads to it. */
import assert from "node:assert/strict";
import { ExchangeError } from "../../../provider/base/errors";
import { useAgentScript } from "../../../provider/remote/agentScript";
import type { HostConnection } from "../../../provider/remote/hosts";
import { closeAll, openSession } from "../../../provider/remote/sessions";
import { connectSsh } from "../../../provider/remote/ssh";
import { fakeAgent, keyPair, startFakeHost, type FakeAgentOptions, type FakeHost, type Program } from "./fakeHost";

const NAME = "EDGE07";
let server: FakeHost;

async function declared(more: Partial<HostConnection> = {}, program?: Program): Promise<HostConnection> {
  server = await startFakeHost({ password: "Pa55-word", program });
  return { ...server.connection, password: "Pa55-word", name: NAME, ...more };
}
const agentOf = (options: FakeAgentOptions): Program => fakeAgent(options);

async function refused(task: Promise<unknown>, code: string): Promise<string> {
  const error: unknown = await task.then(
    () => assert.fail("was accepted"),
    (reason: unknown) => reason,
  );
  assert(error instanceof ExchangeError, String(error));
  assert.deepEqual([error.code, error.host], [code, NAME]);
  assert.ok(error.sentence.includes(NAME), error.sentence);
  return error.sentence;
}

describe("names of servers in errors", () => {
  before(() => useAgentScript("# agent"));
  after(() => useAgentScript());
  afterEach(async () => {
    await closeAll();
    await server.close();
  });

  const early: [string, string, () => Promise<HostConnection>][] = [
    ["no key to compare with", "HOST_KEY_REQUIRED", () => declared({ hostKey: undefined })],
    ["a known_hosts file that is not there", "HOST_KEY_REQUIRED", () => declared({ knownHosts: { file: "/nowhere/known_hosts" } })],
    ["known_hosts without the server", "HOST_KEY_REQUIRED", () => declared({ hostKey: undefined, knownHosts: "# nothing\n" })],
    ["another host key", "HOST_KEY_CHANGED", () => declared({ hostKey: keyPair("ed25519", "other").public })],
    ["no user", "INVALID_ARGUMENT", () => declared({ user: undefined })],
    ["a private key that is none", "SSH_KEY_UNREADABLE", () => declared({ privateKey: "-----BEGIN NOTHING-----" })],
    ["a wrong password", "LOGIN_FAILED", () => declared({ password: "wrong" })],
  ];
  for (const [what, code, connection] of early) {
    it(what, async () => {
      await refused(connectSsh(await connection()), code);
    });
  }

  it("a revoked key", async () => {
    const connection = await declared();
    const knownHosts = `@revoked [127.0.0.1]:${server.port} ${server.hostKey}\n`;
    await refused(connectSsh({ ...connection, knownHosts }), "HOST_KEY_REVOKED");
  });

  it("a password that was refused before", async () => {
    const connection = await declared({ password: "wrong twice" });
    await refused(connectSsh(connection), "LOGIN_FAILED");
    assert.match(await refused(connectSsh(connection), "LOGIN_FAILED"), /before in this run/);
  });

  it("a server that is off, with the address beside the name", async () => {
    const connection = await declared();
    await server.close();
    const sentence = await refused(connectSsh(connection), "HOST_UNREACHABLE");
    assert.ok(sentence.startsWith(`${NAME} (127.0.0.1:${server.port}) `), sentence);
  });

  it("a channel that the server refuses, and a connection that is over", async () => {
    const ssh = await connectSsh(await declared());
    await refused(ssh.forward("127.0.0.1", 1), "HOST_UNREACHABLE");
    ssh.close();
    await refused(ssh.exec("anything"), "CONNECTION_LOST");
  });

  it("an agent that refuses its host, and a program that ends at once", async () => {
    await refused(openSession(await declared({}, agentOf({ facts: { elevated: false } }))), "NOT_ELEVATED");
    await server.close();
    const ends: Program = (channel) => void (channel.exit(1), channel.end());
    await refused(openSession(await declared({}, ends)), "AGENT_PROTOCOL");
  });

  it("a server of another name is named by its own", async () => {
    const connection = await declared({ name: undefined });
    const error: unknown = await connectSsh({ ...connection, password: "not this" }).catch((reason: unknown) => reason);
    assert(error instanceof ExchangeError);
    assert.equal(error.host, "127.0.0.1");
    assert.ok(error.sentence.startsWith(`127.0.0.1:${server.port} `), error.sentence);
  });
});
