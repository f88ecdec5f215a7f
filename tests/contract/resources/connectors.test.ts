/** Send connectors, receive connectors and the hybrid configuration: what the arguments say is set, the rest stays. */
import assert from "node:assert/strict";
import { capabilityOf, refuseMissing } from "../../../provider/handlers/receiveConnector/capabilities";
import { Rig, rigForEach, type Program } from "../../support/stories/rig";

const CONNECTOR = "Default internal receive connector EDGE01";
const OFFICE = "mail.protection.outlook.com";

describe("ReceiveConnectorTls", () => {
  const rig = rigForEach();
  const receive = (args: object) => rig().one("ReceiveConnectorTls", { host: rig().host("EDGE01"), connector: CONNECTOR, ...args });
  const seen = () => rig().receiveConnector("EDGE01", CONNECTOR);
  const operator = (parameters: object) =>
    rig().control.operator("EDGE01", "Set-ReceiveConnector", { Identity: `EDGE01\\${CONNECTOR}`, ...parameters });

  it("sets name, capabilities and FQDN, and a delete brings all three back", async () => {
    const before = seen();
    await rig().apply(
      receive({ tlsCertificateName: rig().tlsName("v1"), tlsDomainCapabilities: { [OFFICE]: "auto" }, fqdn: "mail.contoso.com" }),
    );
    assert.deepEqual(
      [seen().TlsCertificateName, seen().TlsDomainCapabilities, seen().Fqdn],
      [rig().tlsName("v1"), [`${OFFICE}:AcceptCloudServicesMail`], "mail.contoso.com"],
    );
    assert.deepEqual(rig().outs("ReceiveConnectorTls").previous, {
      tlsCertificateName: null,
      tlsDomainCapabilities: {},
      fqdn: before.Fqdn,
    });
    await rig().destroy();
    for (const property of ["TlsCertificateName", "TlsDomainCapabilities", "Fqdn"])
      assert.deepEqual(seen()[property], before[property], property);
  });

  it("what it set stays in state though the server answers nothing any more", async () => {
    const program = receive({ fqdn: "mail.contoso.com" });
    const dry = await Rig.start();
    const { calls } = await dry.apply(
      dry.one("ReceiveConnectorTls", { host: dry.host("EDGE01"), connector: CONNECTOR, fqdn: "mail.contoso.com" }),
    );
    await dry.close();
    const before = calls.slice(
      0,
      calls.findIndex(({ cmdlet }) => cmdlet === "Set-ReceiveConnector"),
    );
    for (const cmdlet of ["Get-ReceiveConnector", "file.read"]) {
      const nth = before.filter((one) => one.cmdlet === cmdlet).length + 1;
      await rig().control.fault({ host: "EDGE01", cmdlet, nth, times: 99, at: "before", kind: "error" });
    }
    await rig().control.fault({ host: "EDGE01", cmdlet: "Set-ReceiveConnector", at: "after", kind: "disconnect" });
    await rig().fails(program);
    const { unfinished, fqdn, connector } = rig().outs("ReceiveConnectorTls");
    assert.deepEqual([unfinished, connector], [true, CONNECTOR]);
    assert.equal(typeof fqdn, "string");
    await rig().control.clearFaults();
    await rig().apply(program);
    assert.equal(seen().Fqdn, "mail.contoso.com");
    await rig().settled(program);
  });

  it("a declaration that changes twice is no drift, and both names are told", async () => {
    const name = rig().tlsName("v1");
    const previews: string[] = [];
    for (const fqdn of ["mail.contoso.com", "mail2.contoso.com", "mail3.contoso.com"])
      previews.push((await rig().apply(receive({ tlsCertificateName: name, fqdn }))).lines.join("\n"));
    for (const lines of previews) assert.doesNotMatch(lines, /drift|by hand/);
    assert.match(previews[2], /fqdn mail2\.contoso\.com → mail3\.contoso\.com/);
    await operator({ Fqdn: "elsewhere.contoso.com" });
    const { lines } = await rig().up(receive({ tlsCertificateName: name, fqdn: "mail3.contoso.com" }), { refresh: true });
    assert.match(lines.join("\n"), /drift: fqdn of .* was changed by hand/);
  });

  it("owns the domains that it names, and an operator's entry for another one stays", async () => {
    await operator({ TlsDomainCapabilities: ["fabrikam.com:AcceptCloudServicesMail"] });
    const program = receive({ tlsDomainCapabilities: { [OFFICE]: "AcceptCloudServicesMail" } });
    await rig().apply(program);
    assert.deepEqual(seen().TlsDomainCapabilities, ["fabrikam.com:AcceptCloudServicesMail", `${OFFICE}:AcceptCloudServicesMail`]);
    await rig().settled(program);
    await rig().destroy();
    assert.deepEqual(seen().TlsDomainCapabilities, ["fabrikam.com:AcceptCloudServicesMail"]);
  });

  it('"auto" does not write over the name of Exchange 2010; the name itself does', async () => {
    await operator({ TlsDomainCapabilities: [`${OFFICE}:AcceptOorgProtocol`] });
    const run = await rig().apply(receive({ tlsDomainCapabilities: { [OFFICE]: "auto" } }));
    assert.deepEqual(run.mutating, []);
    await rig().apply(receive({ tlsDomainCapabilities: { [OFFICE]: "AcceptCloudServicesMail" } }));
    assert.deepEqual(seen().TlsDomainCapabilities, [`${OFFICE}:AcceptCloudServicesMail`]);
  });

  it("a delete brings no name back that nothing on the server carries any more", async () => {
    await operator({ TlsCertificateName: rig().tlsName("web"), Fqdn: "old.contoso.com" });
    await rig().apply(receive({ tlsCertificateName: rig().tlsName("v1"), fqdn: "mail.contoso.com" }));
    const { ok, lines } = await rig().destroy();
    assert.ok(ok, lines.join("\n"));
    assert.deepEqual([seen().TlsCertificateName, seen().Fqdn], [rig().tlsName("v1"), "old.contoso.com"], lines.join("\n"));
    assert.match(lines.join("\n"), /\[DELETE_KEPT\] receive connector "Default internal receive connector EDGE01" keeps/);
  });

  it("a delete leaves the name where nothing on the server carries the FQDN", async () => {
    await operator({ Fqdn: "elsewhere.example" });
    await rig().apply(receive({ tlsCertificateName: rig().tlsName("v1") }));
    const { ok, lines } = await rig().destroy();
    assert.ok(ok, lines.join("\n"));
    assert.equal(seen().TlsCertificateName, rig().tlsName("v1"), lines.join("\n"));
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("v1"));
    assert.match(lines.join("\n"), /\[DELETE_KEPT\] receive connector .* keeps its present TlsCertificateName: .* elsewhere\.example/);
  });

  it("a name that nothing on the server carries is refused: STARTTLS would go", async () => {
    const { text, mutating } = await rig().fails(receive({ tlsCertificateName: rig().tlsName("v3") }));
    assert.match(text, /\[CERTIFICATE_NOT_FOUND\] EDGE01 has no certificate with its key that is named <I>CN=Contoso Issuing CA 2/);
    assert.deepEqual(mutating, []);
  });

  it("so is one that only an expired certificate carries", async () => {
    const old = await Rig.start({ scenario: "msxfaq" });
    try {
      const args = {
        host: old.host("EDGE1"),
        connector: "Default internal receive connector EDGE1",
        tlsCertificateName: old.tlsName("old"),
      };
      const { text, mutating } = await old.fails(old.one("ReceiveConnectorTls", args));
      assert.match(text, /\[CERTIFICATE_EXPIRED\] EDGE1: Certificate [0-9A-F]{40} expired on /);
      assert.deepEqual(mutating, []);
    } finally {
      await old.close();
    }
  });

  it("a connector that is not there is named with those that are", async () => {
    const { text } = await rig().fails(
      rig().one("ReceiveConnectorTls", { host: rig().host("EDGE01"), connector: "Nothing", fqdn: "a.contoso.com" }),
    );
    assert.match(
      text,
      /\[CONNECTOR_NOT_FOUND\] EDGE01 has no receive connector "Nothing" \(known: ".*Default internal receive connector EDGE01"/,
    );
  });
});

