/** A TlsDomain that the program does not declare stays, except where Exchange takes the TlsAuthLevel only without it (exchange.md 15.4). */
import assert from "node:assert/strict";
import { OFFICE } from "../../support/drift/connectors";
import { rigForEach } from "../../support/stories/rig";

const LOST = /"Outbound to Office 365" loses its TlsDomain mail\.protection\.outlook\.com/;

describe("an undeclared TlsDomain of a send connector", () => {
  const rig = rigForEach(() => ({ toggles: { setSendConnector: "lenient" } }));
  const connector = (args: object) => rig().one("SendConnectorTls", { host: rig().host("MBX01"), connector: OFFICE, ...args });
  const operator = (parameters: object) => rig().control.operator("MBX01", "Set-SendConnector", { Identity: OFFICE, ...parameters });
  const seen = () => {
    const { TlsAuthLevel, TlsDomain, RequireTLS } = rig().sendConnector(OFFICE);
    return [TlsAuthLevel, TlsDomain, RequireTLS];
  };
  const destroy = async () => {
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    return run.lines.join("\n");
  };

  for (const tlsAuthLevel of ["CertificateValidation", "EncryptionOnly"]) {
    it(`goes when the level becomes ${tlsAuthLevel}, and a delete brings both back`, async () => {
      const before = rig().sendConnector(OFFICE);
      assert.deepEqual(seen(), ["DomainValidation", "mail.protection.outlook.com", true]);
      const run = await rig().apply(connector({ tlsAuthLevel }));
      assert.deepEqual(seen(), [tlsAuthLevel, null, true]);
      assert.match(run.lines.join("\n"), LOST);
      assert.deepEqual(
        run.mutating.filter((one) => one.includes("SendConnector")),
        ["MBX01:Set-SendConnector"],
        "in one call",
      );
      await rig().settled(connector({ tlsAuthLevel }));
      await destroy();
      const { WhenChanged: _a, WhenChangedUTC: _b, ...now } = rig().sendConnector(OFFICE);
      const { WhenChanged: _c, WhenChangedUTC: _d, ...then } = before;
      assert.deepEqual(now, then);
    });
  }

  it("goes when a later run declares another level, and the preview says so", async () => {
    await rig().apply(connector({ tlsAuthLevel: "DomainValidation" }));
    const run = await rig().apply(connector({ tlsAuthLevel: "CertificateValidation" }));
    assert.deepEqual(seen(), ["CertificateValidation", null, true]);
    const sentence = String(rig().outs("SendConnectorTls").rotation);
    assert.match(sentence, /tlsAuthLevel DomainValidation → CertificateValidation.*a TlsDomain goes with DomainValidation/);
    assert.ok(run.lines.some((line) => line.includes(sentence)));
  });

  it("goes where an operator turned the level back, and the drift's line says so", async () => {
    const program = connector({ tlsAuthLevel: "EncryptionOnly" });
    await rig().apply(program);
    await operator({ TlsAuthLevel: "DomainValidation", TlsDomain: "mail.protection.outlook.com" });
    const run = await rig().apply(program, { refresh: true });
    assert.deepEqual(seen(), ["EncryptionOnly", null, true]);
    assert.match(run.lines.join("\n"), /drift: tlsAuthLevel .*a TlsDomain goes with DomainValidation/);
  });

  it("stays when the level stays, when it is not declared, or something else is set", async () => {
    await rig().apply(connector({ tlsAuthLevel: "DomainValidation", requireTls: true, fqdn: "mail.contoso.com" }));
    assert.deepEqual(seen(), ["DomainValidation", "mail.protection.outlook.com", true]);
    const run = await rig().apply(connector({ fqdn: "mail2.contoso.com" }));
    assert.deepEqual(seen(), ["DomainValidation", "mail.protection.outlook.com", true]);
    assert.doesNotMatch(run.lines.join("\n"), /TlsDomain/);
  });

  it("goes when a delete brings an earlier level back", async () => {
    await operator({ TlsAuthLevel: "EncryptionOnly", TlsDomain: null });
    await rig().apply(connector({ tlsAuthLevel: "DomainValidation" }));
    await operator({ TlsDomain: "mail.protection.outlook.com" });
    assert.match(await destroy(), LOST);
    assert.deepEqual(seen(), ["EncryptionOnly", null, true]);
  });
});
