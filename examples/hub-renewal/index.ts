/** One new certificate in place of the two that have expired, and the Edge Subscription that hangs on it. */
import * as pulumi from "@pulumi/pulumi";
import { Certificate, EdgeSubscription, TransportService } from "pulumi-exchange";
import { readHosts } from "./servers";

const config = new pulumi.Config();
const { MESSAGING, SECURITY } = readHosts(config);

/** Requested on the server, issued by the internal CA, enabled for everything that the old ones did. */
const certificate = new Certificate("messaging", {
  host: MESSAGING,
  source: {
    adcs: {
      ca: config.get("ca") ?? "messaging.ebs.local\\EBS-CA",
      template: "WebServer",
      domainNames: config.getObject<string[]>("domainNames") ?? ["MESSAGING", "messaging.ebs.local"],
    },
  },
  services: ["IIS", "SMTP", "POP", "IMAP"],
  // The old default is expired or gone, so the new certificate takes its place: EdgeSync and direct trust follow below.
  defaultSmtp: "replace",
  renewBefore: 30,
});

/** STARTTLS of the Mailbox server presents it; where transport has not noticed it, a restart makes it certain. */
const messaging = new TransportService("messaging-transport", {
  host: MESSAGING,
  expectThumbprint: certificate.thumbprint,
  after: [certificate.revision],
});

/** Proves that the Edge synchronises with the Mailbox server's new default, and subscribes it again where it does not. */
const subscription = new EdgeSubscription("security", {
  edge: SECURITY,
  organization: MESSAGING,
  site: config.get("site") ?? "Default-First-Site-Name",
  organizationThumbprints: { MESSAGING: certificate.thumbprint },
  after: [certificate.revision, messaging.revision],
});

const security = new TransportService("security-transport", {
  host: SECURITY,
  organization: MESSAGING,
  after: [subscription.revision],
});

export const thumbprint = certificate.thumbprint;
export const notAfter = certificate.notAfter;
export const syncStatus = subscription.syncStatus;
export const status = security.status;
