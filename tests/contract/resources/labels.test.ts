/** friendlyName and exportable of an installed certificate: Exchange cannot change them, and the user is told (exchange.md 2.3). */
import assert from "node:assert/strict";
import { rigForEach } from "../../support/stories/rig";

describe("a changed friendlyName or exportable", () => {
  const rig = rigForEach();
  const args = (more: object = {}) => ({
    host: rig().host("MBX01"),
    source: rig().source("web"),
    services: [],
    friendlyName: "First",
    ...more,
  });
  const program = (more: object = {}) => rig().one("Certificate", args(more));
  const installed = () => rig().certificate("MBX01", rig().thumbprint("web"))!;
  const warnings = (lines: string[]) =>
    lines.filter((line) => /counts? for the next certificate/.test(line) && !line.startsWith("[MBX01]"));

  it("is told in the preview and once as a warning, and changes nothing on the server", async () => {
    await rig().apply(program());
    const run = await rig().apply(program({ friendlyName: "Second", exportable: true }));
    assert.deepEqual(run.operations, ["update Certificate"], "no replacement for a label");
    assert.deepEqual(run.mutating, []);
    assert.deepEqual([installed().friendlyName, installed().exportable], ["First", false]);
    const said = run.lines.find((line) => line.startsWith("[MBX01] friendlyName and exportable"));
    assert.match(String(said), /next certificate/);
    assert.match(warnings(run.lines).join("\n"), /MBX01: friendlyName "Second" and exportable true .*[0-9A-F]{40}/);
    const { friendlyName, exportable, plan } = rig().outs("Certificate");
    assert.deepEqual([friendlyName, exportable, plan], ["Second", true, []]);
    await rig().settled(program({ friendlyName: "Second", exportable: true }));
  });

  it("is told beside another change", async () => {
    await rig().apply(program());
    const run = await rig().apply(program({ services: ["IIS"], friendlyName: "Second" }));
    assert.match(run.lines.join("\n"), /services of [0-9A-F]{8}… change on MBX01: none → IIS; friendlyName .*next certificate/);
    assert.equal(warnings(run.lines).length, 1, run.lines.join("\n"));
    assert.ok(installed().services.includes("IIS"));
  });

  it("counts with the next certificate, without a word", async () => {
    await rig().apply(program());
    const run = await rig().apply(program({ friendlyName: "Second", exportable: true, source: rig().source("v3") }));
    const { friendlyName, exportable } = rig().certificate("MBX01", rig().thumbprint("v3"))!;
    assert.deepEqual([friendlyName, exportable], ["Second", true]);
    assert.doesNotMatch(run.lines.join("\n"), /next certificate/);
  });

  it("no warning where the certificate is so already or is imported anew", async () => {
    await rig().apply(program());
    await rig().apply(program({ friendlyName: "Second" }));
    assert.deepEqual(warnings((await rig().apply(program({ friendlyName: "First" }))).lines), [], "as it is installed");
    await rig().control.operator("MBX01", "Remove-ExchangeCertificate", { Thumbprint: rig().thumbprint("web"), Confirm: false });
    assert.deepEqual(warnings((await rig().apply(program({ friendlyName: "Third" }))).lines), []);
    assert.equal(installed().friendlyName, "Third");
    const run = await rig().apply(program({ friendlyName: undefined }));
    assert.doesNotMatch(run.lines.join("\n"), /next certificate/);
  });
});
