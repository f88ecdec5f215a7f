import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { readScenario, scenarioFolder, scenarioNames } from "../../../../lab/model/scenarioFile";
import { schemaText } from "../../../../lab/model/scenarioSchema";
import { certificateOf, closeAll, open } from "./support";

describe("lab model: scenarios", () => {
  afterEach(closeAll);

  it("the JSON schema is the one that the code checks by", () => {
    assert.deepEqual(JSON.parse(readFileSync(path.join(scenarioFolder(), "schema.json"), "utf8")), JSON.parse(schemaText()));
  });

  for (const name of scenarioNames())
    it(`${name} opens, and every exposed certificate is what it says`, async () => {
      const lab = await open(name);
      const state = lab.organisation.state();
      assert.ok((state.servers as unknown[]).length > 0);
      for (const certificate of lab.organisation.certificates)
        assert.ok(certificateOf(certificate.pem).thumbprint && certificate.pfx.length > 0 && certificate.description);
    });

  it("contoso is the organisation of the main path", async () => {
    const lab = await open();
    const v1 = certificateOf(lab.certificate("v1").pem);
    const days = (v1.notAfter.getTime() - lab.organisation.now().getTime()) / 86_400_000;
    assert.equal(Math.floor(days), 9);
    for (const edge of ["EDGE01", "EDGE02"]) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint } = lab.server(edge);
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [v1.thumbprint, v1.thumbprint, v1.thumbprint]);
    }
    const state = lab.organisation.state() as {
      subscriptions: { Name: string; Site: string; certificateThumbprint: string }[];
      sendConnectors: { Name: string }[];
      mail: object;
    };
    assert.deepEqual(
      state.subscriptions.map(({ Name, Site }) => [Name, Site]),
      [
        ["EDGE01", "Default-First-Site-Name"],
        ["EDGE02", "Default-First-Site-Name"],
      ],
    );
    assert.ok(state.subscriptions.every(({ certificateThumbprint }) => certificateThumbprint === v1.thumbprint));
    assert.deepEqual(state.sendConnectors.map(({ Name }) => Name).sort(), [
      "EdgeSync - Default-First-Site-Name to Internet",
      "EdgeSync - Inbound to Default-First-Site-Name",
      "Outbound to Office 365",
      "Partner fabrikam",
    ]);
    assert.deepEqual(state.mail, { sent: 0, delivered: 0, queued: 0, lost: 0 });
    const [v2, v3] = ["v2", "v3"].map((name) => certificateOf(lab.certificate(name).pem));
    assert.equal(v2.tlsCertificateName, v1.tlsCertificateName);
    assert.notEqual(v2.publicKeySha256, v1.publicKeySha256);
    assert.equal(v3.subject, v1.subject);
    assert.notEqual(v3.issuer, v1.issuer);
    assert.equal(certificateOf(lab.certificate("ec").pem).keyType, "EC");
    assert.ok(certificateOf(lab.certificate("longName").pem).tlsCertificateName.length > 256);
  });

  it("a second lab of the same scenario shares nothing but the keys", async () => {
    const [one, two] = [await open(), await open()];
    await one.import("EDGE01", "v2");
    assert.equal(two.server("EDGE01").certificates.length, 2);
  });

  it("a wrong scenario is refused with the place of the mistake", () => {
    assert.throws(
      () => readScenario({ name: "x", domain: "x.com", servers: [{ name: "A", fqdn: "a.x.com", role: "Hub" as never }] }),
      /servers\.0\.role/,
    );
    const chainPem = "not a list" as never;
    const certificates = { v1: { pem: "", keyPem: "", chainPem } };
    const servers = [{ name: "A", fqdn: "a.x.com", role: "Edge" as const }];
    assert.throws(() => readScenario({ name: "x", domain: "x.com", certificates, servers }), /certificates\.v1\.chainPem/);
    assert.throws(() => readScenario("no-such-scenario"), /contoso/);
  });

  it("the state shows no key and no password", async () => {
    const lab = await open();
    await lab.export("EDGE01");
    const text = JSON.stringify(lab.organisation.state());
    assert.ok(!text.includes("PRIVATE KEY") && !text.includes("ESRAPassword") && !text.includes('"password"'));
  });
});
