/** Certificate, subscription and service of an Edge, wired by hand; the component EdgeTransport does the same. */
import { Certificate, EdgeSubscription } from "pulumi-exchange";
import { edge01, mbx01 } from "./hosts";

export const certificate = new Certificate("edge01", {
  host: edge01,
  organization: mbx01,
  source: { pfx: { file: "certificates/edge.pfx" }, password: { env: "PFX_PASSWORD" } },
  services: ["SMTP"],
  defaultSmtp: "replace",
  drain: "hold",
});

export const subscription = new EdgeSubscription("edge01", {
  edge: edge01,
  organization: mbx01,
  site: "Default-First-Site-Name",
  certificateThumbprint: certificate.thumbprint,
  after: [certificate.revision],
});