describe("a name that Exchange refuses on a send connector", () => {
  const rig = rigForEach();
  const send = (name: string) =>
    rig().one("SendConnectorTls", {
      host: rig().host("MBX01"),
      connector: "Outbound to Office 365",
      tlsCertificateName: rig().tlsName(name),
    });

  it("because no Mailbox server has the certificate: said so, with what to do first", async () => {
    const before = rig().sendConnectors();
    const { text } = await rig().fails(send("v3"));
    assert.match(
      text,
      /\[CERTIFICATE_NOT_FOUND\] MBX01 refused .*"Outbound to Office 365".*<I>CN=Contoso Issuing CA 2.* Hint: .*mailboxHosts/,
    );
    assert.match(text, /not installed on the server/, "Exchange's own words stay");
    assert.deepEqual(rig().sendConnectors(), before);
    await rig().apply(async (declare) => {
      await declare("Certificate", "copy", { host: rig().host("MBX01"), source: rig().source("v3"), services: [] });
      await send("v3")(declare);
    });
    assert.equal(rig().sendConnector("Outbound to Office 365").TlsCertificateName, rig().tlsName("v3"));
  });

  it("for another reason: as it is", async () => {
    await rig().apply(rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source("v3"), services: [] }));
    await rig().control.fault({ host: "MBX01", cmdlet: "Set-SendConnector", at: "before", kind: "error" });
    const { text } = await rig().fails(async (declare) => {
      await declare("Certificate", "Certificate", { host: rig().host("MBX01"), source: rig().source("v3"), services: [] });
      await send("v3")(declare);
    });
    assert.match(text, /\[CMDLET_FAILED\]/);
  });
});

