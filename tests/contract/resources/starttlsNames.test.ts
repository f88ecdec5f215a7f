/** A certificate that STARTTLS could not present is refused before its Edge leaves service (exchange.md 15.3). */
import assert from "node:assert/strict";
import { keyPem, makeAuthority, type IssuedCertificate } from "../../support/certificates";
import { rigForEach } from "../../support/stories/rig";

const CONNECTOR = "Default internal receive connector EDGE01";

describe("names that the receive connectors ask for", () => {
  const rig = rigForEach();
  let issued: IssuedCertificate;
  before(async () => {
    const authority = await makeAuthority();
    issued = await authority.issue({ subject: "CN=mail.contoso.com", domainNames: ["mail.contoso.com"] });
  });

  const given = () => ({
    certificate: issued.certificate.pem,
    privateKey: keyPem(issued),
    chain: issued.chain.map(({ pem }) => pem).join(""),
  });
  const program = (receiveConnectors?: object[], source: object = given()) =>
    rig().one("Certificate", {
      host: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      source,
      services: ["SMTP"],
      defaultSmtp: "replace",
      drain: "hold",
      ...(receiveConnectors && { receiveConnectors }),
    });

  it("are refused with nothing changed where the certificate has none of them", async () => {
    const { text, mutating } = await rig().fails(program([]));
    assert.match(text, /\[STARTTLS_NAME_MISSING\] EDGE01: .*"Default internal receive connector EDGE01" asks for edge01\.contoso\.com/);
    assert.deepEqual(mutating, []);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("are refused before a self-signed certificate without them is made", async () => {
    const { text, mutating } = await rig().fails(program([], { selfSigned: { domainNames: ["mail.contoso.com"] } }));
    assert.match(text, /\[STARTTLS_NAME_MISSING\] EDGE01: STARTTLS could not present the one to be made \(mail\.contoso\.com\)/);
    assert.deepEqual(mutating, []);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("a receive connector that is to follow and is not there is refused", async () => {
    const { text, mutating } = await rig().fails(program([{ connector: CONNECTOR }, { connector: "EDGE01\\No such connector" }]));
    assert.match(text, /\[CONNECTOR_NOT_FOUND\] EDGE01 has no receive connector "No such connector" \(known: .*"Default internal/);
    assert.deepEqual(mutating, []);
    assert.deepEqual(rig().leftovers(), []);
  });

  it("are no reason where the connector follows the certificate afterwards", async () => {
    await rig().apply(program([{ connector: CONNECTOR }]));
    assert.equal(rig().server("EDGE01").defaultThumbprint, issued.certificate.thumbprint);
    await rig().settled(program([{ connector: CONNECTOR }]));
  });
});
