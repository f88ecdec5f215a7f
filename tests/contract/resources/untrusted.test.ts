/** A certificate whose root the Edge does not have: transport would pass it over, so it must not come to a start without it. */
import assert from "node:assert/strict";
import { readCertificate } from "../../../provider/pki";
import { keyPem, makeAuthority, makeLeaf, pooledKey } from "../../support/certificates";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("a certificate that the Edge does not trust", () => {
  const rig = rigForEach();
  const program = (withChain: boolean): Program => {
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const { pem, keyPem, chainPem } = rig().issued("foreignRoot");
    const source = { certificate: pem, privateKey: keyPem, ...(withChain ? { chain: chainPem.join("\n") } : {}) };
    return async (declare) => {
      const { thumbprint, revision } = await declare("Certificate", "certificate", {
        ...{ host, organization, source, services: ["SMTP"], defaultSmtp: "replace", drain: "hold" },
      });
      const bind = { edge: host, organization, site: "Default-First-Site-Name", certificateThumbprint: thumbprint, after: [revision] };
      const subscription = await declare("EdgeSubscription", "subscription", bind);
      await declare("TransportService", "transport", {
        ...{ host, organization, expectThumbprint: thumbprint, after: [revision, subscription.revision] },
      });
    };
  };
  const seen = () => {
    const { services, defaultThumbprint, transportThumbprint, ldapsThumbprint } = rig().server("EDGE01");
    return [services.MSExchangeTransport, defaultThumbprint, transportThumbprint, ldapsThumbprint];
  };

  it("is refused before the Edge is drained, with nothing changed; the chain mends it", async () => {
    const before = seen();
    const { text, mutating } = await rig().fails(program(false));
    assert.match(text, /\[CERTIFICATE_UNTRUSTED\] EDGE01 does not trust the issuer of .*Northwind Root CA.*PartialChain/s);
    assert.deepEqual([mutating, seen()], [[], before]);
    assert.equal(rig().certificate("EDGE01", rig().thumbprint("foreignRoot")), undefined);
    await rig().apply(program(true));
    const now = rig().thumbprint("foreignRoot");
    assert.deepEqual(seen(), ["Running", now, now, now]);
  });

  it("an agent of before does not know: the Edge is back in service in the same run", async () => {
    await rig().control.toggles({ agentOperations: "before" });
    const before = seen();
    const { text } = await rig().fails(program(false));
    assert.match(text, /\[CERTIFICATE_UNTRUSTED\] EDGE01 does not trust the issuer of .*Northwind Root CA.*Condition: Degraded/s);
    assert.deepEqual(seen(), before);
    assert.deepEqual(rig().leftovers(), []);
    await rig().apply(program(true));
    const now = rig().thumbprint("foreignRoot");
    assert.deepEqual(seen(), ["Running", now, now, now]);
  });

  it("is presented as soon as its root is installed, without a window", async () => {
    const host = rig().host("EDGE01");
    const { pem, keyPem, chainPem } = rig().issued("foreignRoot");
    const certificate = (chain: object) =>
      rig().one("Certificate", { host, source: { certificate: pem, privateKey: keyPem, ...chain }, services: [] });
    await rig().apply(certificate({}));
    const access = { Thumbprint: rig().thumbprint("foreignRoot"), Services: "None", NetworkServiceAllowed: true, Force: true };
    await rig().control.operator("EDGE01", "Enable-ExchangeCertificate", access);
    const before = rig().server("EDGE01").transportThumbprint;
    assert.notEqual(before, rig().thumbprint("foreignRoot"), "passed over while its root is not trusted");
    const run = await rig().apply(certificate({ chain: chainPem.join("\n") }));
    assert.deepEqual(run.mutating, ["EDGE01:chain.import"]);
    assert.match(run.lines.join("\n"), /new in the declaration/);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.equal(rig().server("EDGE01").transportThumbprint, rig().thumbprint("foreignRoot"));
  });
});

describe("an issuer that was signed twice", () => {
  const rig = rigForEach();
  const days = (count: number): Date => new Date(Date.now() + count * 86_400_000);
  const EXPIRED = { notBefore: days(-800), notAfter: days(-20) };
  const certificate = (pem: string, key: string, chain: string[]): Program => {
    const [host, organization] = [rig().host("EDGE01"), rig().host("MBX01")];
    const source = { certificate: pem, privateKey: key, chain: chain.join("\n") };
    return rig().one("Certificate", { host, organization, source, services: ["SMTP"] }, "certificate");
  };
  /** A leaf, its issuer in two forms (one has expired), and the roots of both. */
  async function crossSigned(): Promise<{ pem: string; key: string; old: string[]; good: string[] }> {
    const oldRoot = await makeAuthority("CN=Cross Old Root", EXPIRED);
    const root = await makeAuthority("CN=Cross Root", { notBefore: days(-500) });
    const key = await pooledKey();
    const issuing = await makeAuthority("CN=Cross Issuing", { parent: root, key, notBefore: days(-500) });
    const old = await makeAuthority("CN=Cross Issuing", { parent: oldRoot, key, ...EXPIRED });
    const leaf = await makeLeaf(issuing, { subject: "CN=edge01.contoso.com", notBefore: days(-1), notAfter: days(200) });
    const pems = (chain: { pem: string }[]): string[] => chain.map(({ pem }) => pem);
    return { pem: leaf.certificate.pem, key: keyPem(leaf), old: pems(old.chain), good: pems(issuing.chain) };
  }

  it("leads the way that is valid today: only that path is installed", async () => {
    const { pem, key, old, good } = await crossSigned();
    const run = await rig().apply(certificate(pem, key, [...old, ...good]));
    const thumbprint = String(rig().outs("certificate").thumbprint);
    const { chain } = rig().server("EDGE01");
    const print = (one: string): string => readCertificate(one).thumbprint;
    assert.deepEqual(
      [...good, ...old].map((one) => chain.includes(print(one))),
      [true, true, false, false],
    );
    assert.ok(rig().certificate("EDGE01", thumbprint)!.services.includes("SMTP"));
    assert.match(run.lines.join("\n"), /leads to the root CN=Cross Root \(/);
    await rig().settled(certificate(pem, key, [...good, ...old]));
  });

  for (const agentOperations of ["all", "before"])
    it(`by an expired one alone is refused, and nothing of it stays (agent: ${agentOperations})`, async () => {
      await rig().control.toggles({ agentOperations });
      const { pem, key, old, good } = await crossSigned();
      const before = rig().server("EDGE01").transportThumbprint;
      const { text, lines, mutating } = await rig().fails(certificate(pem, key, old));
      assert.match(text, /\[CERTIFICATE_UNTRUSTED\]/);
      assert.match(lines.join("\n"), /its issuer CN=Cross Issuing \([0-9A-F]{40}\) expired on/);
      if (agentOperations === "all") assert.deepEqual(mutating, [], "nothing was changed, nothing was drained");
      const { services, transportThumbprint } = rig().server("EDGE01");
      assert.deepEqual([services.MSExchangeTransport, transportThumbprint], ["Running", before]);
      await rig().apply(certificate(pem, key, [...old, ...good]));
      assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    });
});
