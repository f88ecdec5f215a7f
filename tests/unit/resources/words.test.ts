/** What a preview says of every pending change, in words: reason, dates, day counts, and what is really going to happen. */
import assert from "node:assert/strict";
import { UNKNOWN, type JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import { createContext, handlers } from "../../../provider/handlers";
import type { Context } from "../../../provider/handlers/types";
import { makeAuthority, makeLeaf, keyPem, type Authority } from "../../support/certificates";

const NOW = new Date("2026-11-22T12:00:00Z");
const day = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000 + 3_600_000);
const named = (name: string): JsonObject => ({ host: `${name}.contoso.com`, user: "admin", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" });
const [edge, inside] = [named("edge01"), named("mbx01")];
const [A, B] = ["A".repeat(40), "B".repeat(40)];
const owner = "shop/prod/x";

/** The words of a change from one declaration to another; the old one is what a stack would have. */
async function words(
  kind: keyof typeof handlers,
  before: JsonObject | null,
  after: JsonObject,
): Promise<{ rotation: string; plan: string[] }> {
  const ctx: Context = { ...createContext(), now: NOW };
  const check = async (olds: JsonObject, news: JsonObject): Promise<JsonObject> => {
    const { inputs, failures } = await handlers[kind].check(ctx, olds, { owner, ...news });
    assert.deepEqual(failures, []);
    return inputs;
  };
  const olds = before ? await check({}, before) : {};
  const { rotation, plan } = await check(olds, after);
  return { rotation: String(rotation), plan: (plan ?? []) as string[] };
}

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

  const from = async (by: Authority, notBefore: number, notAfter: number, subject = "CN=mail.contoso.com"): Promise<JsonObject> => {
    const issued = await by.issue({ subject, domainNames: ["mail.contoso.com"], notBefore: day(notBefore), notAfter: day(notAfter) });
    return { certificate: issued.certificate.pem, privateKey: keyPem(issued) };
  };
  const args = (source: JsonObject, more: JsonObject = {}): JsonObject => ({
    host: edge,
    organization: inside,
    source,
    services: ["SMTP"],
    defaultSmtp: "replace",
    ...more,
  });
  const said = async (before: JsonObject | null, next: JsonObject): Promise<string> =>
    (await words("Certificate", before, next)).rotation.replaceAll(/[0-9A-F]{8}…/g, "X…");

  it("name the reason with date and day count", async () => {
    const next = args(await from(authority, 0, 365));
    const old = async (notAfter: number): Promise<JsonObject> => args(await from(authority, -300, notAfter));
    assert.equal(await said(await old(9), next), "renew: 9 days left (2026-12-01), X… → X…");
    assert.equal(await said(await old(1), next), "renew: 1 day left (2026-11-23), X… → X…");
    assert.equal(await said(await old(0), next), "renew: 0 days left (2026-11-22), X… → X…");
    assert.equal(await said(await old(-3), next), "renew: expired 2 days ago (2026-11-19), X… → X…");
    assert.equal(await said(await old(-1), next), "renew: expired less than a day ago (2026-11-21), X… → X…");
    assert.equal(await said(next, await old(9)), "return to an earlier certificate: 9 days left (2026-12-01), X… → X…");
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

  it("renewBefore beside a certificate that the server does not make is warned of: nothing would come of it", async () => {
    const lines: string[] = [];
    const before = setWriter((line) => void lines.push(line));
    const host = named("mbx77");
    try {
      const source = await from(authority, -1, 365);
      for (let run = 0; run < 2; run++) await words("Certificate", null, { host, source, services: [], renewBefore: 30 });
      const selfSigned = { selfSigned: { domainNames: ["a.contoso.com"] } };
      await words("Certificate", null, { host: named("mbx78"), source: selfSigned, services: [], renewBefore: 30 });
      await words("Certificate", null, { host: named("mbx79"), source: UNKNOWN, services: [], renewBefore: 30 });
      await words("Certificate", null, {
        host: named("mbx80"),
        source: await from(authority, -1, 365),
        services: [],
        renewBefore: UNKNOWN,
      });
    } finally {
      setWriter(before);
    }
    const warnings = lines.filter((line) => line.startsWith("warning"));
    assert.equal(warnings.length, 1, warnings.join("\n"));
    assert.match(warnings[0], /MBX77: renewBefore .*selfSigned.*adcs/);
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
    assert.equal(await said(old, args(await from(other, 0, 365))), `renew: 9 days left (2026-12-01), X… → X…; the issuer changes${flips}`);
    const subject = args(await from(authority, 0, 365, "CN=post.contoso.com"));
    assert.equal(await said(old, subject), `renew: 9 days left (2026-12-01), X… → X…; the subject changes${flips}`);
    const both = args(await from(other, 0, 365, "CN=post.contoso.com"));
    assert.equal(await said(old, both), `renew: 9 days left (2026-12-01), X… → X…; issuer and subject change${flips}`);
  });

  it("say of a first deployment what is adopted and what is done else", async () => {
    const source = await from(authority, 0, 365);
    const first = "first deployment: X…, 365 days left (2027-11-22); adopts if X… is";
    assert.equal(await said(null, args(source)), `${first} the default, else drains EDGE01`);
    assert.equal(await said(null, args(source, { defaultSmtp: "keep" })), `${first} enabled for SMTP, else drains EDGE01`);
    const mailbox = { host: inside, source };
    assert.equal(await said(null, { ...mailbox, services: [] }), `${first} installed on MBX01, else installs it`);
    const smtp = { ...mailbox, services: ["SMTP"], defaultSmtp: "replace" };
    assert.equal(await said(null, smtp), `${first} the default of MBX01, else makes it the default`);
  });

  it("say of a first deployment that IIS moves where it is asked for", async () => {
    const source = await from(authority, 0, 365);
    const first = "first deployment: X…, 365 days left (2027-11-22); adopts if X… is";
    const mailbox = { host: inside, source };
    const iis = "else installs and enables it (IIS moves to it)";
    assert.equal(await said(null, { ...mailbox, services: ["IIS"] }), `${first} enabled for IIS on MBX01, ${iis}`);
    assert.equal(await said(null, { ...mailbox, services: ["IIS", "SMTP"] }), `${first} enabled for SMTP, IIS on MBX01, ${iis}`);
    const pop = await said(null, { ...mailbox, services: ["POP"] });
    assert.equal(pop, `${first} enabled for POP on MBX01, else installs and enables it`);
    const replaces = await said(null, { ...mailbox, services: ["SMTP", "IIS"], defaultSmtp: "replace" });
    assert.equal(replaces, `${first} the default of MBX01 and enabled for IIS, else makes it so (IIS moves to it)`);
    const made = { host: inside, source: { selfSigned: { domainNames: ["a.contoso.com"] } }, services: ["IIS"] };
    assert.match(await said(null, made), /for a\.contoso\.com; IIS moves to it$/);
    const carried = { host: inside, source: { export: { host: named("ex01"), thumbprint: A } }, services: ["IIS"] };
    assert.match(await said(null, carried), /unless it is installed; IIS moves to it$/);
  });

  it("speak of connectors only where a connector could name the certificate", async () => {
    const web = async (by: Authority): Promise<JsonObject> => ({ host: inside, source: await from(by, 0, 365), services: ["IIS"] });
    assert.match(await said(await web(authority), await web(other)), /; the issuer changes$/);
    const copy = async (by: Authority): Promise<JsonObject> => ({ ...(await web(by)), services: [] });
    assert.match(await said(await copy(authority), await copy(other)), /; the issuer changes, connector names flip last$/);
  });

  it("a certificate that begins a little earlier and ends later is a renewal", async () => {
    const [old, next] = [args(await from(authority, 0, 9)), args(await from(authority, -0.001, 365))];
    assert.equal(await said(old, next), "renew: 9 days left (2026-12-01), X… → X…");
  });

  it("a chain that the declaration has anew is no drift; what a refresh misses of an old one is", async () => {
    const inner = await makeAuthority("CN=Contoso Issuing CA", { parent: authority });
    const plain = await from(inner, 0, 365);
    const chained = { ...plain, chain: [inner.certificate.pem] };
    const { thumbprint } = inner.certificate;
    const lines: string[] = [];
    const ctx: Context = { ...createContext(), now: NOW, note: (line) => void lines.push(line) };
    const check = async (olds: JsonObject, source: JsonObject): Promise<JsonObject> =>
      (await handlers.Certificate.check(ctx, olds, { owner, ...args(source) })).inputs;
    const outs = (inputs: JsonObject, more: JsonObject = {}): JsonObject => ({
      ...inputs,
      enabledServices: ["SMTP"],
      isDefaultSmtp: true,
      ...more,
    });
    const before = await check({}, plain);
    lines.splice(0);
    const after = await check(before, chained);
    assert.deepEqual(after.plan, ["1. EDGE01: install missing chain certificates"]);
    const diff = handlers.Certificate.diff(ctx, "id", outs(before), after);
    assert.notEqual((await diff).changes, false);
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(lines[0], new RegExp(`^\\[EDGE01\\] .*${thumbprint.slice(0, 8)}… .*new in the declaration`));
    assert.doesNotMatch(lines[0], /drift|gone/);
    // The same declaration again, after an administrator took it out of the store.
    const again = await check(after, chained);
    assert.equal(again.rotation, after.rotation);
    lines.splice(0);
    await handlers.Certificate.diff(ctx, "id", outs(after, { chainThumbprints: [] }), again);
    assert.match(lines.join("\n"), /drift: .* of the chain of .* is gone/);
  });

  it("name the settings that change, and do not promise an import", async () => {
    const source = await from(authority, -300, 9);
    const more = { host: inside, source, services: ["IIS"] };
    const { rotation, plan } = await words("Certificate", more, { ...more, services: ["IIS", "POP"] });
    assert.match(rotation, /^services of [0-9A-F]{8}… change on MBX01: IIS → IIS, POP; 9 days left \(2026-12-01\)$/);
    assert.match(plan.join("\n"), /enable IIS, POP/);
  });

  it('say that the end of "hold" brings an Edge back', async () => {
    const source = await from(authority, -300, 9);
    const { rotation, plan } = await words("Certificate", args(source, { drain: "hold" }), args(source));
    assert.equal(rotation, 'drain "hold" → "auto": EDGE01 goes back into service if it is still held; 9 days left (2026-12-01)');
    assert.match(plan.join("\n"), /^1\. EDGE01: check connectors.*\n2\. EDGE01: start transport and look at STARTTLS$/);
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
  it("two changes of the same setting have different words: equal ones would look like drift", async () => {
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
  it("an Edge's connectors and subscription are checked before it starts; a Mailbox server has none", async () => {
    const onEdge = await words("TransportService", null, { host: edge, organization: inside, expectThumbprint: A });
    assert.match(onEdge.plan[0], /^1\. EDGE01: check connectors, subscription and the LDAPS certificate$/);
    const onMailbox = await words("TransportService", null, { host: inside, expectThumbprint: A });
    assert.doesNotMatch(onMailbox.plan.join("\n"), /LDAPS|predecessor/);
    assert.match(onMailbox.plan.join("\n"), /look at STARTTLS/);
  });
});
