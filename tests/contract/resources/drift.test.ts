/** Drift: what an operator changed of what a resource owns is shown by a read and mended by an update; the rest stays as it is. */
import assert from "node:assert/strict";
import { Rig, type Kind } from "../../support/stories/rig";

const OFFICE = "Outbound to Office 365";
const RECEIVE = "Default internal receive connector EDGE01";
const CLOUD = "mail.protection.outlook.com";

type Call = [host: string, cmdlet: string, parameters: object];
interface Drift {
  /** The output that shows it. */
  property: string;
  operator: (rig: Rig) => Call[] | Promise<Call[]>;
}
interface Subject {
  kind: Kind;
  args: (rig: Rig) => object;
  owned: Drift[];
  /** What the resource does not own: changed by an operator, and left. */
  foreign: { call: (rig: Rig) => Call; seen: (rig: Rig) => unknown; value: unknown };
}

const set = (parameters: object): Call => ["MBX01", "Set-SendConnector", { Identity: OFFICE, ...parameters }];
const receive = (parameters: object): Call => ["EDGE01", "Set-ReceiveConnector", { Identity: `EDGE01\\${RECEIVE}`, ...parameters }];
const transport = (command: string): Call => ["EDGE01", command, { Name: "MSExchangeTransport" }];
const takeDefault = async (rig: Rig): Promise<Call[]> => {
  const setup = rig.server("MBX01").certificates.find((one) => one.subject === "CN=MBX01")!;
  return [["MBX01", "Enable-ExchangeCertificate", { Thumbprint: setup.thumbprint, Services: "SMTP", Force: true }]];
};

const SUBJECTS: Subject[] = [
  {
    kind: "SendConnectorTls",
    args: (rig) => ({
      host: rig.host("MBX01"),
      connector: OFFICE,
      tlsCertificateName: rig.tlsName("v1"),
      sources: ["EDGE01", "EDGE02"].map((name) => ({ host: rig.host(name), thumbprint: rig.thumbprint("v1") })),
      requireTls: true,
      tlsAuthLevel: "DomainValidation",
      tlsDomain: CLOUD,
      fqdn: "mail.contoso.com",
    }),
    owned: [
      { property: "tlsCertificateName", operator: () => [set({ TlsCertificateName: null })] },
      { property: "requireTls", operator: () => [set({ TlsAuthLevel: null, TlsDomain: null, RequireTLS: false })] },
      { property: "tlsAuthLevel", operator: () => [set({ TlsDomain: null, TlsAuthLevel: "EncryptionOnly" })] },
      { property: "tlsDomain", operator: () => [set({ TlsDomain: "smtp.example.com" })] },
      { property: "fqdn", operator: () => [set({ Fqdn: "other.contoso.com" })] },
    ],
    foreign: {
      call: () => set({ Comment: "mine", MaxMessageSize: "11 MB" }),
      seen: (rig) => rig.sendConnector(OFFICE).Comment,
      value: "mine",
    },
  },
  {
    kind: "ReceiveConnectorTls",
    args: (rig) => ({
      host: rig.host("EDGE01"),
      connector: RECEIVE,
      tlsCertificateName: rig.tlsName("v1"),
      tlsDomainCapabilities: { [CLOUD]: "AcceptCloudServicesMail" },
      fqdn: "mail.contoso.com",
    }),
    owned: [
      { property: "tlsCertificateName", operator: () => [receive({ TlsCertificateName: null })] },
      { property: "tlsDomainCapabilities", operator: () => [receive({ TlsDomainCapabilities: [] })] },
      { property: "fqdn", operator: () => [receive({ Fqdn: "edge01.contoso.com" })] },
    ],
    foreign: {
      call: () => receive({ Banner: "220 mine" }),
      seen: (rig) => rig.receiveConnector("EDGE01", RECEIVE).Banner,
      value: "220 mine",
    },
  },
  {
    kind: "HybridConfigurationTls",
    args: (rig) => ({ host: rig.host("MBX01"), tlsCertificateName: rig.tlsName("v1") }),
    owned: [
      {
        property: "tlsCertificateName",
        operator: (rig) => [["MBX01", "Set-HybridConfiguration", { TlsCertificateName: rig.tlsName("v3") }]],
      },
    ],
    foreign: {
      call: () => ["MBX01", "Set-HybridConfiguration", { OnPremisesSmartHost: "other.contoso.com" }],
      seen: (rig) => rig.hybrid().OnPremisesSmartHost,
      value: "other.contoso.com",
    },
  },
  {
    kind: "TransportService",
    args: (rig) => ({ host: rig.host("EDGE01"), organization: rig.host("MBX01"), expectThumbprint: rig.thumbprint("v1") }),
    owned: [
      { property: "status", operator: () => [transport("Stop-Service")] },
      { property: "status", operator: () => [transport("Suspend-Service")] },
    ],
    foreign: {
      call: () => ["EDGE01", "Stop-Service", { Name: "MSExchangeTransportLogSearch" }],
      seen: (rig) => rig.server("EDGE01").services.MSExchangeTransportLogSearch,
      value: "Stopped",
    },
  },
  {
    kind: "Certificate",
    args: (rig) => ({ host: rig.host("MBX01"), source: rig.source("web"), services: ["SMTP", "IIS"], defaultSmtp: "replace" }),
    owned: [
      {
        property: "enabledServices",
        operator: (rig) => [["MBX01", "Enable-ExchangeCertificate", { Thumbprint: rig.thumbprint("v1"), Services: "IIS" }]],
      },
      { property: "isDefaultSmtp", operator: takeDefault },
    ],
    foreign: {
      call: (rig) => ["MBX01", "Enable-ExchangeCertificate", { Thumbprint: rig.thumbprint("web"), Services: "POP" }],
      seen: (rig) => rig.certificate("MBX01", rig.thumbprint("web"))!.services.includes("POP"),
      value: true,
    },
  },
];

describe("drift", () => {
  for (const { kind, args, owned, foreign } of SUBJECTS) {
    for (const { property, operator } of owned) {
      it(`${kind}: ${property} is shown and mended, and what is not its own stays`, async () => {
        const rig = await Rig.start();
        try {
          const program = rig.one(kind, args(rig));
          await rig.apply(program);
          const before = rig.outs(kind)[property];
          for (const [host, cmdlet, parameters] of [...(await operator(rig)), foreign.call(rig)])
            await rig.control.operator(host, cmdlet, parameters);
          const shown = (await rig.read(kind))[property];
          assert.notDeepEqual(shown, before, "a read shows it");
          const run = await rig.apply(program, { refresh: true });
          assert.deepEqual(run.operations, [`update ${kind}`]);
          assert.match(run.lines.join("\n"), /drift: /);
          assert.deepEqual(
            (await rig.read(kind))[property],
            kind === "Certificate" ? rig.outs(kind)[property] : before,
            "an update mends it",
          );
          if (property === "isDefaultSmtp") assert.equal(rig.server("MBX01").defaultThumbprint, rig.thumbprint("web"));
          if (property === "enabledServices") assert.ok(rig.certificate("MBX01", rig.thumbprint("web"))!.services.includes("IIS"));
          assert.deepEqual(foreign.seen(rig), foreign.value, "not its own");
          await rig.settled(program);
        } finally {
          await rig.close();
        }
      });
    }
  }
});
