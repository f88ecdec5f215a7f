/** Deletes bring back what the arguments said, and nothing else (rotation.md 5 and 6). */
import assert from "node:assert/strict";
import { OFFICE } from "../../support/drift/connectors";
import { rigForEach } from "../../support/stories/rig";

describe("delete of a SendConnectorTls", () => {
  const rig = rigForEach(() => ({ toggles: { setSendConnector: "lenient" } }));
  const connector = (args: object) => rig().one("SendConnectorTls", { host: rig().host("MBX01"), connector: OFFICE, ...args });
  const operator = (parameters: object) => rig().control.operator("MBX01", "Set-SendConnector", { Identity: OFFICE, ...parameters });
  const destroy = async () => {
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    return run;
  };

  it("restores what it set; an operator's change of what it does not own stays", async () => {
    await operator({ Fqdn: "before.contoso.com" });
    await rig().apply(connector({ tlsDomain: "smtp.example.com" }));
    await operator({ Fqdn: "operator.contoso.com", RequireTLS: true });
    await destroy();
    const { TlsDomain, Fqdn } = rig().sendConnector(OFFICE);
    assert.deepEqual([TlsDomain, Fqdn], ["mail.protection.outlook.com", "operator.contoso.com"]);
  });

  it("restores a name only where it resolves on every source", async () => {
    const sources = ["EDGE01", "EDGE02"].map((name) => ({ host: rig().host(name), thumbprint: rig().thumbprint("v1") }));
    await operator({ TlsCertificateName: rig().tlsName("v3") });
    await rig().apply(connector({ tlsCertificateName: rig().tlsName("v1"), sources, fqdn: "mine.contoso.com" }));
    const run = await destroy();
    assert.match(run.lines.join("\n"), /\[DELETE_KEPT\] "Outbound to Office 365" keeps its present TlsCertificateName/);
    const { TlsCertificateName, Fqdn } = rig().sendConnector(OFFICE);
    assert.deepEqual([TlsCertificateName, Fqdn], [rig().tlsName("v1"), null], "the rest goes back");
  });

  it('"clear" takes the name away and nothing else', async () => {
    await rig().apply(connector({ tlsCertificateName: rig().tlsName("v1"), fqdn: "mine.contoso.com", onDelete: "clear" }));
    await destroy();
    assert.deepEqual([rig().sendConnector(OFFICE).TlsCertificateName, rig().sendConnector(OFFICE).Fqdn], [null, "mine.contoso.com"]);
  });

  it("adopted as it was, it is only forgotten", async () => {
    await rig().apply(connector({ tlsCertificateName: rig().tlsName("v1") }));
    const before = rig().sendConnector(OFFICE);
    assert.deepEqual((await destroy()).mutating, []);
    assert.deepEqual(rig().sendConnector(OFFICE), before);
  });
});

describe("delete of a ReceiveConnectorTls", () => {
  const rig = rigForEach();
  const CONNECTOR = "Default internal receive connector EDGE01";
  const seen = () => rig().receiveConnector("EDGE01", CONNECTOR);
  const operator = (parameters: object) =>
    rig().control.operator("EDGE01", "Set-ReceiveConnector", { Identity: `EDGE01\\${CONNECTOR}`, ...parameters });
  const program = (more: object = {}) =>
    rig().one("ReceiveConnectorTls", {
      host: rig().host("EDGE01"),
      connector: CONNECTOR,
      tlsCertificateName: rig().tlsName("v1"),
      fqdn: "mail.contoso.com",
      ...more,
    });

  it("does not go back to a name that nothing on the server carries", async () => {
    await operator({ TlsCertificateName: rig().tlsName("v3"), Fqdn: "edge01.contoso.com" });
    await rig().apply(program());
    const run = await rig().destroy();
    assert.ok(run.ok, run.error?.message);
    assert.match(run.lines.join("\n"), /\[DELETE_KEPT\] receive connector ".*" keeps its present TlsCertificateName/);
    assert.deepEqual([seen().TlsCertificateName, seen().Fqdn], [rig().tlsName("v1"), "edge01.contoso.com"]);
  });

  describe("where only setup's self-signed certificate has the FQDN from before", () => {
    const setup = () =>
      rig()
        .server("EDGE01")
        .certificates.find(({ subject }) => subject === "CN=EDGE01")!.thumbprint;
    const presented = () => rig().server("EDGE01").transportThumbprint;
    const before = async (more: object = {}) => {
      await operator({ Fqdn: "EDGE01" });
      assert.equal(presented(), setup());
      await rig().apply(program(more));
      assert.equal(presented(), rig().thumbprint("v1"));
    };

    it("the connector keeps its name and its FQDN, with a warning", async () => {
      await before();
      const run = await rig().destroy();
      assert.ok(run.ok, run.error?.message);
      const kept =
        /\[DELETE_KEPT\] receive connector ".*" keeps its present TlsCertificateName, Fqdn: EDGE01 would present setup's self-signed/;
      assert.match(run.lines.join("\n"), kept);
      assert.deepEqual(
        [seen().TlsCertificateName, seen().Fqdn, presented()],
        [rig().tlsName("v1"), "mail.contoso.com", rig().thumbprint("v1")],
      );
    });

    it("goes back where onDelete asks for it, and says to what", async () => {
      await before({ onDelete: "restore" });
      const run = await rig().destroy();
      assert.match(run.lines.join("\n"), new RegExp(`goes back as onDelete asks: EDGE01 would present setup's self-signed ${setup()}`));
      assert.deepEqual([seen().TlsCertificateName, seen().Fqdn, presented()], [null, "EDGE01", setup()]);
    });
  });

  it("an operator's change of what it does not own stays", async () => {
    await rig().apply(program({ fqdn: undefined }));
    await operator({ Fqdn: "edge02.contoso.com" });
    await rig().destroy();
    assert.deepEqual([seen().TlsCertificateName, seen().Fqdn], [null, "edge02.contoso.com"]);
  });
});
