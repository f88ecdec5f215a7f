import assert from "node:assert/strict";
import { X509Certificate } from "node:crypto";
import { issuedCertificates } from "../../../lab/issued";
import { SecureText, type CmdletValue, type LabOrganisation } from "../../../lab/model/contract";
import { openOrganisation } from "../../../lab/open";
import { record, replay, type Deed } from "../../../lab/replay";

const SITE = "Default-First-Site-Name";
const open = (): Promise<LabOrganisation> => openOrganisation("contoso", { speed: 600 });

/** What a rotation by hand does, as far as it changes Exchange. */
async function rotate(lab: LabOrganisation): Promise<void> {
  const run = (host: string, cmdlet: string, parameters: { [name: string]: CmdletValue }): Promise<unknown> =>
    lab.invoke({ host, cmdlet, parameters });
  const { pfx, password, pem } = issuedCertificates(lab).find(({ name }) => name === "v2")!;
  await lab.service.suspend("EDGE01", "MSExchangeTransport");
  await lab.service.stop("EDGE01", "MSExchangeTransport");
  await run("EDGE01", "Import-ExchangeCertificate", { FileData: Buffer.from(pfx, "base64"), Password: new SecureText(password) });
  const thumbprint = new X509Certificate(pem).fingerprint.replaceAll(":", "");
  await run("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", Force: true });
  await run("EDGE01", "New-EdgeSubscription", { FileName: "file.xml", Force: true });
  const file = lab.files("EDGE01").get("file.xml")!;
  await lab.service.restart("EDGE01", "ADAM_MSExchange", ["MSExchangeTransport"]);
  const parameters = { FileData: file, Site: SITE, CreateInternetSendConnector: false, CreateInboundSendConnector: false };
  await run("MBX01", "New-EdgeSubscription", parameters);
  lab.files("EDGE01").delete("file.xml");
  await run("MBX01", "Set-SendConnector", { Identity: "Partner fabrikam", SourceTransportServers: { Add: ["EDGE02"] }, Comment: "later" });
  await lab.service.start("EDGE01", "MSExchangeTransport");
}

function essence(lab: LabOrganisation): unknown {
  const { servers, sendConnectors, subscriptions } = lab.state() as { [name: string]: { [name: string]: unknown }[] };
  const shown = servers.map(({ name, certificates, defaultThumbprint, transportThumbprint, ldapsThumbprint, services }) => {
    const thumbprints = (certificates as { thumbprint: string }[]).map((one) => one.thumbprint);
    return { name, thumbprints, defaultThumbprint, transportThumbprint, ldapsThumbprint, services };
  });
  const connectors = sendConnectors.map(({ Name, SourceTransportServers, Comment }) => ({ Name, SourceTransportServers, Comment }));
  return { shown, connectors, subscriptions };
}

describe("lab: what was done, done again", () => {
  it("a recorded rotation leads another lab to the same state", async () => {
    const [first, second] = [await open(), await open()];
    const before = essence(second);
    const deeds = record(first);
    await rotate(first);
    const kept = JSON.parse(JSON.stringify(deeds)) as Deed[];
    await replay(second, kept);
    assert.notDeepEqual(essence(second), before);
    assert.deepEqual(essence(second), essence(first));
    const files = kept.flatMap((deed) => (deed.do === "invoke" && deed.host === "MBX01" ? [deed.parameters.FileData] : []));
    assert.deepEqual(files[0], { $file: "EDGE01" }, "a file of another lab has another password");
    for (const lab of [first, second]) lab.close();
  });

  it("looks and refused changes leave nothing behind", async () => {
    const [first, second] = [await open(), await open()];
    const deeds = record(first);
    await first.invoke({ host: "MBX01", cmdlet: "Get-SendConnector", parameters: {} });
    assert.deepEqual(deeds, []);
    const refused = { host: "EDGE01", cmdlet: "Set-SendConnector", parameters: { Identity: "Partner fabrikam", Comment: "x" } };
    await assert.rejects(first.invoke(refused));
    await replay(second, deeds);
    assert.deepEqual(essence(second), essence(first));
    for (const lab of [first, second]) lab.close();
  });
});
