/** postfix as the mail peer: what it presents is what the probe sees, and mail passes in both directions. */
import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { connect, createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { createTransport } from "nodemailer";
import { MailPeer } from "../../lab/interop/mailPeer";
import { canRunPostfix, startPostfix, type Postfix, type PostfixOptions } from "../../lab/interop/postfix";
import { closeAll } from "../../provider/remote/sessions";
import type { HostConnection } from "../../provider/remote/hosts";
import { directly } from "../../provider/probes/doors";
import { probeStarttls } from "../../provider/probes/starttls";
import { keyPem, makeAuthority, makeLeaf, type IssuedCertificate } from "../support/certificates";
import { openFolder, removeFolder } from "../support/interop/folders";
import { quietly } from "../support/interop/output";
import { Rotation } from "../support/interop/rotation";
import { control, labForEach, until } from "../support/lab";
import { skipUnless } from "../support/skip";

const MX = "mx.fabrikam.com";

skipUnless(canRunPostfix(), "postfix is not installed, or this is not root").describe("postfix as the mail peer", () => {
  quietly();
  const lab = labForEach(() => ({ scenario: "contoso" }));
  const servers: Postfix[] = [];
  const closing: (() => void)[] = [];
  let folder: string;
  let leaf: IssuedCertificate;
  let ca: string;

  before(async () => {
    folder = openFolder();
    const root = await makeAuthority("CN=Fabrikam Root, O=Fabrikam");
    const issuing = await makeAuthority("CN=Fabrikam Issuing, O=Fabrikam", { parent: root });
    leaf = await makeLeaf(issuing, { subject: `CN=${MX}`, domainNames: [MX] });
    ca = root.certificate.pem;
  });
  afterEach(async () => {
    for (const close of closing.splice(0)) close();
    await closeAll();
    await Promise.all(servers.splice(0).map((server) => server.stop()));
  });
  after(() => removeFolder(folder));

  let made = 0;
  async function start(options: Partial<PostfixOptions> = {}): Promise<Postfix> {
    const issuers = leaf.chain.map(({ pem }) => pem).filter((pem) => pem !== ca);
    const certificate = { certificatePem: leaf.certificate.pem, chainPem: issuers, privateKeyPem: keyPem(leaf) };
    const server = await startPostfix({
      folder: join(folder, `${made++}`),
      hostname: MX,
      domains: ["fabrikam.com"],
      certificate,
      ...options,
    });
    servers.push(server);
    return server;
  }
  const look = (port: number) => probeStarttls(directly({ host: "127.0.0.1", port }), { name: MX });
  const edge = (smtp: number): HostConnection => {
    const { ssh } = lab().ready.hosts.find(({ name }) => name === "EDGE01")!;
    return { name: "EDGE01", ...ssh, endpoints: { smtp: `127.0.0.1:${smtp}` } };
  };

  for (const version of ["TLSv1.2", "TLSv1.3"]) {
    it(`the probe reads leaf and chain over ${version}`, async () => {
      const only = `>=${version}, <=${version}`;
      const { port } = await start({ settings: { smtpd_tls_protocols: only, smtpd_tls_mandatory_protocols: only } });
      const seen = await look(port);
      assert(seen.offered);
      assert.equal(seen.protocol, version);
      assert.equal(seen.thumbprint, leaf.certificate.thumbprint);
      const issuing = new X509Certificate(seen.chain[1]);
      assert.match(issuing.subject, /CN=Fabrikam Issuing/);
    });
  }

  it("a server without STARTTLS offers none, nor one whose offer is stripped", async () => {
    const none = await start({ certificate: undefined });
    assert.deepEqual(await look(none.port), { offered: false });
    const discarding = await start({ settings: { smtpd_discard_ehlo_keywords: "starttls" } });
    assert.deepEqual(await look(discarding.port), { offered: false });
    const honest = await start();
    assert.deepEqual(await look(await stripper(honest.port)), { offered: false });
    assert.equal((await look(honest.port)).offered, true);
  });

  it("a transport service that presents a stranger's certificate, or none, is refused", async () => {
    const honest = await start();
    const { thumbprint } = leaf.certificate;
    const own = (await control(lab()).state()).servers.find(({ name }) => name === "EDGE01")!.defaultThumbprint as string;
    const { ssh } = lab().ready.hosts.find(({ name }) => name === "MBX01")!;
    const organization: HostConnection = { name: "MBX01", ...ssh };
    const service = (smtp: number, expectThumbprint: string): Promise<unknown> =>
      new Rotation({} as never).apply("TransportService", "service", { host: edge(smtp), organization, expectThumbprint });
    await service(honest.port, thumbprint);
    await assert.rejects(service(honest.port, own), new RegExp(`STARTTLS_WRONG_CERTIFICATE.*${thumbprint}`, "s"));
    await assert.rejects(service(await stripper(honest.port), thumbprint), /STARTTLS_NOT_OFFERED/);
  });

  it("mail leaves the lab through its Edge into postfix, over TLS that verifies", async () => {
    const server = await start();
    const peer = new MailPeer(lab().organisation, { host: "127.0.0.1", port: server.port, verify: { servername: MX, ca } });
    const { smtp } = lab().ready.hosts.find(({ name }) => name === "MBX01")!;
    await send(smtp.port, { from: "alice@contoso.com", to: "bob@fabrikam.com", subject: "out through the Edge" });
    await until("postfix has it", () => server.mails().length === 1, 20_000);
    assert.match(server.mails()[0], /Subject: out through the Edge/);
    const [handed] = peer.handedOn;
    assert.equal(handed.from, "EDGE01");
    assert.match(handed.answer, /^250 /);
    assert.match(server.log(), /TLS connection established from .*TLSv1\.3/);
    assert.match(server.mails()[0], /^Received: from edge01\.contoso\.com /m);

    const wrong = new MailPeer(lab().organisation, {
      host: "127.0.0.1",
      port: server.port,
      verify: { servername: "mx.other.example", ca },
    });
    await send(smtp.port, { from: "alice@contoso.com", to: "carol@fabrikam.com", subject: "to nobody else" });
    const refused = await until(
      "the Edge refuses the peer",
      () => wrong.handedOn.find(({ recipient }) => recipient.startsWith("carol")),
      20_000,
    );
    assert.match(refused.answer, /altnames|mx\.other\.example/);
  });

  it("mail comes from postfix through the Edge, which presents the certificate", async () => {
    const state = await control(lab()).state();
    const edge01 = state.servers.find(({ name }) => name === "EDGE01")! as unknown as { defaultThumbprint: string };
    const identity = lab().organisation.smtpIdentity("EDGE01")!;
    assert.equal(identity.thumbprint, edge01.defaultThumbprint);
    const { smtp } = lab().ready.hosts.find(({ name }) => name === "EDGE01")!;
    const relay = (match: string): Promise<Postfix> =>
      start({
        settings: {
          relayhost: `[127.0.0.1]:${smtp.port}`,
          smtp_tls_security_level: "fingerprint",
          smtp_tls_fingerprint_digest: "sha256",
          smtp_tls_fingerprint_cert_match: match,
        },
      });
    const { fingerprint256 } = new X509Certificate(identity.certificatePem);
    const trusting = await relay(fingerprint256);
    await send(trusting.port, { from: "bob@fabrikam.com", to: "alice@contoso.com", subject: "in" });
    const delivered = (): Promise<number> =>
      control(lab())
        .deliveries()
        .then((list) => list.length);
    await until("the lab has delivered it", async () => (await delivered()) === 1, 20_000);
    assert.match(trusting.log(), /Verified TLS connection established to 127\.0\.0\.1/);
    const doubting = await relay(fingerprint256.replace(/^../, (byte) => (byte === "00" ? "01" : "00")));
    await send(doubting.port, { from: "bob@fabrikam.com", to: "alice@contoso.com", subject: "not to a stranger" });
    await until("postfix refuses the Edge", () => /status=deferred.*Server certificate not verified/.test(doubting.log()), 20_000);
    assert.equal(await delivered(), 1);
  });

  async function send(port: number, mail: { from: string; to: string; subject: string }): Promise<void> {
    const transport = createTransport({ host: "127.0.0.1", port, secure: false, ignoreTLS: true });
    await transport.sendMail({ ...mail, text: "A mail." });
    transport.close();
  }

  /** Somebody in the middle who takes STARTTLS out of the answer to EHLO. */
  async function stripper(port: number): Promise<number> {
    const server = createServer((socket) => {
      const inner = connect(port, "127.0.0.1");
      socket.on("error", () => undefined).pipe(inner);
      inner
        .on("error", () => undefined)
        .on("data", (chunk: Buffer) => socket.write(chunk.toString("latin1").replace(/250-STARTTLS\r\n/, "")));
      inner.on("close", () => socket.destroy());
      socket.on("close", () => inner.destroy());
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    closing.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }
});
