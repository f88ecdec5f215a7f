/** A certificate carried from another server in memory, and the key that cannot be. */
import assert from "node:assert/strict";
import { rigForEach } from "../../support/stories/rig";

describe("source {export}", () => {
  const rig = rigForEach(() => ({ scenario: "msxfaq" }));
  const carry = (from: string, thumbprint: string, more: object = {}) =>
    rig().one("Certificate", {
      host: rig().host("EDGE2"),
      source: { export: { host: rig().host(from), thumbprint } },
      services: [],
      ...more,
    });

  it("carries key and chain from the front end to an Edge; nothing stays on disk, nothing is written anywhere", async () => {
    const thumbprint = rig().thumbprint("new");
    const run = await rig().apply(carry("EX01", thumbprint));
    const installed = rig().certificate("EDGE2", thumbprint)!;
    assert.equal(installed.exportable, false, "on the Edge it need not be exportable");
    assert.deepEqual(
      run.mutating,
      ["EX01:Export-ExchangeCertificate", "EDGE2:chain.import", "EDGE2:Import-ExchangeCertificate"].filter((call) =>
        run.mutating.includes(call),
      ),
    );
    assert.ok(run.mutating.includes("EDGE2:chain.import"), "the new issuing CA was not there");
    for (const host of ["EX01", "EDGE2"]) for (const { path } of rig().server(host).files) assert.doesNotMatch(path, /pfx|key/i);
    assert.doesNotMatch(JSON.stringify(rig().engine.state), /BEGIN PRIVATE KEY|MII[A-Za-z0-9+/]{400}/);
    await rig().settled(carry("EX01", thumbprint));
  });

  it("a key that is not exportable is refused with the way out, before anything is changed", async () => {
    const { text, mutating } = await rig().fails(carry("EDGE1", rig().thumbprint("attempt"), { host: rig().host("EX01") }));
    assert.match(text, /\[CERTIFICATE_NOT_EXPORTABLE\] EDGE1: the private key of [0-9A-F]{40} cannot be exported\./);
    assert.match(text, /Hint: .*(exportable)/);
    assert.deepEqual(mutating, []);
  });

  it("a certificate that is not there is named", async () => {
    const { text } = await rig().fails(carry("EX01", "AB".repeat(20)));
    assert.match(text, /\[CERTIFICATE_NOT_FOUND\] EX01 has no certificate (AB){20} to export/);
  });
});
