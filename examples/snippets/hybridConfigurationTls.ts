/** The hybrid configuration names the certificate that the Edge uses. */
import { HybridConfigurationTls } from "pulumi-exchange";
import { edge } from "./edgeTransport";
import { mbx01 } from "./hosts";

export const hybrid = new HybridConfigurationTls("hybrid", {
  host: mbx01,
  tlsCertificateName: edge.tlsCertificateName,
});
