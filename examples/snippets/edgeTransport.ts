/** One Edge with everything that hangs on its certificate, out of the load balancer while it is worked on. */
import { EdgeTransport } from "pulumi-exchange";
import { edge01, mbx01 } from "./hosts";

const balancer = { host: "lb.contoso.com", user: "deploy", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample" };

export const edge = new EdgeTransport("edge01", {
  edge: edge01,
  organization: mbx01,
  site: "Default-First-Site-Name",
  certificate: {
    source: { pfx: { file: "certificates/edge.pfx" }, password: { env: "PFX_PASSWORD" } },
    services: ["SMTP"],
    defaultSmtp: "replace",
  },
  mailboxHosts: [mbx01],
  sendConnectors: [{ connector: "Outbound to Office 365" }],
  receiveConnectors: [
    {
      connector: "Default internal receive connector EDGE01",
      tlsDomainCapabilities: { "mail.protection.outlook.com": "AcceptCloudServicesMail" },
    },
  ],
  loadBalancer: {
    takeOut: { connection: balancer, create: "lbctl disable edge01" },
    putIn: { connection: balancer, create: "lbctl enable edge01" },
  },
});
