import assert from "node:assert/strict";
import { createServer } from "node:net";
import { once } from "node:events";
import { labForAll } from "../../support/lab";
import { decideHostKey } from "../../../provider/remote/hostKeys";
import { utils, type ParsedKey } from "ssh2";
import { cli } from "./support";

interface Printed {
  keys: { type: string; line: string; fingerprint: string }[];
}

describe("host-key", function () {
  this.timeout(30_000);
  const lab = labForAll(() => ({
    ssh: { hosts: { EDGE01: { hostKeyTypes: ["ed25519", "ecdsa", "rsa"] }, EDGE02: { hostKeyTypes: ["rsa"] } } },
  }));
  const portOf = (name: string): string => String(lab().hosts.get(name)!.ssh.port);

  it("prints the keys of all types and never logs on", async () => {
    const { code, out, err } = await cli(["host-key", "127.0.0.1", "--port", portOf("EDGE01"), "--json"]);
    assert.equal(code, 0, err);
    const { keys } = JSON.parse(out) as Printed;
    const door = lab().hosts.get("EDGE01")!.ssh;
    assert.deepEqual(
      keys.map((key) => key.line),
      door.keys.map((key) => key.public),
    );
    for (const { line, fingerprint } of keys) {
      const blob = (utils.parseKey(line) as ParsedKey).getPublicSSH();
      assert.ok(decideHostKey("edge01", 22, blob, { hostKey: line }).ok);
      assert.ok(decideHostKey("edge01", 22, blob, { hostKey: fingerprint }).ok);
    }
    assert.ok(door.connections.length >= 3);
    assert.ok(door.connections.every((connection) => !connection.authenticated && connection.logon === null));
  });

  it("prints nothing but lines to paste on stdout, and on stderr how to compare them", async () => {
    const { code, out, err } = await cli(["host-key", "127.0.0.1", "--port", portOf("EDGE02")]);
    assert.equal(code, 0);
    assert.equal(out, `${lab().hosts.get("EDGE02")!.ssh.keys[0].public}\n`);
    assert.match(err, /ssh-rsa +SHA256:[A-Za-z0-9+/]{43}/);
    assert.match(err, /Compare a fingerprint with what the server itself says/);
  });

  it("refuses what is no address of one host, and takes the port of an IPv6 address", async () => {
    const wrong: [string, RegExp][] = [
      ["edge01:22", /the port goes into --port/],
      ["ops@edge01", /the user goes into user/],
      ["ssh://edge01", /this is a URL/],
      ["192.0.2.0/24", /a network with its mask/],
      ["", /it is empty/],
    ];
    for (const [host, why] of wrong) assert.match((await cli(["host-key", host])).err, why, host);
    assert.match((await cli(["host-key", "[::1]:1"])).err, /\[HOST_UNREACHABLE\] \[?::1\]?:1 /);
  });

  it("goes through a jump host, which is verified and logged on to", async () => {
    const { ssh } = lab().ready.hosts.find((host) => host.name === "MBX01")!;
    const proxy = ["--proxy", `${ssh.user}@${ssh.host}:${ssh.port}`, "--proxy-password-env", "JUMP_PASSWORD"];
    const target = ["host-key", "edge01.contoso.com", "--json", ...proxy];
    const pinned = await cli([...target, "--proxy-host-key", ssh.hostKey], { JUMP_PASSWORD: ssh.password });
    assert.equal(pinned.code, 0, pinned.err);
    assert.equal((JSON.parse(pinned.out) as Printed).keys[0].line, lab().hosts.get("EDGE01")!.ssh.keys[0].public);
    const other = lab().hosts.get("EDGE02")!.ssh.keys[0].public;
    const wrong = await cli([...target, "--proxy-host-key", other], { JUMP_PASSWORD: ssh.password });
    assert.equal(wrong.code, 2);
    assert.match(wrong.err, /\[HOST_KEY_CHANGED\]/);
  });

  it("ends with 2 where nobody answers or what answers is no SSH server", async () => {
    const closed = await cli(["host-key", "127.0.0.1", "--port", "1"]);
    assert.equal(closed.code, 2);
    assert.match(closed.err, /\[HOST_UNREACHABLE\][\s\S]*Hint: /);
    const web = createServer((socket) => {
      socket.on("error", () => undefined);
      socket.end("HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    web.listen(0, "127.0.0.1");
    await once(web, "listening");
    const { port } = web.address() as { port: number };
    const talks = await cli(["host-key", "127.0.0.1", "--port", String(port)]);
    web.close();
    assert.equal(talks.code, 2, talks.err);
    assert.match(talks.err, /\[HOST_UNREACHABLE\]/);
    assert.equal((await cli(["host-key", "127.0.0.1", "--port", "99999"])).code, 2);
  });
});
