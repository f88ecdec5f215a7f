/** Words of a certificate that must not promise, or blame, what is not so. */
import assert from "node:assert/strict";
import { UNKNOWN, type JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import { createContext, handlers } from "../../../provider/handlers";
import type { Context } from "../../../provider/handlers/types";
import { makeAuthority, type Authority } from "../../support/certificates";
import { certificateSaid as said, named, NOW, onEdge as args, owner, pemFrom as from, words } from "./wordsOf";

const inside = named("mbx01");
const A = "A".repeat(40);

describe("words of a certificate, at the margins", () => {
  let authority: Authority;
  let other: Authority;
  let writer: ReturnType<typeof setWriter>;
  before(async () => {
    writer = setWriter(() => undefined);
    authority = await makeAuthority("CN=Contoso CA");
    other = await makeAuthority("CN=Contoso CA 2");
  });
  after(() => setWriter(writer));

  it("renewBefore beside a certificate that the server does not make is warned of", async () => {
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

  it("say of a first deployment that IIS moves where it is asked for", async () => {
    const source = await from(authority, 0, 365);
    const first = "first deployment: X…, valid until 2027-11-22; adopts if X… is";
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
    assert.equal(await said(old, next), "renew: valid until 2026-12-01, X… → X…");
  });

  it("a chain that the declaration has anew is no drift", async () => {
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
});
