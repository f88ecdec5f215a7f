/** The second article, from the state that it starts in to verified mail flow over both Edges, with each toggle that reports differ on. */
import assert from "node:assert/strict";
import { edgeHybrid, HYBRID, OFFICE } from "../../support/stories/programs";
import { delivered, queueErrors, sendMail, synchronized } from "../../support/stories/mail";
import { rigForEach } from "../../support/stories/rig";

const CLOUD = "someone@msxfaq.mail.onmicrosoft.com";
const EDGES = ["EDGE1", "EDGE2"];

describe("second article: the issuer has changed, hybrid over two Edges", () => {
  const rig = rigForEach(() => ({ scenario: "msxfaq" }));

  /** The CA signs the request of the stack. */
  function answer(): { answer: string; chain: string[] } {
    const csr = String(rig().outs("request").csr);
    const { certificate } = rig().lab.organisation.certreq("EX01", "ca\\DigiCert Global CA G2", "WebServer", csr);
    return { answer: certificate!, chain: rig().issued("new").chainPem };
  }

  it("starts in the article's state: queues to Office 365 grow, with 454 4.7.5", async () => {
    await sendMail(rig(), "EX01", CLOUD);
    const errors = await Promise.any(EDGES.map((edge) => queueErrors(rig(), edge)));
    assert.match(errors, /454 4\.7\.5 The certificate specified in TlsCertificateName/);
    const attempt = rig().certificate("EDGE1", rig().thumbprint("attempt"))!;
    assert.deepEqual([attempt.exportable, attempt.subject], [false, HYBRID]);
  });

  it("carries the CA's answer to both Edges and the name to the connectors", async () => {
    const mail = [await sendMail(rig(), "EX01", CLOUD), await sendMail(rig(), "EX01", CLOUD)];
    const adoption = await rig().apply(edgeHybrid(rig()));
    assert.deepEqual(
      adoption.mutating.filter((call) => !/ReceiveConnector|New-ExchangeCertificate/.test(call)),
      [],
    );
    const given = answer();
    await rig().apply(edgeHybrid(rig(), given));
    const { thumbprint, tlsCertificateName } = rig().outs("inside");
    for (const edge of EDGES) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint, services, certificates } = rig().server(edge);
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [thumbprint, thumbprint, thumbprint], edge);
      assert.equal(services.MSExchangeTransport, "Running");
      const named = certificates.filter((one) => one.subject === HYBRID).map((one) => one.thumbprint);
      assert.deepEqual(named, [thumbprint], "the old one and the unusable attempt are gone");
      const receive = rig().receiveConnector(edge, `Default internal receive connector ${edge}`);
      assert.deepEqual(
        [receive.TlsDomainCapabilities, receive.Fqdn],
        [["mail.protection.outlook.com:AcceptCloudServicesMail"], "hybrid.msxfaq.example"],
      );
      assert.equal((await synchronized(rig(), "EX01", edge)).status, "Normal");
    }
    assert.equal(rig().sendConnector(OFFICE).TlsCertificateName, tlsCertificateName);
    assert.equal(rig().hybrid().TlsCertificateName, tlsCertificateName);
    for (const id of mail) assert.deepEqual((await delivered(rig(), id)).at(-1), "outside");
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(edgeHybrid(rig(), given));
  });

  it("requests first, then rotates, where EdgeSync refuses an expired certificate", async () => {
    await rig().control.toggles({ expiredLdapsRefused: true });
    assert.equal((await synchronized(rig(), "EX01", "EDGE1")).status, "Failed");
    await rig().apply(edgeHybrid(rig(), { requestFirst: true }));
    const given = { ...answer(), requestFirst: true };
    await rig().apply(edgeHybrid(rig(), given));
    for (const edge of EDGES) {
      assert.equal((await synchronized(rig(), "EX01", edge)).status, "Normal", edge);
      assert.equal(rig().server(edge).transportThumbprint, rig().outs("inside").thumbprint);
    }
    assert.equal(rig().sendConnector(OFFICE).TlsCertificateName, rig().outs("inside").tlsCertificateName);
    await rig().settled(edgeHybrid(rig(), given));
  });
});