describe("capabilities by version", () => {
  it("Exchange 2010 gets AcceptOorgProtocol from auto, and refuses the later name", () => {
    assert.deepEqual(["14.3.123.4", "15.0.1497.2", "15.1.2507.6", "15.2.1748.10"].map(capabilityOf), [
      "AcceptOorgProtocol",
      "AcceptCloudServicesMail",
      "AcceptCloudServicesMail",
      "AcceptCloudServicesMail",
    ]);
    const inputs = { tlsDomainCapabilities: { [OFFICE]: "AcceptCloudServicesMail" } };
    assert.throws(
      () => refuseMissing(inputs, { name: "EDGE01", exchange: "14.3.123.4" }),
      /\[NOT_SUPPORTED\] EDGE01 runs Exchange 14\.3\.123\.4/,
    );
    refuseMissing(inputs, { name: "EDGE01", exchange: "15.1.2507.6" });
  });
});

describe("HybridConfigurationTls", () => {
  const rig = rigForEach();
  const hybrid = (name: string) =>
    rig().one("HybridConfigurationTls", { host: rig().host("MBX01"), tlsCertificateName: rig().tlsName(name), onDelete: "restore" });

  it("adopts the name that is there, sets another, and a delete brings the first back", async () => {
    const before = rig().hybrid();
    assert.deepEqual((await rig().apply(hybrid("v1"))).mutating, []);
    await rig().apply(hybrid("v3"));
    assert.equal(rig().hybrid().TlsCertificateName, rig().tlsName("v3"));
    assert.deepEqual(rig().outs("HybridConfigurationTls").previous, { tlsCertificateName: rig().tlsName("v1") });
    for (const property of ["Domains", "EdgeTransportServers", "Features", "OnPremisesSmartHost"])
      assert.deepEqual(rig().hybrid()[property], before[property]);
    await rig().settled(hybrid("v3"));
    await rig().destroy();
    assert.equal(rig().hybrid().TlsCertificateName, rig().tlsName("v1"));
  });

  it("is asked of a Mailbox server", async () => {
    const { text } = await rig().fails(
      rig().one("HybridConfigurationTls", { host: rig().host("EDGE01"), tlsCertificateName: rig().tlsName("v1") }),
    );
    assert.match(text, /\[ROLE_MISMATCH\] host: EDGE01 has the Edge role/);
  });
});

