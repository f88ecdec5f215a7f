/**
 * A receive connector of a Mailbox server offers the certificate to Exchange Online. On an Edge the connector is written into
 * `receiveConnectors` of the component instead (edgeTransport.ts).
 */
import { Certificate, ReceiveConnectorTls } from "pulumi-exchange";
import { mbx01 } from "./hosts";

const mail = new Certificate("hybrid-mail", {
  host: mbx01,
  source: {
    certificate: { file: "certificates/mail.pem" },
    privateKey: { file: "certificates/mail.key" },
    chain: { file: "certificates/chain.pem" },
  },
  services: ["SMTP"],
});

export const inbound = new ReceiveConnectorTls("inbound", {
  host: mbx01,
  connector: "Default Frontend MBX01",
  tlsCertificateName: mail.tlsCertificateName,
  tlsDomainCapabilities: { "mail.protection.outlook.com": "AcceptCloudServicesMail" },
  after: [mail.revision],
});
