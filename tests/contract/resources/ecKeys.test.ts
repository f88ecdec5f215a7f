/** EC and RSA keys on every service and build that the documents name: what is taken, refused and only warned of. */
import assert from "node:assert/strict";
import { rigForEach, type Program } from "../../support/stories/rig";

interface Case {
  what: string;
  version: string;
  toggles?: { [name: string]: unknown };
  host?: "MBX01" | "EDGE01";
  args?: object;
  refused?: RegExp;
  warned?: RegExp;
}
const REGISTRY = { eccRegistryValue: "1" };
const OVERRIDE = { eccOverride: "enabled" };
const DEFAULT = { services: ["SMTP"], defaultSmtp: "replace" };
const CASES: Case[] = [
  { what: "before the hotfix", version: "15.2.1118.7", toggles: { ...REGISTRY, ...OVERRIDE }, refused: /Exchange 15\.2\.1118\.7 takes no/ },
  { what: "hotfix, nothing set", version: "15.2.1544.11", refused: /setting override .* Hint: .*New-SettingOverride/s },
  { what: "hotfix, overridden", version: "15.1.2507.39", toggles: OVERRIDE, args: { services: ["IIS", "SMTP"] } },
  {
    what: "hotfix, POP",
    version: "15.2.1258.34",
    toggles: OVERRIDE,
    args: { services: ["POP"] },
    warned: /for POP before the November 2024/,
  },
  {
    what: "November, nothing set",
    version: "15.2.1544.13",
    toggles: OVERRIDE,
    refused: /is not set, and the setting override does not count/,
  },
  { what: "November, on", version: "15.2.1544.13", toggles: REGISTRY, args: { services: ["IIS", "SMTP", "POP", "IMAP"] } },
  { what: "SE, on", version: "15.2.2562.17", toggles: REGISTRY },
  { what: "AD FS claims", version: "15.2.1544.13", toggles: { ...REGISTRY, adfsClaims: true }, refused: /AD FS claims/ },
  { what: "default inside", version: "15.2.1544.13", toggles: REGISTRY, args: DEFAULT, refused: /EdgeSync's credentials/ },
  {
    what: "an Edge",
    version: "15.2.1544.13",
    toggles: REGISTRY,
    host: "EDGE01",
    args: { services: ["SMTP"] },
    warned: /STARTTLS of an Edge/,
  },
  { what: "an Edge's default", version: "15.2.1544.13", toggles: REGISTRY, host: "EDGE01", args: DEFAULT, refused: /CryptoAPI/ },
  {
    what: "an Edge of the hotfix",
    version: "15.2.1544.11",
    toggles: OVERRIDE,
    host: "EDGE01",
    args: { services: ["SMTP"] },
    refused: /an Edge does not read it/,
  },
];

for (const { what, version, toggles, host = "MBX01", args = { services: ["IIS"] }, refused, warned } of CASES)
  describe(`an EC key on ${version}, ${what}`, () => {
    const rig = rigForEach(() => ({ scenario: contoso(version), toggles }));
    const program = (name: string): Program => {
      const organization = host === "EDGE01" ? { organization: rig().host("MBX01"), drain: "never" } : {};
      return rig().one("Certificate", { host: rig().host(host), ...organization, source: rig().source(name), ...args });
    };

    it(refused ? "is refused, with nothing changed" : "is installed and serves", async () => {
      const run = await rig().up(program("ec"));
      if (refused) {
        assert.match(run.error?.message ?? "", /^\[CERTIFICATE_KEY_UNSUPPORTED\]/);
        assert.match(run.error!.message, refused);
        assert.deepEqual(run.mutating, []);
        return;
      }
      assert.ok(run.ok, run.error?.message);
      const told = run.lines.filter((line) => /no public document shows/.test(line));
      assert.equal(told.length, warned ? 1 : 0, run.lines.join("\n"));
      if (warned) assert.match(told[0], warned);
      const { services } = rig().certificate(host, rig().thumbprint("ec"))!;
      for (const service of (args as { services: string[] }).services) assert.ok(services.includes(service), services.join());
      await rig().settled(program("ec"));
    });
  });

/** One Mailbox server and its subscribed Edge, of a given build. */
function contoso(version: string) {
  return {
    name: "ecc",
    organisation: "Contoso",
    domain: "contoso.com",
    version,
    authorities: { ca: { subject: "CN=Contoso Issuing CA" } },
    certificates: {
      v1: { authority: "ca", subject: "CN=edge01.contoso.com", domainNames: ["edge01.contoso.com"] },
      ec: {
        authority: "ca",
        subject: "CN=mail.contoso.com",
        domainNames: ["mail.contoso.com", "edge01.contoso.com"],
        keyType: "ec" as const,
      },
    },
    servers: [
      { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" as const },
      { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" as const, certificates: [{ certificate: "v1" }], default: "v1" },
    ],
    subscriptions: [{ edge: "EDGE01", site: "Default-First-Site-Name" }],
  };
}