describe("SendConnectorTls", () => {
  const rig = rigForEach();

  it("flips one connector while another one of the Edge needs the certificate before", async () => {
    const program = (name: string): Program => {
      const [host, edge] = [rig().host("MBX01"), rig().host("EDGE01")];
      const source = rig().source(name);
      return async (declare) => {
        const copy = await declare("Certificate", "copy", { host, source, services: [] });
        const settings = { host: edge, organization: host, source, services: ["SMTP"], defaultSmtp: "replace", drain: "hold" };
        const { thumbprint, tlsCertificateName, revision } = await declare("Certificate", "certificate", settings);
        const bind = { edge, organization: host, site: "Default-First-Site-Name", certificateThumbprint: thumbprint, after: [revision] };
        const subscription = await declare("EdgeSubscription", "subscription", bind);
        const after = [revision, subscription.revision];
        const transport = await declare("TransportService", "transport", {
          ...{ host: edge, organization: host, expectThumbprint: thumbprint, after },
        });
        await declare("SendConnectorTls", "partner", {
          ...{ host, connector: "Partner fabrikam", tlsCertificateName, sources: [{ host: edge, thumbprint }] },
          after: [copy.revision, transport.revision],
        });
      };
    };
    // "Outbound to Office 365" goes on naming v1's issuer, which v2 shares and v3 does not; v2 wins at the door.
    await rig().apply(program("v2"));
    await rig().apply(program("v3"));
    assert.equal(rig().sendConnector("Partner fabrikam").TlsCertificateName, rig().tlsName("v3"));
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.ok(rig().certificate("EDGE01", rig().thumbprint("v2")), "a connector needs it");
    await rig().settled(program("v3"));
  });

  it("may name a certificate that is not the one the Edge presents by its own name", async () => {
    const [host, edge, source] = [rig().host("MBX01"), rig().host("EDGE01"), rig().source("web")];
    const program: Program = async (declare) => {
      await declare("Certificate", "copy", { host, source, services: [] });
      const { thumbprint, tlsCertificateName } = await declare("Certificate", "certificate", {
        ...{ host: edge, organization: host, source, services: ["SMTP"] },
      });
      await declare("SendConnectorTls", "partner", {
        ...{ host, connector: "Partner fabrikam", tlsCertificateName, sources: [{ host: edge, thumbprint }] },
      });
    };
    const before = rig().server("EDGE01").transportThumbprint;
    await rig().apply(program);
    assert.equal(rig().sendConnector("Partner fabrikam").TlsCertificateName, rig().tlsName("web"));
    const { transportThumbprint, services } = rig().server("EDGE01");
    assert.deepEqual([transportThumbprint, services.MSExchangeTransport], [before, "Running"]);
    await rig().settled(program);
  });
});

