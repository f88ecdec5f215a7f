/** Both articles with each toggle where public reports and the settled reference differ: the outcome is the same. */
import assert from "node:assert/strict";
import type { LabOptions } from "../../../lab/start";
import { edgeHybrid, hubRenewal, HYBRID, OFFICE } from "../../support/stories/programs";
import { delivered, sendMail, synchronized } from "../../support/stories/mail";
import { Rig } from "../../support/stories/rig";

type Toggles = NonNullable<LabOptions["toggles"]>;

/** Every toggle with the values that are not its default, as far as a build or a report may differ in it. */
const VARIATIONS: Toggles[] = [
  { setSendConnector: "lenient" },
  { tlsNameChoice: "latest" },
  { mailboxDefaultReencrypts: false },
  { duplicateNameBreaksTls: true },
  { overwriteKeepsSources: false },
  { adLdsChoice: "newest", adLdsBeforeExport: "none" },
  { refusal2OnEdge: false, smtpEnableCopiesToAdLds: true },
  { edgeSyncCompares: "certificate", directTrust: "publicKey" },
  { restartNeededForConnectors: true, restartNeededForCertificates: true },
  { getWrongIdentity: "error", certificateObjects: "rawData", revocationCheck: "fails", shadowQueues: false },
  { enableConfirmFalse: "answersYes", newCertificateReplacesDefault: true },
  { enableWithoutForce: "answersYes", servicesNoneGrantsAccess: false },
  { enableWithoutForce: "answersNo", servicesNoneGrantsAccess: false },
  { certificateObjects: "full", openTexts: "localised" },
  { newDefaultServices: "IMAP, POP, SMTP", fewerServicesUnbind: true },
  { subscriptionVersion: "build", edgeSyncLease: "concept", edgeSyncLevels: "articles", expiresSoonText: "hours" },
  { nameNeedsRequireTls: true, inboundConnectorCost: "1", edgeComponentState: "closesDoor", ecdsaCertificates: "accepted" },
];
const titleOf = (toggles: Toggles): string =>
  Object.entries(toggles)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(", ");

async function withRig(options: LabOptions, work: (rig: Rig) => Promise<void>): Promise<void> {
  const rig = await Rig.start(options);
  try {
    await work(rig);
  } finally {
    await rig.close();
  }
}

describe("the first article passes with each toggle", () => {
  for (const toggles of VARIATIONS)
    it(titleOf(toggles), () =>
      withRig({ scenario: "ebs2008", speed: 3000, toggles }, async (rig) => {
        const mail = await sendMail(rig, "SECURITY", "someone@ebs.example");
        await rig.apply(hubRenewal(rig));
        assert.equal(rig.server("MESSAGING").defaultThumbprint, rig.outs("messaging").thumbprint);
        const { status, entries } = await synchronized(rig, "MESSAGING");
        assert.deepEqual([status, ...new Set(Object.values(entries))], ["Normal", "Synchronized"]);
        await delivered(rig, mail);
        await rig.settled(hubRenewal(rig));
      }),
    );
});

describe("the second article passes with each toggle", () => {
  for (const toggles of VARIATIONS)
    it(titleOf(toggles), () =>
      withRig({ scenario: "msxfaq", speed: 3000, toggles }, async (rig) => {
        const mail = await sendMail(rig, "EX01", "someone@msxfaq.mail.onmicrosoft.com");
        await rig.apply(edgeHybrid(rig));
        const csr = String(rig.outs("request").csr);
        const { certificate: answer } = rig.lab.organisation.certreq("EX01", "ca\\DigiCert Global CA G2", "WebServer", csr);
        const given = { answer, chain: rig.issued("new").chainPem };
        await rig.apply(edgeHybrid(rig, given));
        const { thumbprint, tlsCertificateName } = rig.outs("inside");
        for (const edge of ["EDGE1", "EDGE2"]) {
          const { defaultThumbprint, transportThumbprint, ldapsThumbprint, certificates } = rig.server(edge);
          assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [thumbprint, thumbprint, thumbprint], edge);
          assert.deepEqual(
            certificates.filter((one) => one.subject === HYBRID).map((one) => one.thumbprint),
            [thumbprint],
            edge,
          );
        }
        assert.deepEqual(
          [rig.sendConnector(OFFICE).TlsCertificateName, rig.hybrid().TlsCertificateName],
          [tlsCertificateName, tlsCertificateName],
        );
        assert.equal((await delivered(rig, mail)).at(-1), "outside");
        await rig.settled(edgeHybrid(rig, given));
      }),
    );
});
