import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket, type SecureVersion } from "node:tls";
import { isExchangeError } from "../../../provider/base/errors";
import { directly, ldapsDoor, smtpDoor } from "../../../provider/probes/doors";
import { probeLdaps } from "../../../provider/probes/ldaps";
import { probeRecipient } from "../../../provider/probes/recipient";
import { probeStarttls } from "../../../provider/probes/starttls";
import { connectSsh } from "../../../provider/remote/ssh";
import { keyPem, makeSelfSigned, type IssuedCertificate } from "../../support/certificates";
import { startFakeHost } from "../remote/fakeHost";

interface SmtpOptions {
  greeting?: string;
  capabilities?: string[];
  start?: string;
  version?: SecureVersion;
  /** No TLS behind the reply: plain text, or nothing more at all. */
  handshake?: "plain" | "closed";
}

describe("probes", () => {
  let leaf: IssuedCertificate;
  const servers: { server: Server; sockets: Set<Socket> }[] = [];
  const names: (string | false | undefined)[] = [];

  before(async () => (leaf = await makeSelfSigned()));
  afterEach(() => {
    names.length = 0;
    for (const { server, sockets } of servers.splice(0)) {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  });

  async function listen(server: Server): Promise<number> {
    const sockets = new Set<Socket>();
    server.on("connection", (socket: Socket) => sockets.add(socket.on("error", () => undefined)));
    servers.push({ server, sockets });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }
  const pem = (): { key: string; cert: string } => {
    const der = leaf.certificate.der.toString("base64");
    return { key: keyPem(leaf), cert: `-----BEGIN CERTIFICATE-----\n${der.replace(/(.{64})/g, "$1\n")}\n-----END CERTIFICATE-----\n` };
  };

  function smtp(options: SmtpOptions = {}): Promise<number> {
    const server = createServer((socket) => {
      socket.write(options.greeting ?? "220-edge01 says\r\n220 hello\r\n");
      socket.on("data", (data: Buffer) => {
        const command = data.toString();
        if (command.startsWith("EHLO")) {
          const lines = ["edge01", ...(options.capabilities ?? ["SIZE", "STARTTLS", "8BITMIME"])];
          // Byte by byte: replies need not come in one packet.
          for (const char of lines.map((line, i) => `250${i + 1 < lines.length ? "-" : " "}${line}\r\n`).join("")) socket.write(char);
        } else if (command.startsWith("STARTTLS")) {
          socket.write(options.start ?? "220 go ahead\r\n");
          socket.removeAllListeners("data");
          if (options.handshake) return void socket.end(options.handshake === "plain" ? "this is no TLS" : "");
          const limits = options.version ? { minVersion: options.version, maxVersion: options.version } : {};
          const tls = new TLSSocket(socket, {
            isServer: true,
            ...pem(),
            ...limits,
            SNICallback: (name, done) => (names.push(name), done(null)),
          });
          tls.on("error", () => undefined);
        }
      });
    });
    return listen(server);
  }
  const starttls = (port: number, timeoutMs = 5_000): ReturnType<typeof probeStarttls> =>
    probeStarttls(directly({ host: "127.0.0.1", port }), { name: "edge01.contoso.com", timeoutMs });
  const fails = (task: Promise<unknown>, text: RegExp): Promise<void> =>
    assert.rejects(task, (error: Error) => isExchangeError(error, "PROBE_FAILED") && text.test(error.message));

  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    it(`reports what STARTTLS presents over ${version}, with the name sent`, async () => {
      const seen = await starttls(await smtp({ version }));
      assert(seen.offered);
      assert.equal(seen.thumbprint, leaf.certificate.thumbprint);
      assert.deepEqual(seen.der, leaf.certificate.der);
      assert.equal(seen.protocol, version);
      assert.deepEqual(names, ["edge01.contoso.com"]);
    });
  }

  it("says that STARTTLS is not offered when it was stripped or is refused", async () => {
    assert.deepEqual(await starttls(await smtp({ capabilities: ["SIZE", "XXXXXXXA", "STARTTLSX"] })), { offered: false });
    assert.deepEqual(await starttls(await smtp({ start: "454 not now\r\n" })), { offered: false });
  });

  it("refuses plain text behind the STARTTLS reply", async () => {
    await fails(starttls(await smtp({ start: "220 go ahead\r\n250 injected\r\n" })), /plain text/);
  });

  it("fails in words on anything else", async () => {
    await fails(starttls(await smtp({ greeting: "554 no\r\n" })), /greeting was 554/);
    await fails(starttls(await smtp({ greeting: "SSH-2.0-x\r\n" })), /no SMTP/);
    await fails(starttls(await smtp({ greeting: "x".repeat(100_000) })), /no end/);
    await fails(starttls(await smtp({ handshake: "plain" })), /STARTTLS failed/);
    await fails(starttls(await smtp({ greeting: "" }), 80), /no answer/);
    const closed = createServer();
    const port = await listen(closed);
    closed.close();
    await fails(starttls(port), /ECONNREFUSED/);
    await fails(probeLdaps(directly({ host: "127.0.0.1", port }), { name: "edge01" }), /ECONNREFUSED/);
  });

  it("a mail that is tried through the door fails for the same reasons, and as soon", async () => {
    const envelope = { sender: "", recipient: "postmaster@contoso.com" };
    const tried = async (options: SmtpOptions): Promise<unknown> =>
      probeRecipient(directly({ host: "127.0.0.1", port: await smtp(options) }), { name: "edge01.contoso.com" }, envelope);
    await fails(tried({ handshake: "closed" }), /SMTP failed: (the connection was closed during the TLS handshake|.*disconnected)/);
    await fails(tried({ start: "220 go ahead\r\n250 injected\r\n" }), /plain text/);
    await fails(tried({ capabilities: ["SIZE"] }), /STARTTLS is not offered/);
    await fails(tried({ greeting: "554 no\r\n" }), /greeting was 554/);
  });

  it("looks through a host's SSH connection, and directly when asked to", async () => {
    const smtpPort = await smtp();
    const ldapsServer = createTlsServer(pem());
    ldapsServer.on("tlsClientError", () => undefined);
    const ldapsPort = await listen(ldapsServer);
    const endpoints = { smtp: `127.0.0.1:${smtpPort}`, ldaps: `127.0.0.1:${ldapsPort}` };
    const host = await startFakeHost({ password: "Pa55-word" });
    const ssh = await connectSsh(host.connection);
    const forwards: number[] = [];
    const session = { forward: (name: string, port: number) => (forwards.push(port), ssh.forward(name, port)) };
    try {
      for (const probeFrom of ["host", "runner"] as const) {
        const edge = { ...host.connection, endpoints, probeFrom };
        const presented = [
          await probeStarttls(smtpDoor(edge, session), { name: "edge01.contoso.com" }),
          await probeLdaps(ldapsDoor(edge, session), { name: "edge01.contoso.com" }),
        ];
        for (const seen of presented) assert.equal("thumbprint" in seen && seen.thumbprint, leaf.certificate.thumbprint);
      }
      assert.deepEqual(forwards, [smtpPort, ldapsPort]);
    } finally {
      ssh.close();
      await host.close();
    }
  });

  it("goes to port 25 of the Edge and to port 50636 of its full name by default", async () => {
    const asked: string[] = [];
    const session = { forward: (name: string, port: number) => (asked.push(`${name}:${port}`), Promise.reject(new Error("seen"))) };
    const edge = { host: "192.0.2.1", user: "u" };
    await fails(probeStarttls(smtpDoor(edge, session), { name: "edge01" }), /seen/);
    await fails(probeLdaps(ldapsDoor(edge, session, "edge01.contoso.com"), { name: "edge01" }), /seen/);
    assert.deepEqual(asked, ["127.0.0.1:25", "edge01.contoso.com:50636"]);
  });
});
