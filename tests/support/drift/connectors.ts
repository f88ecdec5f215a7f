/** Send and receive connectors, and the hybrid configuration. */
import type { Rig } from "../stories/rig";
import { type, type Drift } from "./table";

export const OFFICE = "Outbound to Office 365";
const RECEIVE = "Default internal receive connector EDGE01";
const CLOUD = "mail.protection.outlook.com";

const send = (parameters: object) => type("MBX01", "Set-SendConnector", { Identity: OFFICE, ...parameters });
const receive = (parameters: object) => type("EDGE01", "Set-ReceiveConnector", { Identity: `EDGE01\\${RECEIVE}`, ...parameters });
const hybrid = (parameters: object) => type("MBX01", "Set-HybridConfiguration", parameters);

/** Parameters that need the lab's certificates. */
type Parameters = (rig: Rig) => { [name: string]: unknown };
function given(parameters: { [name: string]: unknown } | Parameters, rig: Rig): object {
  return typeof parameters === "function" ? parameters(rig) : parameters;
}

function sendRow(what: string, property: string, parameters: { [name: string]: unknown } | Parameters, shown: string): Drift {
  return {
    kind: "SendConnectorTls",
    what,
    program: (rig) =>
      rig.one("SendConnectorTls", {
        host: rig.host("MBX01"),
        connector: OFFICE,
        tlsCertificateName: rig.tlsName("v1"),
        sources: ["EDGE01", "EDGE02"].map((name) => ({ host: rig.host(name), thumbprint: rig.thumbprint("v1") })),
        requireTls: true,
        tlsAuthLevel: "DomainValidation",
        tlsDomain: CLOUD,
        fqdn: "mail.contoso.com",
      }),
    // "lenient": an operator may set a name that no server can resolve.
    options: { toggles: { setSendConnector: "lenient" } },
    operator: (rig) => send(given(parameters, rig))(rig),
    shown,
    seen: (rig) => rig.sendConnector(OFFICE)[property],
    foreign: {
      change: send({ Comment: "mine", MaxMessageSize: "11 MB", SmartHosts: ["relay.contoso.com"] }),
      seen: (rig) => [rig.sendConnector(OFFICE).Comment, rig.sendConnector(OFFICE).MaxMessageSize, rig.sendConnector(OFFICE).SmartHosts],
    },
  };
}

function receiveRow(what: string, property: string, parameters: { [name: string]: unknown } | Parameters, shown: string): Drift {
  return {
    kind: "ReceiveConnectorTls",
    what,
    program: (rig) =>
      rig.one("ReceiveConnectorTls", {
        host: rig.host("EDGE01"),
        connector: RECEIVE,
        tlsCertificateName: rig.tlsName("v1"),
        tlsDomainCapabilities: { [CLOUD]: "AcceptCloudServicesMail" },
        fqdn: "mail.contoso.com",
      }),
    operator: (rig) => receive(given(parameters, rig))(rig),
    shown,
    seen: (rig) => [rig.receiveConnector("EDGE01", RECEIVE)[property]].flat().filter((one) => !String(one).startsWith("fabrikam")),
    foreign: {
      change: async (rig) => {
        await receive({ Banner: "220 mine", TlsDomainCapabilities: { Add: ["fabrikam.com:AcceptOrgHeaders"] } })(rig);
      },
      seen: (rig) => {
        const { Banner, TlsDomainCapabilities } = rig.receiveConnector("EDGE01", RECEIVE);
        return [Banner, (TlsDomainCapabilities as string[]).filter((one) => one.startsWith("fabrikam"))];
      },
    },
  };
}

function hybridRow(what: string, parameters: (rig: Rig) => object): Drift {
  return {
    kind: "HybridConfigurationTls",
    what,
    program: (rig) => rig.one("HybridConfigurationTls", { host: rig.host("MBX01"), tlsCertificateName: rig.tlsName("v1") }),
    operator: (rig) => hybrid(parameters(rig))(rig),
    shown: "tlsCertificateName",
    seen: (rig) => rig.hybrid().TlsCertificateName,
    foreign: { change: hybrid({ OnPremisesSmartHost: "other.contoso.com" }), seen: (rig) => rig.hybrid().OnPremisesSmartHost },
  };
}

export const CONNECTORS: Drift[] = [
  sendRow("TlsCertificateName cleared", "TlsCertificateName", { TlsCertificateName: null }, "tlsCertificateName"),
  sendRow(
    "TlsCertificateName set to another",
    "TlsCertificateName",
    (rig) => ({ TlsCertificateName: rig.tlsName("v3") }),
    "tlsCertificateName",
  ),
  sendRow("RequireTLS", "RequireTLS", { TlsAuthLevel: null, TlsDomain: null, RequireTLS: false }, "requireTls"),
  sendRow("TlsAuthLevel", "TlsAuthLevel", { TlsDomain: null, TlsAuthLevel: "EncryptionOnly" }, "tlsAuthLevel"),
  sendRow("TlsDomain", "TlsDomain", { TlsDomain: "smtp.example.com" }, "tlsDomain"),
  sendRow("Fqdn", "Fqdn", { Fqdn: "other.contoso.com" }, "fqdn"),
  sendRow("Fqdn cleared", "Fqdn", { Fqdn: null }, "fqdn"),
  receiveRow("TlsCertificateName cleared", "TlsCertificateName", { TlsCertificateName: null }, "tlsCertificateName"),
  receiveRow(
    "TlsCertificateName set to another",
    "TlsCertificateName",
    (rig) => ({ TlsCertificateName: rig.tlsName("v3") }),
    "tlsCertificateName",
  ),
  receiveRow("TlsDomainCapabilities removed", "TlsDomainCapabilities", { TlsDomainCapabilities: [] }, "tlsDomainCapabilities"),
  receiveRow(
    "TlsDomainCapabilities set to another",
    "TlsDomainCapabilities",
    { TlsDomainCapabilities: [`${CLOUD}:AcceptOorgProtocol`] },
    "tlsDomainCapabilities",
  ),
  receiveRow("Fqdn", "Fqdn", { Fqdn: "edge01.contoso.com" }, "fqdn"),
  hybridRow("TlsCertificateName set to another", (rig) => ({ TlsCertificateName: rig.tlsName("v3") })),
  hybridRow("TlsCertificateName cleared", () => ({ TlsCertificateName: null })),
];
