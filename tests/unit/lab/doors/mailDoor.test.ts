import { strict as assert } from "node:assert";
import { connect, type Socket } from "node:net";
import { connect as connectTls } from "node:tls";
import { createTransport } from "nodemailer";
import { messageId } from "../../../../lab/doors/smtp/door";
import { selfSigned } from "../../../../lab/doors/selfSigned";
import type { DoorIdentity } from "../../../../lab/model/contract";
import { labForAll } from "../../../support/lab";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

async function identity(name: string): Promise<DoorIdentity> {
  const { key, cert } = await selfSigned(name, "127.0.0.1");
  return { thumbprint: "0".repeat(40), certificatePem: cert, privateKeyPem: key, chainPem: [] };
}

describe("lab: the SMTP and LDAPS doors", () => {
  let organisation: FakeOrganisation;
  let first: DoorIdentity;
  let second: DoorIdentity;
  const lab = labForAll(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  before(async () => {
    [first, second] = await Promise.all([identity("first"), identity("second")]);
  });
  beforeEach(() => {
    organisation.smtp = null;
    organisation.ldaps = undefined;
    organisation.mails.length = 0;
    organisation.statuses.clear();
  });
  const smtp = () => lab().ready.hosts.find((host) => host.name === "EDGE01")!.smtp;
  const ldaps = () => lab().ready.hosts.find((host) => host.name === "EDGE01")!.ldaps!;
  const mailer = (options: object = {}) => createTransport({ ...smtp(), secure: false, tls: { rejectUnauthorized: false }, ...options });
  const mail = { from: "a@example.com", to: ["b@contoso.com", "c@contoso.com"], subject: "s", text: "t", messageId: "<one@example.com>" };

  it("accepts mail with its envelope and identity", async () => {
    await mailer({ ignoreTLS: true }).sendMail(mail);
    const [{ id, from, to, host, data }] = organisation.mails;
    assert.deepEqual([id, from, to, host], ["one@example.com", "a@example.com", ["b@contoso.com", "c@contoso.com"], "EDGE01"]);
    assert.match(data.toString(), /Subject: s/);
  });

  it("offers STARTTLS only with a certificate, and presents what the model says", async () => {
    await assert.rejects(mailer({ requireTLS: true }).sendMail(mail), /STARTTLS|TLS/);
    for (const [door, maxVersion] of [
      [first, "TLSv1.2"],
      [second, "TLSv1.3"],
    ] as const) {
      organisation.smtp = door;
      let presented = "";
      const transport = mailer({
        requireTLS: true,
        tls: {
          ca: door.certificatePem,
          maxVersion,
          checkServerIdentity: (_name: string, certificate: { subject: { CN: string } }) => void (presented = certificate.subject.CN),
        },
      });
      await transport.sendMail(mail);
      assert.equal(presented, door === first ? "first" : "second");
    }
  });

  it("refuses the connection while stopped, says 421 while paused", async () => {
    organisation.smtp = undefined;
    assert.equal(await said(), "");
    organisation.smtp = null;
    await organisation.service.suspend("EDGE01", "MSExchangeTransport");
    assert.match(await said(), /^421 4\.3\.2 /);
    await organisation.service.resume("EDGE01", "MSExchangeTransport");
    const socket = connect({ ...smtp() });
    await new Promise((resolve) => socket.once("data", resolve));
    const closed = new Promise((resolve) => socket.once("close", resolve));
    socket.on("error", () => undefined);
    await organisation.service.stop("EDGE01", "MSExchangeTransport");
    await closed;
  });

  it("answers what the model refuses with a temporary error", async () => {
    const sent = mailer({ ignoreTLS: true }).sendMail({ ...mail, from: "refused@example.com" });
    await assert.rejects(sent, (error: { responseCode?: number }) => error.responseCode === 451);
  });

  it("finds the Message-ID in the header only", () => {
    assert.equal(messageId(Buffer.from("Subject: x\r\nMessage-Id: <a@b>\r\n\r\nbody")), "a@b");
    assert.equal(messageId(Buffer.from("Subject: x\r\n\r\nMessage-ID: <a@b>")), undefined);
  });

  it("LDAPS: refused without a certificate, else what AD LDS presents now", async () => {
    await assert.rejects(leaf(), /ECONNRESET|disconnected/);
    organisation.ldaps = first;
    assert.equal(await leaf(), "first");
    organisation.ldaps = second;
    assert.equal(await leaf(), "second");
  });

  function said(): Promise<string> {
    return new Promise((resolve) => {
      let text = "";
      const socket: Socket = connect({ ...smtp() });
      socket.on("data", (chunk) => (text += chunk.toString()));
      socket.on("error", () => undefined);
      socket.on("close", () => resolve(text));
    });
  }

  function leaf(): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connectTls({ ...ldaps(), rejectUnauthorized: false }, () => {
        const name = socket.getPeerCertificate().subject.CN;
        socket.destroy();
        resolve(String(name));
      });
      socket.once("error", reject);
    });
  }
});
