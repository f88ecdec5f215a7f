import { strict as assert } from "node:assert";
import { createServer } from "node:net";
import { Client, type ConnectConfig } from "ssh2";
import { generateHostKey } from "../../../../lab/doors/ssh/keys";
import type { ReadyHost } from "../../../../lab/start";
import { control, labForEach } from "../../../support/lab";
import { listen } from "../../../../lab/doors/listen";
import { connectSsh, exec, sshConfig, TestAgent } from "./client";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

describe("lab: the SSH door", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({
    organisation: (organisation = new FakeOrganisation()),
    ssh: {
      maxSessions: 2,
      hosts: { EDGE01: { maxSessions: 1, maxStartups: 1, banner: "Authorised use only\r\n", noise: "Willkommen\r\n" } },
    },
  }));
  const clients: Client[] = [];
  const open = async (config: ConnectConfig): Promise<Client> => {
    const client = await connectSsh(config);
    clients.push(client);
    return client;
  };
  afterEach(() => clients.splice(0).forEach((client) => client.destroy()));
  const host = (name: string): ReadyHost => lab().ready.hosts.find((item) => item.name === name)!;

  it("presents the host key of the ready line, and ecdsa as well", async () => {
    for (const [serverHostKey, type] of [
      ["ssh-ed25519", 0],
      ["ecdsa-sha2-nistp256", 1],
    ] as const) {
      let presented = "";
      const client = await open({
        ...sshConfig(lab(), "MBX01"),
        algorithms: { serverHostKey: [serverHostKey] },
        hostVerifier: (key: Buffer) => ((presented = key.toString("base64")), true),
      });
      client.end();
      assert.equal(`${serverHostKey} ${presented}`, lab().hosts.get("MBX01")!.ssh.keys[type].public);
    }
    assert.equal(host("MBX01").ssh.hostKey, lab().hosts.get("MBX01")!.ssh.keys[0].public);
    assert.notEqual(host("MBX01").ssh.hostKey, host("EDGE01").ssh.hostKey);
  });

  it("takes the password, keyboard-interactive and listed keys; nothing else", async () => {
    const config = sshConfig(lab(), "MBX01");
    await assert.rejects(open({ ...config, password: "wrong" }), /authentication/);
    await assert.rejects(open({ ...config, username: "guest" }), /authentication/);
    const client = new Client();
    clients.push(client);
    client.on("keyboard-interactive", (_name, _instructions, _lang, _prompts, finish) => finish([String(config.password)]));
    const interactive = new Promise<void>((resolve, reject) => client.once("ready", resolve).once("error", reject));
    client.connect({ host: config.host, port: config.port, username: config.username, tryKeyboard: true });
    await interactive;
    for (const pair of [generateHostKey("ed25519"), generateHostKey("ecdsa")]) {
      const key = { ...config, password: undefined, privateKey: pair.private };
      await assert.rejects(open(key), /authentication/);
      await fetch(`${lab().control}/authorized-keys`, {
        method: "POST",
        body: JSON.stringify({ host: "MBX01", keys: [`${pair.public} someone`] }),
      });
      await open(key);
    }
  });

  it("runs the agent's command line only", async () => {
    const client = await open(sshConfig(lab(), "MBX01"));
    let stderr = "";
    const code = await new Promise((resolve, reject) =>
      client.exec("whoami /all", (error, channel) => {
        if (error) return reject(error);
        channel.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
        channel.resume().once("close", resolve);
      }),
    );
    assert.equal(code, 1);
    assert.match(stderr, /'whoami' is not recognized as an internal or external command/);
    assert.equal((await control(lab()).history()).length, 0);
  });

  it("keeps MaxSessions, MaxStartups, a banner and text before the ready line", async () => {
    const banners: string[] = [];
    const config = sshConfig(lab(), "EDGE01");
    const client = new Client();
    clients.push(client);
    client.on("banner", (text) => banners.push(text));
    await new Promise<void>((resolve, reject) => client.once("ready", resolve).once("error", reject).connect(config));
    assert.deepEqual(banners, ["Authorised use only\r\n"]);
    const agent = await TestAgent.open(lab(), "EDGE01");
    clients.push(agent.client);
    assert.equal(agent.lines[0], "Willkommen\r");
    await assert.rejects(exec(agent.client, "second"), /open failure|Channel/);
    // An unauthenticated connection holds the one startup slot.
    const idle = await connectRaw(config);
    await assert.rejects(open({ ...config, readyTimeout: 2000 }), /ECONNRESET|closed|end|handshake|EPIPE|Connection lost/i);
    idle.destroy();
  });

  it("forwards names and ports to the simulated doors, localhost to the host itself", async () => {
    organisation.smtp = null;
    const client = await open(sshConfig(lab(), "MBX01"));
    assert.match(await greeting(client, "EDGE01", 25), /^220 edge01\.contoso\.com /);
    assert.match(await greeting(client, "edge01.contoso.com", 25), /^220 edge01\.contoso\.com /);
    assert.match(await greeting(client, "localhost", 25), /^220 mbx01\.contoso\.com /);
    assert.match(await greeting(client, "EDGE01", 22), /^SSH-2\.0-/);
    await assert.rejects(greeting(client, "EDGE01", 50636), /refused|failure/i);
    await assert.rejects(greeting(client, "192.0.2.1", 80), /refused|failure/i);
    await organisation.service.stop("MBX01", "MSExchangeTransport");
    await assert.rejects(greeting(client, "127.0.0.1", 25), /refused|failure/i);
    const real = createServer((socket) => socket.end("real\r\n"));
    const port = await listen(real, "127.0.0.1");
    assert.equal(await greeting(client, "localhost", port), "real\r\n");
    real.close();
  });

  it("counts connections, sessions and processes", async () => {
    const agent = await TestAgent.open(lab(), "MBX01");
    clients.push(agent.client);
    const response = await fetch(`${lab().control}/connections`);
    assert.deepEqual(await response.json(), [
      { host: "MBX01", authenticated: true, logon: "password", sessions: 1, forwards: [], open: true },
    ]);
    assert.equal(lab().hosts.get("MBX01")!.host.processCount, 1);
  });
});

async function connectRaw(config: ConnectConfig): Promise<import("node:net").Socket> {
  const { connect } = await import("node:net");
  const socket = connect(config.port!, config.host);
  await new Promise((resolve) => socket.once("data", resolve));
  return socket;
}

function greeting(client: Client, name: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    client.forwardOut("127.0.0.1", 0, name, port, (error, channel) => {
      if (error) return reject(error);
      channel.once("data", (chunk: Buffer) => {
        channel.destroy();
        resolve(chunk.toString());
      });
      channel.once("close", () => reject(new Error("closed without a word")));
    });
  });
}