describe("SendConnectorTls and names in any script", () => {
  const rig = rigForEach();
  const NAMES = ["Исходящий соединитель для Office 365 и партнёров", "東京本社から協力会社への送信コネクタ第一号"];

  it("sets one with a name that fits into no file; one given up gets its value back", async () => {
    for (const Name of NAMES)
      await rig().control.operator("MBX01", "New-SendConnector", {
        ...{ Name, AddressSpaces: [`smtp:${NAMES.indexOf(Name)}.example;1`], SourceTransportServers: ["EDGE01"], DNSRoutingEnabled: true },
      });
    const set = (connector: string): Program =>
      rig().one("SendConnectorTls", { host: rig().host("MBX01"), connector, fqdn: "mail.contoso.com" });
    const before = NAMES.map((name) => rig().sendConnector(name).Fqdn);
    await rig().apply(set(NAMES[0]));
    assert.equal(rig().sendConnector(NAMES[0]).Fqdn, "mail.contoso.com");
    await rig().settled(set(NAMES[0]));
    await rig().apply(set(NAMES[1]));
    assert.deepEqual(
      NAMES.map((name) => rig().sendConnector(name).Fqdn),
      [before[0], "mail.contoso.com"],
    );
    await rig().destroy();
    assert.equal(rig().sendConnector(NAMES[1]).Fqdn, before[1]);
    assert.deepEqual(rig().leftovers(), []);
  });
});

describe("a send connector that is set after the certificate", () => {
  const rig = rigForEach();
  const [missing, partner] = ["Outbound to nowhere", "Partner fabrikam"];
  const onEdge = (edge: string, sendConnectors: string[], more: object = {}) => ({
    ...{ host: rig().host(edge), organization: rig().host("MBX01"), source: rig().source("v2"), services: ["SMTP"] },
    ...{ defaultSmtp: "replace", drain: "hold", sendConnectors },
    ...more,
  });
  const refused = async (args: object): Promise<void> => {
    const { text, mutating } = await rig().fails(rig().one("Certificate", args));
    assert.match(text, /\[CONNECTOR_NOT_FOUND\] MBX01 knows no send connector "Outbound to nowhere" \(known: .*"Partner fabrikam"/);
    assert.deepEqual(mutating, []);
    assert.deepEqual(rig().leftovers(), []);
  };

  it("is looked for before the Edge's window and before a copy is made", async () => {
    await refused(onEdge("EDGE01", [partner, missing]));
    await refused({ host: rig().host("MBX01"), source: rig().source("v2"), services: [], sendConnectors: [missing] });
    const made = { source: { selfSigned: { domainNames: ["mail.contoso.com"] } } };
    await refused(onEdge("EDGE01", [missing], made));
    await refused({ host: rig().host("MBX01"), ...made, services: [], sendConnectors: [missing] });
  });

  it("is not asked for where nothing changes, and found in any case of its letters", async () => {
    const program = (sendConnectors: string[]) =>
      rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source("v2"), services: [], sendConnectors });
    await rig().apply(program([partner.toUpperCase()]));
    const { mutating } = await rig().apply(program([missing]));
    assert.deepEqual(mutating, []);
  });

  it("may be one that the open window of another Edge is to give back", async () => {
    const lost = rig().sendConnector(partner);
    await rig().control.operator("MBX01", "Remove-SendConnector", { Identity: partner, Confirm: false });
    const snapshot = { edge: "EDGE02", utc: "", subscribed: true, connectors: [lost] };
    rig()
      .lab.organisation.files("MBX01")
      .set("snapshots/EDGE02.json", Buffer.from(JSON.stringify(snapshot)));
    await rig().apply(rig().one("Certificate", onEdge("EDGE01", [partner])));
  });

  it("may be one that went with a subscription which was removed by hand", async () => {
    const subscription = (edge: string): Program =>
      rig().one("EdgeSubscription", { edge: rig().host(edge), organization: rig().host("MBX01"), site: "Default-First-Site-Name" });
    const before = rig().sendConnectors();
    const sole = before.find(({ SourceTransportServers: all }) => (all as string[]).join() === "EDGE01");
    assert.ok(sole, "a connector whose only source is EDGE01");
    await rig().apply(subscription("EDGE01"));
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Force: true, Confirm: false });
    assert.equal(rig().sendConnector(String(sole.Name)), undefined);
    await rig().apply(rig().one("Certificate", onEdge("EDGE02", [String(sole.Name)])));
  });
});
