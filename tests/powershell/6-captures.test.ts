/**
 * Objects captured on real Exchange servers, brought back by PowerShell's own deserialiser, through the script's projection, and from there
 * through the provider's own readers. The captures (CLIXML) are in no repository of ours: PULUMI_EXCHANGE_CAPTURES names their folder.
 */
import { strict as assert } from "node:assert";
import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { listCertificates } from "../../provider/exchange/certificates";
import { getHybridConfiguration } from "../../provider/exchange/hybrid";
import { listReceiveConnectors } from "../../provider/exchange/receiveConnectors";
import { listSendConnectors, sourcesOf, tlsNameOf } from "../../provider/exchange/sendConnectors";
import type { Shell } from "../../provider/exchange/shell";
import type { ChildAgent } from "../support/agents/child";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

const folder = process.env.PULUMI_EXCHANGE_CAPTURES ?? "";
const missing =
  pwshMissing ??
  (existsSync(folder) ? undefined : "no captured objects: PULUMI_EXCHANGE_CAPTURES names no folder with Export-Clixml files");

/** Cmdlet → its capture. */
const FILES = {
  "Get-SendConnector": "GetSendConnector.xml",
  "Get-ReceiveConnector": "GetReceiveConnector.xml",
  "Get-ExchangeCertificate": "GetExchangeCertificate.xml",
  "Get-HybridConfiguration": "GetHybridConfiguration.xml",
};

/** Values of a property as the capture has them: read from the XML, not by the code under test. */
function inXml(file: string, property: string): string[] {
  const text = readFileSync(join(folder, file), "utf8");
  const found = [...text.matchAll(new RegExp(`<(?:S|BA|Nil) N="${property}"(?:/>|>([^<]*))`, "g"))];
  const plain = (value: string): string => value.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
  return found.map(([, value]) => plain(value ?? ""));
}

skipUnless(missing === undefined, missing ?? "").describe("objects captured on real Exchange servers", () => {
  const stage = stageForAll();
  let shell: Shell;
  let agent: ChildAgent;
  before(async function () {
    this.timeout(300_000);
    const cmdlets = Object.entries(FILES).map(
      ([cmdlet, file]) =>
        `function global:${cmdlet} { [CmdletBinding()] param($Identity, $Server) Import-Clixml -LiteralPath '${join(folder, file)}' }`,
    );
    const prelude = `function global:Add-PSSnapin { [CmdletBinding()] param($Name) Import-LabExchange $PxCmdlets; ${cmdlets.join("; ")} };`;
    agent = await stage().agent("EDGE01", { prelude });
    shell = {
      facts: agent.ready,
      request: (op, params) => agent.value(op, params),
      invoke: (cmdlet, parameters, select) => agent.value("invoke", { cmdlet, parameters, select }),
    };
  });

  it("send connectors: names, sources, spaces, sizes and spans as they print", async () => {
    const [connector, ...more] = await listSendConnectors(shell);
    assert.deepEqual(more, []);
    assert.ok(inXml(FILES["Get-SendConnector"], "Name").includes(String(connector.Name)));
    const text = readFileSync(join(folder, FILES["Get-SendConnector"]), "utf8");
    const sources = sourcesOf(connector);
    assert.ok(sources.length > 0 && sources.every((name) => text.toUpperCase().includes(name)));
    assert.ok(Array.isArray(connector.AddressSpaces) && connector.AddressSpaces.every((one) => /^smtp:[^;]+;\d+$/i.test(String(one))));
    assert.match(String(connector.ConnectionInactivityTimeOut), /^\d\d:\d\d:\d\d$/);
    assert.match(String(connector.MaxMessageSize), /^(Unlimited|\d[\d.]* \wB \([\d,]+ bytes\))$/i);
    assert.ok(tlsNameOf(connector) === "" || /^<I>.+<S>.+/.test(tlsNameOf(connector)));
    assert.equal(typeof connector.RequireTLS, "boolean");
  });

  it("receive connectors: identity, FQDN, bindings, mechanisms by name", async () => {
    // the captured server's own: the reader leaves other servers' out
    const captured = await shell.invoke("Get-ReceiveConnector", {}, ["Identity"]);
    const name = String(captured.objects[0].Identity).split("\\")[0];
    const all = await listReceiveConnectors({ ...shell, facts: { ...agent.ready, name } });
    assert.ok(all.length > 1);
    for (const one of all) {
      assert.match(String(one.Identity), /^[^\\]+\\.+/);
      assert.doesNotMatch(JSON.stringify(one), /Deserialized|System\.|Microsoft\.Exchange\.Data/);
      assert.ok(one.AuthMechanism === null || !/^\d+$/.test(String(one.AuthMechanism)), String(one.AuthMechanism));
    }
  });

  it("certificates: what arrives is the bytes, and they are read", async () => {
    const { objects } = await shell.invoke("Get-ExchangeCertificate", {}, ["RawData"]);
    const raw = inXml(FILES["Get-ExchangeCertificate"], "RawData").map((text) => text.replace(/\s/g, ""));
    assert.deepEqual(
      objects.map(({ RawData }) => RawData),
      raw,
    );
    // none of them is in the stage's store
    assert.deepEqual(await listCertificates(shell), []);
    for (const one of raw) assert.ok(new X509Certificate(Buffer.from(one, "base64")).subject);
  });

  it("the hybrid configuration: its name and its servers", async () => {
    const hybrid = await getHybridConfiguration(shell);
    const name = String(hybrid.TlsCertificateName ?? "");
    assert.ok(name === "" || /^<I>.+<S>.+/.test(name), name);
    for (const list of [hybrid.SendingTransportServers, hybrid.ReceivingTransportServers])
      assert.ok(list === undefined || Array.isArray(list));
  });
});
