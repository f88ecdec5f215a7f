/** The first article, from the state that it starts in until every entry says Synchronized, with each toggle that reports differ on. */
import assert from "node:assert/strict";
import { hubRenewal } from "../../support/stories/programs";
import { delivered, sendMail, queueErrors, synchronized } from "../../support/stories/mail";
import { rigForEach, type Rig } from "../../support/stories/rig";

describe("first article: the certificates have expired and the default is gone", () => {
  const rig = rigForEach(() => ({ scenario: "ebs2008" }));

  it("starts as the article does: no usable credential, mail in Retry with 454 4.7.0", async () => {
    await sendMail(rig(), "SECURITY", "someone@ebs.example");
    assert.match(await queueErrors(rig(), "SECURITY"), /451 4\.4\.0 .*454 4\.7\.0 Temporary authentication failure/);
    assert.notEqual((await synchronized(rig(), "MESSAGING")).status, "Normal");
    assert.equal(
      rig()
        .server("MESSAGING")
        .certificates.some((one) => one.thumbprint === rig().server("MESSAGING").defaultThumbprint),
      false,
    );
  });

  it("one run brings the certificate, its services, the subscription and the mail", async () => {
    const mail = await sendMail(rig(), "SECURITY", "someone@ebs.example");
    await rig().apply(hubRenewal(rig()));
    assertRenewed(rig());
    await assertSynchronized(rig());
    await delivered(rig(), mail);
    await rig().settled(hubRenewal(rig()));
  });

  async function assertSynchronized(rig: Rig): Promise<void> {
    const { status, entries } = await synchronized(rig, "MESSAGING");
    assert.equal(status, "Normal");
    assert.deepEqual([...new Set(Object.values(entries))], ["Synchronized"], JSON.stringify(entries));
  }
  function assertRenewed(rig: Rig): void {
    const { thumbprint, enabledServices } = rig.outs("messaging");
    const server = rig.server("MESSAGING");
    assert.equal(server.defaultThumbprint, thumbprint);
    assert.equal(server.transportThumbprint, thumbprint);
    assert.deepEqual(enabledServices, ["IIS", "IMAP", "POP", "SMTP"]);
    assert.equal(rig.server("SECURITY").services.MSExchangeTransport, "Running");
    assert.deepEqual(rig.leftovers(), []);
  }
});
