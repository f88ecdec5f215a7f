/** A certificate of another issuer on two Edges in hybrid, requested inside with an exportable key and carried to the Edges. */
import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import {
  Certificate,
  CertificateRequest,
  EdgeFleet,
  HybridConfigurationTls,
  type CertificateSettings,
  type ReceiveConnectorSettings,
} from "pulumi-exchange";
import { readHosts, type NamedHost } from "./servers";

const config = new pulumi.Config();
const { EDGE1, EDGE2, EX01 } = readHosts(config);
const domainNames = config.getObject<string[]>("domainNames") ?? ["hybrid.msxfaq.example", "edge1.msxfaq.example", "edge2.msxfaq.example"];

/** The key is born on a front end in the LAN, and exportable: so there is a copy of it inside, and none on the Edges' disks. */
const request = new CertificateRequest("hybrid-request", {
  host: EX01,
  subject: config.get("subject") ?? `CN=${domainNames[0]}, OU=IT, O=msxfaq, L=hoevelhof, S=North Rhine-Westphalia, C=DE`,
  domainNames,
  exportable: true,
});

/** What the public CA answered, with its chain (PEM). As long as it is missing, what is in service stays in service. */
const answerFile = process.env.EXCHANGE_ANSWER_FILE ?? config.get("answerFile");
const inside = answerFile
  ? new Certificate("hybrid-inside", {
      host: EX01,
      source: { request: request.publicKeySha256, certificate: readFileSync(answerFile, "utf8") },
      services: [],
    })
  : undefined;

/** What the Edges should have: the new certificate, else the one in service, which is taken over as it is. */
const wanted = inside?.thumbprint ?? process.env.EXCHANGE_IN_SERVICE ?? config.get("inService");

/** The manual step that the Hybrid Configuration Wizard leaves to the administrator. */
const receive = ({ name }: NamedHost): ReceiveConnectorSettings => ({
  connector: `Default internal receive connector ${name}`,
  tlsDomainCapabilities: { "mail.protection.outlook.com": "auto" },
  fqdn: domainNames[0],
});

/** Both Edges, the send connector and the hybrid configuration with this certificate of EX01. */
function rollOut(thumbprint: pulumi.Input<string>): { fleet: EdgeFleet; hybrid: HybridConfigurationTls } {
  const source = { export: { host: EX01, thumbprint } };
  const certificate: CertificateSettings = { source, services: ["SMTP"], defaultSmtp: "replace" };
  const fleet = new EdgeFleet("edges", {
    organization: EX01,
    site: config.get("site") ?? "Default-First-Site-Name",
    // An expired certificate is adopted, but named nowhere anew: that would take STARTTLS away.
    edges: [EDGE1, EDGE2].map((edge) => ({ edge, certificate, receiveConnectors: inside ? [receive(edge)] : [] })),
    sendConnectors: [{ connector: "Outbound to Office 365", tlsCertificateName: inside?.tlsCertificateName }],
  });
  const tlsCertificateName = inside?.tlsCertificateName ?? fleet.edges[0].tlsCertificateName;
  const hybrid = new HybridConfigurationTls("hybrid", { host: EX01, tlsCertificateName }, { dependsOn: fleet });
  return { fleet, hybrid };
}

const rolledOut = wanted ? rollOut(wanted) : undefined;

export const csr = request.csr;
export const thumbprints = rolledOut?.fleet.thumbprints;
export const tlsCertificateName = rolledOut?.hybrid.tlsCertificateName;
