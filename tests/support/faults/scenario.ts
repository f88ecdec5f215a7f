/** The organisation that faults are tried on: one site, a Mailbox server, two Edges; connectors of one and of both Edges. */
import type { ScenarioInput } from "../../../lab/open";

const NAMES = ["mail.contoso.com", "edge01.contoso.com", "edge02.contoso.com"];
const leaf = (authority: string, more: object = {}): object => ({
  authority,
  subject: "CN=mail.contoso.com",
  domainNames: NAMES,
  notAfterDays: 364.5,
  ...more,
});
const OLD = { certificate: "v1", smtp: true, friendlyName: "mail.contoso.com" };
const OLD_NAME = "<I>CN=Contoso Issuing CA, O=Contoso, C=US<S>CN=mail.contoso.com";
const CHAIN = ["root", "issuing", "issuing2"];
const edge = (name: string): object => ({
  name,
  fqdn: `${name.toLowerCase()}.contoso.com`,
  role: "Edge",
  chain: CHAIN.slice(0, 2),
  certificates: [OLD],
  default: "v1",
  receiveConnectors: { [`Default internal receive connector ${name}`]: { TlsCertificateName: OLD_NAME } },
});

/** `v2` renews `v1` under the same names; `v3` comes from another issuer, so that connectors have to flip. */
export const FAULTS_SCENARIO = {
  name: "faults",
  organisation: "Contoso",
  domain: "contoso.com",
  authorities: {
    root: { subject: "CN=Contoso Root CA, O=Contoso, C=US", notBeforeDays: -2000, notAfterDays: 5000 },
    issuing: { subject: "CN=Contoso Issuing CA, O=Contoso, C=US", parent: "root", notBeforeDays: -1500, notAfterDays: 2000 },
    issuing2: { subject: "CN=Contoso Issuing CA 2, O=Contoso, C=US", parent: "root", notBeforeDays: -30, notAfterDays: 3000 },
  },
  certificates: {
    v1: leaf("issuing", { notBeforeDays: -355, notAfterDays: 9.5 }),
    v2: leaf("issuing"),
    v3: leaf("issuing2"),
  },
  servers: [
    { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox", chain: CHAIN, certificates: [OLD] },
    edge("EDGE01"),
    edge("EDGE02"),
  ],
  subscriptions: [{ edge: "EDGE01" }, { edge: "EDGE02" }],
  acceptedDomains: ["contoso.com"],
  sendConnectors: [
    {
      Name: "Outbound to Office 365",
      AddressSpaces: ["smtp:contoso.mail.onmicrosoft.com;1"],
      SourceTransportServers: ["EDGE01", "EDGE02"],
      certificate: "v1",
      RequireTLS: true,
      TlsAuthLevel: "DomainValidation",
      TlsDomain: "mail.protection.outlook.com",
      CloudServicesMailEnabled: true,
    },
    { Name: "Partner fabrikam", AddressSpaces: ["smtp:fabrikam.com;7"], SourceTransportServers: ["EDGE01"], Comment: "ask Fabrikam first" },
    { Name: "Partner litware", AddressSpaces: ["smtp:litware.com;3"], SourceTransportServers: ["EDGE02", "EDGE01"], certificate: "v1" },
  ],
} as unknown as ScenarioInput;
