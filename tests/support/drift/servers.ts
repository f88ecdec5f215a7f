/** Certificates and requests. */
import { readCertificate } from "../../../provider/pki";
import type { Program, Rig } from "../stories/rig";
import { OFFICE } from "./connectors";
import { serverOf, type, type Drift } from "./table";

export const SITE = "Default-First-Site-Name";

/** An Edge as EdgeTransport wires it. */
export const edge =
  (rig: Rig): Program =>
  async (declare) => {
    const [host, organization] = [rig.host("EDGE01"), rig.host("MBX01")];
    const certificate = await declare("Certificate", "certificate", {
      host,
      organization,
      source: rig.source("v2"),
      services: ["SMTP"],
      defaultSmtp: "replace",
      drain: "hold",
    });
    const { thumbprint, tlsCertificateName } = certificate;
    const bound = { edge: host, organization, site: SITE, certificateThumbprint: thumbprint, after: [certificate.revision] };
    const subscription = await declare("EdgeSubscription", "subscription", bound);
    const connector = "Default internal receive connector EDGE01";
    const receive = await declare("ReceiveConnectorTls", "receive", {
      host,
      connector,
      tlsCertificateName,
      after: [subscription.revision],
    });
    const after = [certificate.revision, subscription.revision, receive.revision];
    await declare("TransportService", "transport", { host, organization, expectThumbprint: thumbprint, after });
  };

const web =
  (services: string[], more: object = {}) =>
  (rig: Rig): Program =>
    rig.one("Certificate", { host: rig.host("MBX01"), source: rig.source("web"), services, ...more });
const onMailbox = (rig: Rig) => rig.certificate("MBX01", rig.thumbprint("web"));
export const setup = (rig: Rig, name: string): string =>
  rig.server(name).certificates.find((one) => one.subject === `CN=${name}`)!.thumbprint;
export const enable = (host: string, thumbprint: (rig: Rig) => string, services: string) => (rig: Rig) =>
  rig.control.operator(host, "Enable-ExchangeCertificate", { Thumbprint: thumbprint(rig), Services: services, Force: true });
/** An operator's own certificate on the server. */
const ANOTHER = {
  change: (rig: Rig) => rig.control.operator("MBX01", "New-ExchangeCertificate", { DomainName: ["mine.contoso.com"], Services: "None" }),
  seen: (rig: Rig) => rig.server("MBX01").certificates.filter((one) => one.subject.includes("mine.contoso.com")),
};
export const BANNER = {
  change: type("EDGE01", "Set-ReceiveConnector", { Identity: "EDGE01\\Default internal receive connector EDGE01", Banner: "220 mine" }),
  seen: (rig: Rig) => rig.receiveConnector("EDGE01", "Default internal receive connector EDGE01").Banner,
};
export const COMMENT = {
  change: type("MBX01", "Set-SendConnector", { Identity: OFFICE, Comment: "mine" }),
  seen: (rig: Rig) => rig.sendConnector(OFFICE).Comment,
};

const issuer = (rig: Rig, name: string): string => readCertificate(rig.issued(name).chainPem[0]).thumbprint;

function serviceRow(service: string): Drift {
  const moved = { change: enable("MBX01", (rig) => rig.thumbprint("v1"), service), foreign: ANOTHER };
  return {
    kind: "Certificate",
    what: `${service} moved to another certificate`,
    program: web(["IIS", "POP", "IMAP"]),
    operator: moved.change,
    shown: "enabledServices",
    seen: (rig) => onMailbox(rig)?.services.includes(service),
    foreign: moved.foreign,
  };
}

