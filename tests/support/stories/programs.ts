/** The two articles as programs of plain declarations: what examples/hub-renewal and examples/edge-hybrid declare. */
import type { Declare, Program } from "../faults/engine";
import type { Rig } from "./rig";

export const SITE = "Default-First-Site-Name";
export const OFFICE = "Outbound to Office 365";
/** Subject of the second article's certificate. */
export const HYBRID = "CN=hybrid.msxfaq.example, OU=IT, O=msxfaq, L=hoevelhof, S=North Rhine-Westphalia, C=DE";
export const HYBRID_NAMES = ["hybrid.msxfaq.example", "edge1.msxfaq.example", "edge2.msxfaq.example"];

/** First article: one new certificate for both old ones, then the Edge Subscription. */
export function hubRenewal(rig: Rig, more: { syncTimeout?: number } = {}): Program {
  return async (declare) => {
    const [host, edge] = [rig.host("MESSAGING"), rig.host("SECURITY")];
    const certificate = await declare("Certificate", "messaging", {
      host,
      source: { adcs: { template: "WebServer", ca: "messaging.ebs.local\\EBS-CA", domainNames: ["MESSAGING", "messaging.ebs.local"] } },
      services: ["IIS", "SMTP", "POP", "IMAP"],
      defaultSmtp: "replace",
      renewBefore: 30,
    });
    await declare("TransportService", "messaging-transport", {
      host,
      expectThumbprint: certificate.thumbprint,
      after: [certificate.revision],
    });
    const subscription = await declare("EdgeSubscription", "security", {
      edge,
      organization: host,
      site: SITE,
      organizationThumbprints: { MESSAGING: certificate.thumbprint },
      after: [certificate.revision],
      ...more,
    });
    await declare("TransportService", "security-transport", { host: edge, organization: host, after: [subscription.revision] });
  };
}

/** What the second article's program is given. */
export interface Hybrid {
  /** The answer of the CA to the request; without it the old certificate stays in service. */
  answer?: string;
  chain?: string[];
  /** Nothing is taken over before there is an answer: the first run makes the request alone. */
  requestFirst?: boolean;
}

/** Second article: the certificate is requested, exportable, on a front end, carried to the Edges, and the connectors follow. */
export function edgeHybrid(rig: Rig, { answer, chain, requestFirst }: Hybrid = {}): Program {
  return async (declare) => {
    const inside = rig.host("EX01");
    const request = await declare("CertificateRequest", "request", {
      host: inside,
      subject: HYBRID,
      domainNames: HYBRID_NAMES,
      exportable: true,
    });
    if (requestFirst && !answer) return;
    const source = { request: request.publicKeySha256, certificate: answer, chain };
    const copy = answer ? await declare("Certificate", "inside", { host: inside, source, services: [] }) : undefined;
    const thumbprint = copy?.thumbprint ?? rig.thumbprint("old");
    const sources: object[] = [];
    let after: unknown[] = [];
    let name: unknown;
    for (const edge of ["EDGE1", "EDGE2"]) {
      const made = await oneEdge(declare, rig, edge, { export: { host: inside, thumbprint } }, answer !== undefined);
      sources.push({ host: rig.host(edge), thumbprint });
      after = [...after, made.revision];
      name = made.tlsCertificateName;
    }
    const connector = await declare("SendConnectorTls", "office", {
      host: inside,
      connector: OFFICE,
      tlsCertificateName: name,
      sources,
      after,
    });
    await declare("HybridConfigurationTls", "hybrid", { host: inside, tlsCertificateName: name, after: [connector.revision] });
  };
}

async function oneEdge(
  declare: Declare,
  rig: Rig,
  edge: string,
  source: object,
  receives: boolean,
): Promise<{ revision: unknown; tlsCertificateName: unknown }> {
  const [host, organization] = [rig.host(edge), rig.host("EX01")];
  const certificate = await declare("Certificate", `${edge}-certificate`, {
    host,
    organization,
    source,
    services: ["SMTP"],
    defaultSmtp: "replace",
    drain: "hold",
  });
  const { thumbprint, tlsCertificateName } = certificate;
  const subscription = await declare("EdgeSubscription", `${edge}-subscription`, {
    edge: host,
    organization,
    site: SITE,
    certificateThumbprint: thumbprint,
    after: [certificate.revision],
  });
  const prepared = [certificate.revision, subscription.revision];
  // A name that only an expired certificate carries would take STARTTLS away.
  if (receives) {
    const connector = `Default internal receive connector ${edge}`;
    const tlsDomainCapabilities = { "mail.protection.outlook.com": "auto" };
    const args = { host, connector, tlsCertificateName, tlsDomainCapabilities, fqdn: HYBRID_NAMES[0], after: [subscription.revision] };
    prepared.push((await declare("ReceiveConnectorTls", `${edge}-receive`, args)).revision);
  }
  const { revision } = await declare("TransportService", `${edge}-transport`, {
    host,
    organization,
    expectThumbprint: thumbprint,
    after: prepared,
  });
  return { revision, tlsCertificateName };
}
