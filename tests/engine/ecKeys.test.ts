/** RSA and EC keys on the real engine: every service, and every build that the public documents name, in one organisation. */
import assert from "node:assert/strict";
import { Certificate } from "pulumi-exchange";
import type { ScenarioInput } from "../../lab/model/scenarioSchema";
import { hostsOf, named, pfxSource, storyForAll, type PulumiFn } from "../support/engine";

const ALL = ["IIS", "SMTP", "POP", "IMAP"] as const;

/** Server → build, and what becomes of a certificate with an EC key there. */
const SERVERS: { [name: string]: { version: string; refused?: RegExp; warned?: RegExp } } = {
  OLD2016: { version: "15.1.2507.37", refused: /Exchange 15\.1\.2507\.37 takes no certificate with an EC key/ },
  HU2016: { version: "15.1.2507.39", warned: /for POP and IMAP before the November 2024 security update/ },
  SU2016: { version: "15.1.2507.43" },
  HU2019: { version: "15.2.1544.11", warned: /for POP and IMAP before the November 2024 security update/ },
  SU2019: { version: "15.2.1544.13" },
  SE: { version: "15.2.2562.17" },
  EDGEHU: { version: "15.2.1544.11", refused: /an Edge does not read it/ },
  EDGESE: { version: "15.2.2562.17", warned: /at STARTTLS of an Edge/ },
};
const isEdge = (name: string): boolean => name.startsWith("EDGE");

const scenario: ScenarioInput = {
  name: "builds",
  organisation: "Contoso",
  domain: "contoso.com",
  authorities: { ca: { subject: "CN=Contoso Issuing CA" } },
  certificates: {
    rsa: { authority: "ca", subject: "CN=mail.contoso.com", domainNames: ["mail.contoso.com"] },
    ec: { authority: "ca", subject: "CN=mail.contoso.com, O=Contoso", domainNames: ["mail.contoso.com"], keyType: "ec" },
  },
  servers: Object.entries(SERVERS).map(([name, { version }]) => ({
    name,
    fqdn: `${name.toLowerCase()}.contoso.com`,
    role: isEdge(name) ? ("Edge" as const) : ("Mailbox" as const),
    version,
  })),
};

describe("RSA and EC keys by service and build", () => {
  const story = storyForAll({ scenario, toggles: { eccRegistryValue: "1", eccOverride: "enabled" } });
  const program =
    (key: "rsa" | "ec"): PulumiFn =>
    () => {
      const hosts = hostsOf(story().lab);
      for (const name of Object.keys(SERVERS)) {
        const edge = { services: ["SMTP" as const], organization: hosts.SE, drain: "never" as const };
        new Certificate(name, {
          host: hosts[name],
          source: pfxSource(story().lab, key),
          ...(isEdge(name) ? edge : { services: [...ALL] }),
        });
      }
      return Promise.resolve();
    };
  const services = (name: string, key: string): string[] =>
    story()
      .server(name)
      .certificates.find(({ thumbprint }) => thumbprint === story().thumbprint(key))?.services ?? [];

  it("an RSA key serves everything on all of them", async () => {
    const up = await story().up(program("rsa"));
    assert.ok(up.ok, up.output);
    for (const name of Object.keys(SERVERS))
      for (const service of isEdge(name) ? ["SMTP"] : ALL) assert.ok(services(name, "rsa").includes(service), `${name} ${service}`);
  });

  it("an EC key serves where it is on, some with a warning, and is refused elsewhere", async () => {
    const preview = await story().preview(program("ec"));
    assert.ok(preview.ok, preview.output);
    assert.deepEqual(preview.seen.calls, []);
    assert.match(preview.diagnostics, /\[SE\] [0-9A-F]{8}… has an EC key \(256 bits\): version and setting of the server are looked at/);
    const up = await story().up(program("ec"), { continueOnError: true });
    assert.equal(up.ok, false);
    for (const [name, { refused, warned }] of Object.entries(SERVERS)) {
      const told = up.diagnostics.split("\n").filter((line) => line.includes(`warning: ${name}:`) && /no public document shows/.test(line));
      assert.equal(told.length, warned ? 1 : 0, up.output);
      if (warned) assert.match(told[0], warned);
      if (refused) {
        assert.match(up.errors[name] ?? "", /\[CERTIFICATE_KEY_UNSUPPORTED\]/, up.output);
        assert.match(up.errors[name], refused);
        assert.deepEqual(
          named(up.seen.mutating).filter((call) => call.startsWith(`${name}:`)),
          [],
          name,
        );
      } else for (const service of isEdge(name) ? ["SMTP"] : ALL) assert.ok(services(name, "ec").includes(service), `${name} ${service}`);
    }
  });

  it("what is refused leaves the RSA one in place, and the rest is settled", async () => {
    const again = await story().up(program("ec"), { continueOnError: true });
    assert.deepEqual([again.ok, named(again.seen.mutating)], [false, []], again.output);
    assert.ok(services("OLD2016", "rsa").includes("IIS"));
  });
});
