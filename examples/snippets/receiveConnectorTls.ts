/** A receive connector offers the certificate to Exchange Online. */
import { ReceiveConnectorTls } from "pulumi-exchange";
import { edge } from "./edgeTransport";
import { edge01 } from "./hosts";

export const inbound = new ReceiveConnectorTls("inbound", {
  host: edge01,
  connector: "Default internal receive connector EDGE01",
  tlsCertificateName: edge.tlsCertificateName,
  tlsDomainCapabilities: { "mail.protection.outlook.com": "AcceptCloudServicesMail" },
  after: [edge.certificate.revision],
});
