/** A certificate alone, drained and resumed in one call: what is declared is what the Edge presents, also on the way back. */
import assert from "node:assert/strict";
import { rigForEach } from "../../support/stories/rig";

describe('Certificate with drain "auto"', () => {
  const rig = rigForEach(() => ({ scenario: "single-edge" }));
  const program = (name: string, more: object = {}) =>
    rig().one("Certificate", {
      host: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      source: rig().source(name),
      services: ["SMTP"],
      ...more,
    });
  const presents = (name: string, gone: string): void => {
    const { transportThumbprint, services } = rig().server("EDGE01");
    assert.deepEqual([services.MSExchangeTransport, transportThumbprint], ["Running", rig().thumbprint(name)]);
    assert.equal(rig().certificate("EDGE01", rig().thumbprint(gone)), undefined, `${gone} would win the choice`);
  };

  it("back to the older certificate: the newer one of that name goes before the start", async () => {
    await rig().apply(program("public2"));
    presents("public2", "public1");
    const { mutating } = await rig().apply(program("public1"));
    presents("public1", "public2");
    const at = (call: string): number => mutating.indexOf(`EDGE01:${call}`);
    assert.ok(at("Stop-Service") < at("Remove-ExchangeCertificate") && at("Remove-ExchangeCertificate") < at("Start-Service"));
    await rig().settled(program("public1"));
  });

  it("a start that fails after the predecessor went leaves the new certificate in", async () => {
    await rig().apply(program("public2"));
    await rig().control.fault({ host: "EDGE01", cmdlet: "Start-Service", at: "before", kind: "error" });
    await rig().fails(program("public1"));
    assert.ok(rig().certificate("EDGE01", rig().thumbprint("public1")), "one of the two has to stay");
    await rig().apply(program("public1"));
    presents("public1", "public2");
    assert.deepEqual(rig().leftovers(), []);
    await rig().settled(program("public1"));
  });
});
