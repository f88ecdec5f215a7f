/** The Edge goes back into service when certificate and subscription are done, and STARTTLS presents the certificate. */
import { TransportService } from "pulumi-exchange";
import { certificate, subscription } from "./edgeSubscription";
import { edge01, mbx01 } from "./hosts";

export const transport = new TransportService("edge01", {
  host: edge01,
  organization: mbx01,
  after: [certificate.revision, subscription.revision],
  expectThumbprint: certificate.thumbprint,
});
