import assert from "node:assert/strict";
import { directoryTree } from "../../../../lab/doors/directoryTree";
import { matches, valuesOf, type DirectoryEntry } from "../../../../lab/doors/ldap/filter";
import { readSerialisedCertificate } from "../../../../provider/pki";
import { FilterParser } from "ldapts";
import { certificateOf, closeAll, open, type Lab } from "./support";

const CONFIGURATION = "CN=Configuration,DC=contoso,DC=com";

function search(lab: Lab, filter: string): DirectoryEntry[] {
  const parsed = FilterParser.parseString(filter);
  return directoryTree(lab.organisation, CONFIGURATION).filter((entry) => matches(parsed, entry));
}
const one = (lab: Lab, filter: string): DirectoryEntry => {
  const [first, ...more] = search(lab, filter);
  assert.ok(first && more.length === 0, filter);
  return first;
};
const texts = (entry: DirectoryEntry, attribute: string): string[] => valuesOf(entry, attribute).map(String);

describe("lab model: the directory", () => {
  afterEach(closeAll);

  it("D1 Edges are found by their role, with certificate, port and version", async () => {
    const lab = await open();
    const edges = search(lab, "(&(objectClass=msExchExchangeServer)(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=64))");
    assert.deepEqual(
      edges.map(({ dn }) => dn.split(",")[0]),
      ["CN=EDGE01", "CN=EDGE02"],
    );
    const [edge] = edges;
    const [blob] = valuesOf(edge, "msExchServerInternalTLSCert") as Buffer[];
    assert.equal(certificateOf(readSerialisedCertificate(blob)).thumbprint, lab.installed("EDGE01", "v1"));
    assert.deepEqual(texts(edge, "msExchEdgeSyncAdamSSLPort"), ["50636"]);
    assert.deepEqual(texts(edge, "versionNumber"), [String((15 << 22) | (2 << 16) | 1544)]);
    assert.match(texts(edge, "serialNumber")[0], /^Version 15\.2 /);
    assert.ok(Number(texts(edge, "msExchTransportFlags")[0]) & 65536, "subscribed");
    assert.ok(texts(edge, "msExchEdgeSyncLease")[0].length <= 1024);
    assert.equal(valuesOf(edge, "msExchEdgeSyncCookies").length, 2);
    // One bootstrap and two ESRA entries. // [L15] 15.6
    assert.equal(valuesOf(edge, "msExchEdgeSyncCredential").length, 3);
    const hub = one(lab, "(&(objectClass=msExchExchangeServer)(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=32))");
    assert.equal(valuesOf(hub, "msExchEdgeSyncCredential").length, 6);
    assert.match(texts(hub, "networkAddress").join(), /ncacn_ip_tcp:mbx01\.contoso\.com/);
  });

  it("D2 a send connector's flags and sources are where EdgeSync reads them", async () => {
    const lab = await open();
    await lab.run("MBX01", "New-SendConnector", {
      Name: "To fabrikam, and more",
      AddressSpaces: ["fabrikam.com;5"],
      SourceTransportServers: ["EDGE01"],
      RequireTLS: true,
      TlsAuthLevel: "DomainValidation",
      TlsDomain: "fabrikam.com",
      CloudServicesMailEnabled: true,
    });
    const entry = one(lab, "(&(objectClass=mailGateway)(cn=To fabrikam, and more))");
    // 131072 with DomainValidation shifted: the value of the support article. // 6.1, [L15] 15.4
    assert.deepEqual(texts(entry, "msExchSmtpSendFlags"), ["131136"]);
    assert.deepEqual(texts(entry, "msExchSmtpOutboundSecurityFlag"), ["4"]);
    assert.deepEqual(texts(entry, "msExchSmtpSendTlsDomain"), ["fabrikam.com"]);
    assert.deepEqual(texts(entry, "routingList"), ["smtp:fabrikam.com;5"]);
    assert.match(entry.dn, /^CN=To fabrikam\\, and more,CN=Connections,CN=Exchange Routing Group \(DWBGZMFD01QNBJR\),/);
    const [source] = texts(entry, "msExchSourceBridgeheadServersDN");
    assert.match(source, /^CN=1,CN=SMTP,CN=Protocols,CN=EDGE01,CN=Servers,/);
    assert.equal(search(lab, `(distinguishedName=${source.replace(/[()]/g, (char) => `\\${char.charCodeAt(0).toString(16)}`)})`).length, 1);
  });

  it("D3 the hybrid object holds name and Edges; every entry has a parent", async () => {
    const lab = await open("contoso", {});
    await lab.run("MBX01", "Set-HybridConfiguration", { EdgeTransportServers: ["EDGE01"], ReceivingTransportServers: [] });
    const hybrid = one(lab, "(objectClass=msExchCoexistenceRelationship)");
    assert.match(texts(hybrid, "msExchCoexistenceEdgeTransportServers")[0], /^CN=EDGE01,CN=Servers,/);
    assert.match(texts(hybrid, "msExchCoexistenceSecureMailCertificateThumbprint")[0], /^<I>.*<S>CN=mail\.contoso\.com/);
    const all = search(lab, "(objectClass=*)");
    const known = new Set(all.map(({ dn }) => dn.toLowerCase()));
    for (const { dn } of all) {
      const parent = dn.replace(/^(?:\\.|[^,\\])*,/, "");
      if (dn.includes("CN=Hybrid Configuration") || dn.includes("CN=Sites") || parent === CONFIGURATION) continue;
      assert.ok(known.has(parent.toLowerCase()), dn);
    }
  });
});
