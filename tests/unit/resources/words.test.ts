/** What a preview says of every pending change, in words: reason, dates, day counts, and what is really going to happen. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import { createContext, handlers } from "../../../provider/handlers";
import { makeAuthority, makeLeaf, keyPem, type Authority } from "../../support/certificates";
import { certificateSaid as said, named, NOW, onEdge as args, owner, pemFrom as from, words } from "./wordsOf";

const [edge, inside] = [named("edge01"), named("mbx01")];
const [A, B] = ["A".repeat(40), "B".repeat(40)];

describe("words of a certificate", () => {
  let authority: Authority;
  let other: Authority;
  let writer: ReturnType<typeof setWriter>;
  before(async () => {
    writer = setWriter(() => undefined);
    authority = await makeAuthority("CN=Contoso CA");
    other = await makeAuthority("CN=Contoso CA 2");
  });
  after(() => setWriter(writer));

  it("name the reason with the date, and nothing that changes with the clock", async () => {
    const next = args(await from(authority, 0, 365));
    const old = async (notAfter: number): Promise<JsonObject> => args(await from(authority, -300, notAfter));
    assert.equal(await said(await old(9), next), "renew: valid until 2026-12-01, X… → X…");
    assert.equal(await said(await old(-3), next), "renew: valid until 2026-11-19, X… → X…");
    assert.equal(await said(next, await old(9)), "return to an earlier certificate: valid until 2026-12-01, X… → X…");
  });

  it("a certificate that is not valid yet is warned of in the preview already", async () => {
    const lines: string[] = [];
    const before = setWriter((line) => void lines.push(line));
    try {
      await words("Certificate", args(await from(authority, -300, 9)), args(await from(authority, 5, 365)));
      await words("Certificate", null, args(await from(authority, -1, 365)));
    } finally {
      setWriter(before);
    }
    const warnings = lines.filter((line) => line.startsWith("warning"));
    assert.deepEqual(
      warnings.map((line) => line.replaceAll(/[0-9A-F]{8}…/g, "X…").trim()),
      ["warning: EDGE01: certificate X… is valid from 2026-11-27 only."],
    );
  });

  it("a copy is refused where the server that it is for could not use the certificate", async () => {
    const { certificate, privateKey } = await makeLeaf(authority, { usage: { extendedKeyUsage: ["1.3.6.1.5.5.7.3.2"] } });
    const source = { certificate: certificate.pem, privateKey: keyPem({ privateKey }) };
    const codes = async (more: object): Promise<string[]> => {
      const copy = { owner, host: inside, source, services: [], ...more };
      const { failures } = await handlers.Certificate.check({ ...createContext(), now: NOW }, {}, copy);
      return failures.map(({ reason }) => /\[(\w+)\]/.exec(reason)![1]);
    };
    assert.deepEqual(await codes({}), []);
    assert.deepEqual(await codes({ copyFor: ["SMTP"] }), ["CERTIFICATE_USAGE_UNSUITABLE"]);
    assert.deepEqual(await codes({ copyFor: "SMTP" }), ["INVALID_ARGUMENT"]);
  });

  it("say when names change, and with them the connectors", async () => {
    const old = args(await from(authority, -300, 9));
    const flips = ", connector names flip last";
    assert.equal(await said(old, args(await from(other, 0, 365))), `renew: valid until 2026-12-01, X… → X…; the issuer changes${flips}`);
    const subject = args(await from(authority, 0, 365, "CN=post.contoso.com"));
    assert.equal(await said(old, subject), `renew: valid until 2026-12-01, X… → X…; the subject changes${flips}`);
    const both = args(await from(other, 0, 365, "CN=post.contoso.com"));
    assert.equal(await said(old, both), `renew: valid until 2026-12-01, X… → X…; issuer and subject change${flips}`);
  });

  it("say of a first deployment what is adopted and what is done else", async () => {
    const source = await from(authority, 0, 365);
    const first = "first deployment: X…, valid until 2027-11-22; adopts if X… is";
    assert.equal(await said(null, args(source)), `${first} the default, else drains EDGE01`);
    assert.equal(await said(null, args(source, { defaultSmtp: "keep" })), `${first} enabled for SMTP, else drains EDGE01`);
    const mailbox = { host: inside, source };
    assert.equal(await said(null, { ...mailbox, services: [] }), `${first} installed on MBX01, else installs it`);
    const smtp = { ...mailbox, services: ["SMTP"], defaultSmtp: "replace" };
    assert.equal(await said(null, smtp), `${first} the default of MBX01, else makes it the default`);
  });

  it("name the settings that change, and do not promise an import", async () => {
    const source = await from(authority, -300, 9);
    const more = { host: inside, source, services: ["IIS"] };
    const { rotation, plan } = await words("Certificate", more, { ...more, services: ["IIS", "POP"] });
    assert.match(rotation, /^services of [0-9A-F]{8}… change on MBX01: IIS → IIS, POP; valid until 2026-12-01$/);
    assert.match(plan.join("\n"), /enable IIS, POP/);
  });

  it('say that the end of "hold" brings an Edge back', async () => {
    const source = await from(authority, -300, 9);
    const { rotation, plan } = await words("Certificate", args(source, { drain: "hold" }), args(source));
    assert.equal(rotation, 'drain "hold" → "auto": EDGE01 goes back into service if it is still held; valid until 2026-12-01');
    assert.match(
      plan.join("\n"),
      /^1\. EDGE01: check connectors.*\n2\. EDGE01: remove a same-name predecessor .*\n3\. EDGE01: start transport and look at STARTTLS; .*$/,
    );
    const both = await words("Certificate", args(source, { drain: "hold" }), args(source, { defaultSmtp: "keep", drain: "never" }));
    assert.match(both.rotation, /^defaultSmtp of [0-9A-F]{8}… change on EDGE01: replace → keep; drain "hold" → "never": EDGE01 goes back/);
  });
});

describe("words of a send connector", () => {
  const name = (ca: string): string => `<I>CN=${ca}<S>CN=mail.contoso.com`;
  const base: JsonObject = {
    host: inside,
    connector: "Outbound",
    tlsCertificateName: name("CA 1"),
    sources: [{ host: edge, thumbprint: A }],
    requireTls: true,
  };
  it("a new name flips last", async () => {
    const { rotation } = await words("SendConnectorTls", base, { ...base, tlsCertificateName: name("CA 2") });
    assert.equal(rotation, `"Outbound" flips last: ${name("CA 1")} → ${name("CA 2")}`);
  });
  it("another certificate of the same name is only verified", async () => {
    const { rotation, plan } = await words("SendConnectorTls", base, { ...base, sources: [{ host: edge, thumbprint: B }] });
    assert.equal(rotation, '"Outbound" keeps its name; its certificate on every source server is verified');
    assert.match(plan.join(), /nothing is changed/);
  });
  it("two changes of the same setting have different words", async () => {
    const from = (fqdn: string): JsonObject => ({ ...base, fqdn });
    const first = await words("SendConnectorTls", from("a.contoso.com"), from("b.contoso.com"));
    const second = await words("SendConnectorTls", from("b.contoso.com"), from("c.contoso.com"));
    assert.notEqual(first.rotation, second.rotation);
  });
  it("other settings are named, and set", async () => {
    const { rotation, plan } = await words("SendConnectorTls", base, { ...base, requireTls: false, fqdn: "mail.contoso.com" });
    assert.equal(rotation, '"Outbound": requireTls true → false, fqdn undeclared → mail.contoso.com; its name stays');
    assert.match(plan.join("\n"), /2\. MBX01: set "Outbound"/);
  });
});

describe("words of an Edge Subscription", () => {
  const base: JsonObject = { edge, organization: inside, site: "Site-A", certificateThumbprint: A, organizationThumbprints: { MBX01: A } };
  it("another certificate is bound by subscribing again", async () => {
    const { rotation, plan } = await words("EdgeSubscription", base, { ...base, certificateThumbprint: B });
    assert.equal(rotation, "re-subscribe EDGE01: bound certificate AAAAAAAA… → BBBBBBBB…");
    assert.match(plan[0], /^1\. EDGE01: export a subscription file/);
  });
  it("another default inside is proved first", async () => {
    const { rotation, plan } = await words("EdgeSubscription", base, { ...base, organizationThumbprints: { MBX01: B } });
    assert.equal(
      rotation,
      "default certificate of MBX01 AAAAAAAA… → BBBBBBBB…: EdgeSync of EDGE01 is proved, and EDGE01 subscribed again where that fails",
    );
    assert.match(plan[0], /force EdgeSync; what follows is done only where it fails/);
  });
  it("a setting that counts at the next subscription says so", async () => {
    const { rotation, plan } = await words("EdgeSubscription", base, { ...base, method: "recreate" });
    assert.equal(rotation, "method of the subscription of EDGE01 changes; it counts when EDGE01 is subscribed the next time");
    assert.deepEqual(plan, []);
  });
});

describe("words of a transport service", () => {
  it("an Edge's connectors and subscription are checked before it starts", async () => {
    const onEdge = await words("TransportService", null, { host: edge, organization: inside, expectThumbprint: A });
    assert.match(onEdge.plan[0], /^1\. EDGE01: check connectors, subscription and the LDAPS certificate$/);
    const onMailbox = await words("TransportService", null, { host: inside, expectThumbprint: A });
    assert.doesNotMatch(onMailbox.plan.join("\n"), /LDAPS|predecessor/);
    assert.match(onMailbox.plan.join("\n"), /look at STARTTLS/);
  });
});
