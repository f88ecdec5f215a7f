/** Bad input: a code, a sentence and a hint, as early as it can be known, with 0 mutating calls and no secret in any message. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import forge from "node-forge";
import { Certificate, EdgeFleet, EdgeSubscription, SendConnectorTls, type ConnectionArgs } from "pulumi-exchange";
import { figure, fleet, hostsOf, issued, named, OFFICE, pfxSource, SITE, storyForAll, type PulumiFn } from "../support/engine";

/** A resource of a program and the code that refuses it. */
interface Case {
  code: string;
  /** What the sentence names beside the code. */
  says?: RegExp;
  make: (name: string) => unknown;
}
type Cases = Record<string, Case>;

const programOf =
  (cases: Cases): PulumiFn =>
  () => {
    for (const [name, { make }] of Object.entries(cases)) make(name);
    return Promise.resolve();
  };

describe("bad input", () => {
  const story = storyForAll();
  const hosts = () => hostsOf(story().lab);
  const source = (name: string) => pfxSource(story().lab, name);
  const certificate = (changes: object) => (name: string) => {
    const { MBX01 } = hosts();
    return new Certificate(name, { host: MBX01, source: source("v2"), services: [], ...changes });
  };
  const onEdge = (changes: object) =>
    certificate({
      host: hosts().EDGE01,
      organization: hosts().MBX01,
      services: ["SMTP"],
      defaultSmtp: "replace",
      drain: "hold",
      ...changes,
    });

  /** Every resource is refused with its code and a hint. */
  function assertRefused(cases: Cases, errors: Record<string, string>): void {
    for (const [name, { code, says }] of Object.entries(cases)) {
      const text = errors[name] ?? "";
      assert.match(text, new RegExp(`\\[${code}\\] [^]+ Hint: \\S`), `${name}: ${JSON.stringify(errors)}`);
      if (says) assert.match(text, says, name);
    }
  }

  function withoutKey(): string {
    const { pem, password } = issued(story().lab, "v2");
    const container = forge.pkcs12.toPkcs12Asn1(null, [forge.pki.certificateFromPem(pem)], password, { algorithm: "3des", count: 1 });
    return Buffer.from(forge.asn1.toDer(container).getBytes(), "binary").toString("base64");
  }

  it("what no server is needed for is refused in check: 0 connections", async () => {
    const v2 = issued(story().lab, "v2");
    const { hostKey: _pinned, ...unpinned } = hosts().MBX01;
    const cases: Cases = {
      "wrong-password": { code: "PFX_PASSWORD_WRONG", make: certificate({ source: { pfx: v2.pfx, password: "Not-the-password" } }) },
      "no-key": { code: "PFX_WITHOUT_KEY", make: certificate({ source: { pfx: withoutKey(), password: v2.password } }) },
      "other-key": {
        code: "KEY_MISMATCH",
        make: certificate({ source: { certificate: v2.pem, privateKey: issued(story().lab, "v3").keyPem } }),
      },
      "ec-default": { code: "CERTIFICATE_KEY_UNSUPPORTED", says: /EdgeSync.*RSA/, make: onEdge({ source: source("ec") }) },
      "long-name": { code: "NAME_TOO_LONG", says: /256/, make: onEdge({ source: source("longName") }) },
      "unknown-argument": { code: "UNKNOWN_ARGUMENT", says: /no argument frendlyName/, make: certificate({ frendlyName: "mail" }) },
      "unpinned-host": { code: "HOST_KEY_REQUIRED", make: certificate({ host: unpinned }) },
      "unset-variable": {
        code: "SECRET_UNAVAILABLE",
        says: /NOT_SET/,
        make: certificate({ source: { pfx: v2.pfx, password: { env: "NOT_SET" } } }),
      },
    };
    // One failing check ends a program, so each needs a run of its own.
    for (const [name, one] of Object.entries(cases)) {
      const preview = await story().preview(programOf({ [name]: one }));
      assert.equal(preview.ok, false, name);
      assertRefused({ [name]: one }, preview.errors);
      assert.deepEqual([preview.seen.connections, preview.seen.calls], [[], []], name);
      assert.ok(!preview.output.includes("Not-the-password"), name);
    }
  });

  it("what a component refuses is a sentence, without a stack trace", async () => {
    const { MBX01 } = hosts();
    const make = (name: string) => new EdgeFleet(name, { organization: MBX01, site: SITE, edges: [] });
    const preview = await story().preview(programOf({ edges: { code: "INVALID_ARGUMENT", make } }));
    assert.equal(preview.ok, false);
    assert.match(preview.output, /\[INVALID_ARGUMENT\] EdgeFleet edges has no Edges\./);
    assert.doesNotMatch(preview.output, /^ *at \S|Unhandled exception/m);
  });

  it("what only the servers know is refused before anything is changed", async () => {
    const { EDGE01, EDGE02, MBX01 } = hosts();
    const silent = { ...MBX01, name: "GONE01", port: await deadPort(), dialErrorLimit: 1, perDialTimeout: 2 };
    const connector = (changes: object) => (name: string) => new SendConnectorTls(name, { host: MBX01, connector: OFFICE, ...changes });
    const [v2, v3] = [story().thumbprint("v2"), story().tlsName("v3")];
    const cases: Cases = {
      expired: { code: "CERTIFICATE_EXPIRED", says: /MBX01/, make: certificate({ source: source("expired") }) },
      "not-yet-valid": { code: "CERTIFICATE_NOT_YET_VALID", says: /MBX01/, make: certificate({ source: source("notYetValid") }) },
      "silent-host": { code: "HOST_UNREACHABLE", says: /GONE01/, make: certificate({ host: silent }) },
      "unknown-connector": {
        code: "CONNECTOR_NOT_FOUND",
        says: /Outbound to nowhere/,
        make: connector({ connector: "Outbound to nowhere" }),
      },
      "source-without": {
        code: "SOURCE_WITHOUT_CERTIFICATE",
        says: /EDGE0[12]/,
        make: connector({
          tlsCertificateName: v3,
          sources: [
            { host: EDGE01, thumbprint: v2 },
            { host: EDGE02, thumbprint: v2 },
          ],
        }),
      },
      "source-not-declared": {
        code: "SOURCE_WITHOUT_CERTIFICATE",
        says: /EDGE01, EDGE02/,
        make: connector({ tlsCertificateName: v3, sources: [] }),
      },
      "ec-key": { code: "CERTIFICATE_KEY_UNSUPPORTED", says: /RSA/, make: certificate({ source: source("ec") }) },
      "mailbox-as-edge": {
        code: "ROLE_MISMATCH",
        make: (name) => new EdgeSubscription(name, { edge: MBX01, organization: MBX01, site: SITE }),
      },
      "not-the-default": {
        code: "SUBSCRIPTION_NOT_DEFAULT",
        make: (name) => new EdgeSubscription(name, { edge: EDGE02, organization: MBX01, site: SITE, certificateThumbprint: v2 }),
      },
      "would-break": { code: "SUBSCRIPTION_WOULD_BREAK", make: onEdge({ host: EDGE02, drain: "auto" }) },
    };
    const up = await story().up(programOf(cases), { continueOnError: true });
    assert.equal(up.ok, false);
    assertRefused(cases, up.errors);
    figure("mutating calls for bad input", named(up.seen.mutating), []);
    assert.deepEqual(story().stack.resources(), [], "nothing was made, so nothing is in the stack");
  });

  it("a certificate that does not suit the Edges is refused before a copy is made", async () => {
    const { EDGE01, EDGE02, MBX01 } = hosts();
    const settings = { source: source("longName"), services: ["SMTP" as const], defaultSmtp: "replace" as const };
    const edges = [EDGE01, EDGE02].map((edge) => ({ edge, certificate: settings }));
    const make = (name: string) => new EdgeFleet(name, { edges, organization: MBX01, site: SITE, mailboxHosts: [MBX01] });
    const up = await story().up(programOf({ fleet: { code: "NAME_TOO_LONG", make } }), { continueOnError: true });
    assert.equal(up.ok, false);
    assert.match(up.errors["fleet-mbx01-certificate"] ?? "", /\[NAME_TOO_LONG\] [^]+ Hint: \S/, JSON.stringify(up.errors));
    assert.deepEqual([named(up.seen.mutating), up.seen.connections], [[], []]);
  });

  it("a send connector that is not there is refused before a copy is made", async () => {
    const args = { sendConnectors: [{ connector: OFFICE }, { connector: "Outbound to nowhere" }] };
    for (const mailboxHosts of [["MBX01"], []]) {
      const up = await story().up(fleet(story().lab, { certificate: "v2", mailboxHosts, args }));
      assert.equal(up.ok, false);
      const first = mailboxHosts.length > 0 ? "edges-mbx01-certificate" : "edges-edge01-certificate";
      assert.match(up.errors[first] ?? "", /\[CONNECTOR_NOT_FOUND\] MBX01 knows no send connector "Outbound to nowhere"/, up.output);
      assert.deepEqual(named(up.seen.mutating), []);
    }
    assert.deepEqual(story().stack.resources(), []);
  });

  it("a host with another key than the pinned one is refused before the logon", async () => {
    const { EDGE01, EDGE02 } = hosts();
    const stranger: ConnectionArgs = { ...EDGE01, hostKey: EDGE02.hostKey };
    const cases: Cases = { stranger: { code: "HOST_KEY_CHANGED", says: /SHA256:/, make: certificate({ host: stranger }) } };
    const up = await story().up(programOf(cases));
    assert.equal(up.ok, false);
    assertRefused(cases, up.errors);
    assert.deepEqual([up.seen.calls, up.seen.connections.filter(({ authenticated }) => authenticated)], [[], []]);
  });

  it("a certificate equal to a Mailbox server's default is refused before the drain", async () => {
    const { EDGE01, MBX01 } = hosts();
    const twin = await story().up(
      programOf({ mailbox: { code: "", make: certificate({ host: MBX01, services: ["SMTP"], defaultSmtp: "replace" }) } }),
    );
    assert.ok(twin.ok, twin.output);
    const cases: Cases = {
      mailbox: { code: "", make: certificate({ services: ["SMTP"], defaultSmtp: "replace" }) },
      twin: { code: "CERTIFICATE_IS_MAILBOX_DEFAULT", says: /MBX01/, make: onEdge({ host: EDGE01 }) },
    };
    const up = await story().up(programOf(cases));
    assert.equal(up.ok, false);
    assertRefused({ twin: cases.twin }, up.errors);
    assert.deepEqual(named(up.seen.mutating), []);
    assert.equal(story().server("EDGE01").services.MSExchangeTransport, "Running");
  });
});

/** A port of this machine that nobody listens on. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