export const CERTIFICATES: Drift[] = [
  ...["IIS", "POP", "IMAP"].map(serviceRow),
  {
    kind: "Certificate",
    what: "NETWORK SERVICE may no longer read the key (Mailbox)",
    program: web(["SMTP"]),
    operator: (rig) => Promise.resolve((serverOf(rig, "MBX01").my.find(rig.thumbprint("web"))!.networkService = false)),
    shown: "enabledServices",
    seen: (rig) => serverOf(rig, "MBX01").my.find(rig.thumbprint("web"))!.networkService,
    foreign: ANOTHER,
  },
  {
    kind: "Certificate",
    what: "another default (Mailbox)",
    program: web(["SMTP", "IIS"], { defaultSmtp: "replace" }),
    operator: enable("MBX01", (rig) => setup(rig, "MBX01"), "SMTP"),
    shown: "isDefaultSmtp",
    seen: (rig) => rig.server("MBX01").defaultThumbprint,
    foreign: ANOTHER,
  },
  {
    kind: "Certificate",
    what: "a certificate of its chain removed",
    program: web(["IIS"]),
    operator: (rig) => Promise.resolve(serverOf(rig, "MBX01").ca.remove(issuer(rig, "web"))),
    shown: "chainThumbprints",
    seen: (rig) => rig.server("MBX01").chain.includes(issuer(rig, "web")),
    foreign: ANOTHER,
  },
  {
    kind: "Certificate",
    what: "removed (Mailbox)",
    program: web(["IIS"]),
    operator: (rig) => rig.control.operator("MBX01", "Remove-ExchangeCertificate", { Thumbprint: rig.thumbprint("web"), Confirm: false }),
    shown: null,
    seen: (rig) => [onMailbox(rig)?.thumbprint, onMailbox(rig)?.services],
    foreign: ANOTHER,
  },
  {
    kind: "Certificate",
    what: "NETWORK SERVICE may no longer read the key (Edge)",
    program: edge,
    name: "certificate",
    operator: (rig) => Promise.resolve((serverOf(rig, "EDGE01").my.find(rig.thumbprint("v2"))!.networkService = false)),
    shown: "enabledServices",
    seen: (rig) => [
      serverOf(rig, "EDGE01").my.find(rig.thumbprint("v2"))!.networkService,
      rig.server("EDGE01").services.MSExchangeTransport,
    ],
    foreign: BANNER,
  },
  {
    kind: "Certificate",
    what: "another default (Edge)",
    program: edge,
    name: "certificate",
    operator: enable("EDGE01", (rig) => setup(rig, "EDGE01"), "SMTP"),
    shown: "isDefaultSmtp",
    seen: (rig) => [rig.server("EDGE01").defaultThumbprint, rig.server("EDGE01").services.MSExchangeTransport],
    foreign: BANNER,
  },
  {
    kind: "Certificate",
    what: "removed (Edge)",
    program: edge,
    name: "certificate",
    operator: (rig) => Promise.resolve(serverOf(rig, "EDGE01").my.remove(rig.thumbprint("v2"))),
    shown: null,
    seen: (rig) => [rig.certificate("EDGE01", rig.thumbprint("v2"))?.services, rig.server("EDGE01").transportThumbprint],
    foreign: BANNER,
  },
];

export const REQUEST: Drift = {
  kind: "CertificateRequest",
  what: "pending request removed",
  program: (rig) =>
    rig.one("CertificateRequest", { host: rig.host("MBX01"), subject: "CN=mail.contoso.com", domainNames: ["mail.contoso.com"] }),
  operator: async (rig) => {
    const [{ thumbprint }] = rig.server("MBX01").requests;
    await rig.control.operator("MBX01", "Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false });
  },
  shown: null,
  seen: (rig) => rig.server("MBX01").requests.map(({ subject }) => subject),
  foreign: ANOTHER,
  anew: true,
};

/** The organisation's OAuth certificate: what its configuration says is not drift, what its servers lack is. */
export const AUTH: Drift = {
  kind: "AuthCertificate",
  what: "removed from a Mailbox server",
  program: (rig) => rig.one("AuthCertificate", { host: rig.host("MBX01") }),
  options: { scenario: "two-sites" },
  operator: (rig) => rig.control.operator("MBX02", "Remove-ExchangeCertificate", { Thumbprint: authOf(rig), Confirm: false }),
  shown: "missingOn",
  seen: (rig) => rig.certificate("MBX02", authOf(rig))?.thumbprint,
  foreign: ANOTHER,
};

function authOf(rig: Rig): string {
  return (rig.lab.organisation.state().authConfig as { current: string }).current;
}
