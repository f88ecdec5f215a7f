/** Certificates, requests, subscriptions and transport: what stands on servers. */
import type { Program, Rig } from "../stories/rig";
import { OFFICE } from "./connectors";
import { serverOf, type, type Drift } from "./table";

const SITE = "Default-First-Site-Name";

/** An Edge as EdgeTransport wires it. */
const edge =
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
const setup = (rig: Rig, name: string): string => rig.server(name).certificates.find((one) => one.subject === `CN=${name}`)!.thumbprint;
const enable = (host: string, thumbprint: (rig: Rig) => string, services: string) => (rig: Rig) =>
  rig.control.operator(host, "Enable-ExchangeCertificate", { Thumbprint: thumbprint(rig), Services: services, Force: true });
/** An operator's own certificate on the server. */
const ANOTHER = {
  change: (rig: Rig) => rig.control.operator("MBX01", "New-ExchangeCertificate", { DomainName: ["mine.contoso.com"], Services: "None" }),
  seen: (rig: Rig) => rig.server("MBX01").certificates.filter((one) => one.subject.includes("mine.contoso.com")),
};
const BANNER = {
  change: type("EDGE01", "Set-ReceiveConnector", { Identity: "EDGE01\\Default internal receive connector EDGE01", Banner: "220 mine" }),
  seen: (rig: Rig) => rig.receiveConnector("EDGE01", "Default internal receive connector EDGE01").Banner,
};
const COMMENT = {
  change: type("MBX01", "Set-SendConnector", { Identity: OFFICE, Comment: "mine" }),
  seen: (rig: Rig) => rig.sendConnector(OFFICE).Comment,
};

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

const CERTIFICATES: Drift[] = [
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

const REQUEST: Drift = {
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

/** The setup certificate is exported and presented, and v2 made the default again: AD LDS keeps what the last export pinned. */
async function pinAnother(rig: Rig): Promise<void> {
  await enable("EDGE01", (one) => setup(one, "EDGE01"), "SMTP")(rig);
  await rig.control.operator("EDGE01", "New-EdgeSubscription", { FileName: "C:\\temp\\mine.xml", Force: true });
  await rig.control.operator("EDGE01", "Restart-Service", { Name: "ADAM_MSExchange" });
  await rig.control.operator("EDGE01", "Start-Service", { Name: "MSExchangeTransport" });
  await enable("EDGE01", (one) => one.thumbprint("v2"), "SMTP")(rig);
}
const memberships = (rig: Rig) =>
  rig
    .sendConnectors()
    .map(({ Name, SourceTransportServers, AddressSpaces, TlsCertificateName }) => [
      Name,
      [...(SourceTransportServers as string[])].sort(),
      AddressSpaces,
      TlsCertificateName,
    ]);

const SUBSCRIPTIONS: Drift[] = [
  {
    kind: "EdgeSubscription",
    what: "removed, and connectors with it",
    program: edge,
    name: "subscription",
    operator: type("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false }),
    shown: null,
    seen: (rig) => [
      rig
        .subscriptions()
        .map(({ Name }) => Name)
        .sort(),
      memberships(rig).sort(),
    ],
    foreign: COMMENT,
  },
  {
    kind: "EdgeSubscription",
    what: "AD LDS presents another certificate",
    program: edge,
    name: "subscription",
    operator: pinAnother,
    shown: "boundThumbprint",
    seen: (rig) => rig.server("EDGE01").ldapsThumbprint,
    foreign: COMMENT,
  },
  {
    kind: "EdgeSubscription",
    what: "credentials that cannot be decrypted (another default inside)",
    program: (rig) => rig.one("EdgeSubscription", { edge: rig.host("EDGE01"), organization: rig.host("MBX01"), site: SITE }),
    options: { toggles: { mailboxDefaultReencrypts: false } },
    operator: async (rig) => {
      await enable("MBX01", (one) => one.thumbprint("v1"), "SMTP")(rig).catch(() => undefined);
      await rig.control.clock(3600);
    },
    shown: "syncStatus",
    seen: async (rig) =>
      (await rig.control.operator("MBX01", "Test-EdgeSynchronization", { TargetServer: "edge01.contoso.com" })).objects[0].SyncStatus,
    foreign: COMMENT,
  },
];

const status = (rig: Rig) => rig.server("EDGE01").services.MSExchangeTransport;
const transport = (what: string, operator: Drift["operator"], seen: Drift["seen"], shown: string): Drift => ({
  kind: "TransportService",
  what,
  program: edge,
  name: "transport",
  operator,
  shown,
  seen,
  foreign: {
    change: type("EDGE01", "Stop-Service", { Name: "MSExchangeTransportLogSearch" }),
    seen: (rig) => rig.server("EDGE01").services.MSExchangeTransportLogSearch,
  },
});
const TRANSPORT: Drift[] = [
  transport("stopped", type("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" }), status, "status"),
  transport("paused", type("EDGE01", "Suspend-Service", { Name: "MSExchangeTransport" }), status, "status"),
];

export const SERVERS: Drift[] = [...CERTIFICATES, REQUEST, ...SUBSCRIPTIONS, ...TRANSPORT];
