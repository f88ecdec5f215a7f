/** A certificate carried from another server in memory, and the key that cannot be. */
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { readScenario } from "../../../lab/model/scenarioFile";
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

  it("carries key and chain from the front end to an Edge; nothing stays on disk", async () => {
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

  it("a key that is not exportable is refused with the way out", async () => {
    const { text, mutating } = await rig().fails(carry("EDGE1", rig().thumbprint("attempt"), { host: rig().host("EX01") }));
    assert.match(text, /\[CERTIFICATE_NOT_EXPORTABLE\] EDGE1: the private key of [0-9A-F]{40} cannot be exported\./);
    assert.match(text, /Hint: .*(exportable)/);
    assert.deepEqual(mutating, []);
  });

  it("a certificate that is not there is named", async () => {
    const { text } = await rig().fails(carry("EX01", "AB".repeat(20)));
    assert.match(text, /\[CERTIFICATE_NOT_FOUND\] EX01 has no certificate (AB){20} to export/);
  });

  it("a PFX without its chain is refused before the Edge is drained", async () => {
    await rig().control.toggles({ exportedChain: "none" });
    const thumbprint = rig().thumbprint("new");
    const enabled = carry("EX01", thumbprint, { services: ["SMTP"], organization: rig().host("EX01") });
    const { text } = await rig().fails(enabled);
    assert.match(text, /\[CERTIFICATE_UNTRUSTED\] EDGE2 does not trust the issuer of .*DigiCert Global CA G2/);
    assert.notEqual(rig().server("EDGE2").defaultThumbprint, thumbprint);
    assert.equal(rig().server("EDGE2").services.MSExchangeTransport, "Running");
    await rig().control.toggles({ exportedChain: "root" });
    await rig().apply(enabled);
    assert.ok(rig().certificate("EDGE2", thumbprint)!.services.includes("SMTP"));
  });
});

describe("source {export} to a host that lacks the root", () => {
  const rig = rigForEach(() => {
    const scenario = readScenario("msxfaq");
    for (const server of scenario.servers) if (server.name === "EDGE2") server.chain = [];
    return { scenario };
  });

  it("brings the root with the chain", async () => {
    const source = { export: { host: rig().host("EX01"), thumbprint: rig().thumbprint("new") } };
    await rig().apply(
      rig().one("Certificate", { host: rig().host("EDGE2"), organization: rig().host("EX01"), source, services: ["SMTP"] }),
    );
    const [own] = rig()
      .server("EDGE2")
      .certificates.filter((one) => one.thumbprint === source.export.thumbprint);
    assert.ok(own.services.includes("SMTP"));
    const root = rig().issued("new").chainPem.at(-1)!;
    const thumbprint = createHash("sha1").update(new X509Certificate(root).raw).digest("hex").toUpperCase();
    assert.deepEqual(rig().lab.organisation.chain.status("EDGE2", [thumbprint]), [thumbprint]);
  });
});
