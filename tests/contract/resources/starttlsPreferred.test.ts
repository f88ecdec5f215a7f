/** A certificate that is certain to lose the choice at STARTTLS is refused before its Edge leaves service (exchange.md 15.3). */
import assert from "node:assert/strict";
import { Engine } from "../../support/faults/engine";
import { keyPem, makeAuthority, makePfx, makeSelfSigned, type Authority, type IssuedCertificate } from "../../support/certificates";
import { rigForEach, type Observed, type Program } from "../../support/stories/rig";

const CONNECTOR = "Default internal receive connector EDGE01";
const FQDN = "edge01.contoso.com";
const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000);

describe("certificates that win the choice at STARTTLS", () => {
  const rig = rigForEach();
  let authority: Authority;
  let older: IssuedCertificate;
  let newer: IssuedCertificate;
  let own: IssuedCertificate;
  before(async () => {
    authority = await makeAuthority();
    const issue = (name: string, days: number) =>
      authority.issue({ subject: `CN=${name}.contoso.com`, domainNames: [`${name}.contoso.com`, FQDN], notBefore: ago(days) });
    [older, newer] = [await issue("older", 20), await issue("newer", 5)];
    own = await makeSelfSigned({ subject: "CN=own.contoso.com", domainNames: ["own.contoso.com", FQDN] });
  });

  const pem = ({ certificate, chain, ...issued }: IssuedCertificate) => ({
    certificate: certificate.pem,
    privateKey: keyPem(issued),
    ...(chain.length > 0 && { chain: chain.map((one) => one.pem).join("") }),
  });
  const program = (source: object, receiveConnectors: object[] | null = [], more: object = {}): Program =>
    rig().one("Certificate", {
      ...{ host: rig().host("EDGE01"), organization: rig().host("MBX01"), source, services: ["SMTP"], drain: "hold" },
      ...(receiveConnectors && { receiveConnectors }),
      ...more,
    });
  /** The certificate and the verified start, as `EdgeTransport` has them. */
  const withStart = (source: object, receiveConnectors: object[] = []): Program => {
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    return async (declare) => {
      const settings = { host, organization, source, services: ["SMTP"], drain: "hold", receiveConnectors };
      const { thumbprint, tlsCertificateName, revision } = await declare("Certificate", "certificate", settings);
      const after = [revision];
      for (const one of receiveConnectors)
        after.push((await declare("ReceiveConnectorTls", "receive", { host, tlsCertificateName, after: [revision], ...one })).revision);
      await declare("TransportService", "transport", { host, organization, expectThumbprint: thumbprint, after });
    };
  };
  /** What an administrator installs and enables for SMTP by hand. */
  const byHand = async (issued: IssuedCertificate): Promise<void> => {
    const { lab } = rig();
    lab.organisation.chain.import(
      "EDGE01",
      issued.chain.map((one) => one.der),
    );
    await enable((await makePfx(issued, "operator")).toString("base64"), "operator", issued.certificate.thumbprint);
  };
  const enable = async (pfx: string, password: string, thumbprint: string): Promise<void> => {
    const { control } = rig();
    await control.operator("EDGE01", "Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
    const access = { Thumbprint: thumbprint, Services: "None", NetworkServiceAllowed: true };
    await control.operator("EDGE01", "Enable-ExchangeCertificate", access);
  };
  const presented = () => {
    const { services, transportThumbprint } = rig().server("EDGE01");
    return [services.MSExchangeTransport, transportThumbprint];
  };
  const refused = (run: Observed & { text: string }, winner: string, subject: string): void => {
    assert.match(run.text, new RegExp(`\\[STARTTLS_OTHER_PREFERRED\\] EDGE01: .*"${CONNECTOR}" \\(edge01\\.contoso\\.com\\)`));
    assert.match(run.text, new RegExp(`${winner} \\(${subject}, issued by .*\\): `));
    assert.deepEqual(run.mutating, []);
    assert.deepEqual(rig().leftovers(), []);
    assert.deepEqual(presented(), ["Running", winner]);
  };

  it("one issued by an authority, beside a self-signed new one", async () => {
    refused(await rig().fails(withStart(pem(own))), rig().thumbprint("v1"), "CN=mail.contoso.com");
  });

  it("one issued by an authority, beside a self-signed one that is yet to be made", async () => {
    const selfSigned = { selfSigned: { domainNames: [FQDN] } };
    refused(await rig().fails(program(selfSigned)), rig().thumbprint("v1"), "CN=mail.contoso.com");
    assert.equal(rig().server("EDGE01").certificates.length, 2, "nothing was made");
  });

  it("a newer one that an administrator installed, until it is gone", async () => {
    await byHand(newer);
    refused(await rig().fails(withStart(pem(older))), newer.certificate.thumbprint, "CN=newer.contoso.com");
    await rig().control.operator("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: newer.certificate.thumbprint, Confirm: false });
    await rig().apply(withStart(pem(older)));
    assert.deepEqual(presented(), ["Running", older.certificate.thumbprint]);
    await rig().settled(withStart(pem(older)));
  });

  it("a newer one of another stack", async () => {
    const other = new Engine("mail/prod");
    await rig().apply(program(pem(newer), null, { drain: "auto" }), { stack: other });
    refused(await rig().fails(withStart(pem(older))), newer.certificate.thumbprint, "CN=newer.contoso.com");
  });

  it("are no reason where only some builds would take them", async () => {
    const { pfx, password } = rig().issued("ec");
    await enable(pfx, password, rig().thumbprint("ec"));
    await rig().apply(withStart(pem(older)));
    assert.deepEqual(presented(), ["Running", older.certificate.thumbprint]);
    await rig().settled(withStart(pem(older)));
  });

  it("are no reason where the connector follows the certificate by its name", async () => {
    const follows = withStart(pem(own), [{ connector: CONNECTOR }]);
    await rig().apply(follows);
    assert.deepEqual(presented(), ["Running", own.certificate.thumbprint]);
    await rig().settled(follows);
  });

  it("are no reason on the way back, where the newer one is this stack's own", async () => {
    await rig().apply(withStart(pem(newer)));
    assert.deepEqual(presented(), ["Running", newer.certificate.thumbprint]);
    await rig().apply(withStart(pem(older)));
    assert.deepEqual(presented(), ["Running", older.certificate.thumbprint]);
    await rig().settled(withStart(pem(older)));
  });

  it("are no reason where nobody said that the certificate is expected at STARTTLS", async () => {
    const bare = program(pem(own), null, { drain: "auto" });
    await rig().apply(bare);
    assert.deepEqual(presented(), ["Running", rig().thumbprint("v1")]);
    await rig().settled(bare);
  });
});
