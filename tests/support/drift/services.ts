/** Edge Subscriptions and transport services. */
import type { Rig } from "../stories/rig";
import { BANNER, COMMENT, edge, enable, setup, SITE } from "./servers";
import { type, type Drift } from "./table";

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

export const SUBSCRIPTIONS: Drift[] = [
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
      memberships(rig).sort((a, b) => String(a[0]).localeCompare(String(b[0]))),
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
      const parameters = { DomainName: ["mbx01.contoso.com"], Services: "SMTP", Force: true };
      await rig.control.operator("MBX01", "New-ExchangeCertificate", parameters);
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
/** An operator's own certificate, and the connector that names it. */
async function presentOwn(rig: Rig): Promise<void> {
  const { pfx, password } = rig.source("v3");
  await rig.control.operator("EDGE01", "Import-ExchangeCertificate", { FileData: { $bytes: pfx }, Password: { $secure: password } });
  const access = { Thumbprint: rig.thumbprint("v3"), Services: "None", NetworkServiceAllowed: true };
  await rig.control.operator("EDGE01", "Enable-ExchangeCertificate", access);
  const Identity = "EDGE01\\Default internal receive connector EDGE01";
  await rig.control.operator("EDGE01", "Set-ReceiveConnector", { Identity, TlsCertificateName: rig.tlsName("v3") });
}

export const TRANSPORT: Drift[] = [
  {
    ...transport(
      "STARTTLS presents another certificate",
      presentOwn,
      (rig) => rig.server("EDGE01").transportThumbprint,
      "presentedThumbprint",
    ),
    foreign: {
      ...BANNER,
      seen: (rig) => [BANNER.seen(rig), rig.certificate("EDGE01", rig.thumbprint("v3"))?.thumbprint],
    },
  },
  transport("stopped", type("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" }), status, "status"),
  transport("paused", type("EDGE01", "Suspend-Service", { Name: "MSExchangeTransport" }), status, "status"),
];
