/** A send connector follows the certificate of its source. */
import { SendConnectorTls } from "pulumi-exchange";
import { edge } from "./edgeTransport";
import { edge01, mbx01 } from "./hosts";

export const outbound = new SendConnectorTls("outbound", {
  host: mbx01,
  connector: "Partner fabrikam",
  tlsCertificateName: edge.tlsCertificateName,
  sources: [{ host: edge01, thumbprint: edge.thumbprint }],
  requireTls: true,
  after: [edge.service.revision],
});
