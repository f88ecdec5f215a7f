/** What a component tells of the whole rotation: looked at before the first server is changed. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../provider/base/json";
import { SITE } from "../../support/drift/servers";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("looking ahead of the first change", () => {
  const rig = rigForEach();
  const edge = (host: JsonObject) => ({ host, role: "Edge" });
  const inside = (host: JsonObject) => ({ host, role: "Mailbox" });
  const everything = (): JsonObject[] => [inside(rig().host("MBX01")), edge(rig().host("EDGE01")), edge(rig().host("EDGE02"))];
  /** A copy on the Mailbox server: the first resource of a component, and the first change. */
  const copy = (ahead: object, source = "v2"): Program =>
    rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source(source), services: [], lookAhead: ahead });
  const refused = async (program: Program, code: string): Promise<string> => {
    const { text, mutating } = await rig().fails(program);
    assert.match(text, new RegExp(`\\[${code}\\]`));
    assert.deepEqual(mutating, []);
    return text;
  };

  it("a Mailbox server given as an Edge is refused; the corrected address leads on", async () => {
    const wrong = [inside(rig().host("MBX01")), edge({ ...rig().host("MBX01"), name: "EDGE01" })];
    await refused(copy({ servers: wrong }), "ROLE_MISMATCH");
    await rig().apply(copy({ servers: everything() }));
    await rig().settled(copy({ servers: everything() }));
  });

  it("an Edge given as the organisation is refused", async () => {
    await refused(copy({ servers: [inside(rig().host("EDGE02"))] }), "ROLE_MISMATCH");
  });

  it("swapped names, and one Edge given twice, are refused", async () => {
    const [first, second] = [rig().host("EDGE01"), rig().host("EDGE02")];
    const swapped = [edge({ ...first, name: "EDGE02" }), edge({ ...second, name: "EDGE01" })];
    await refused(copy({ servers: [inside(rig().host("MBX01")), ...swapped] }), "HOST_IS_ANOTHER_SERVER");
    const other = [inside(rig().host("MBX01")), edge({ ...second, name: "EDGE01" })];
    await refused(copy({ servers: other }), "HOST_IS_ANOTHER_SERVER");
    await refused(copy({ servers: [edge(first), edge({ ...first, name: "gateway" })] }), "HOST_IS_ANOTHER_SERVER");
  });

  it("a name that no server has is an alias and passes", async () => {
    await rig().apply(copy({ servers: [inside(rig().host("MBX01")), edge({ ...rig().host("EDGE01"), name: "gateway-1" })] }));
  });

  it("a server that does not answer is found before another one is changed", async () => {
    const dead = edge({ ...rig().host("EDGE02"), port: 1 });
    await refused(copy({ servers: [inside(rig().host("MBX01")), dead] }), "HOST_UNREACHABLE");
  });

  it("a site that does not exist, and one that is not the Edge's, are refused", async () => {
    await refused(copy({ servers: everything(), site: "Atlantis" }), "SITE_UNKNOWN");
    await rig().apply(copy({ servers: everything(), site: SITE.toLowerCase() }));
  });

  it("a connector that is to flip and has a source outside the program is refused", async () => {
    const connector = "Outbound to Office 365";
    assert.equal(rig().sendConnector(connector).TlsCertificateName, rig().tlsName("v1"));
    const servers = [inside(rig().host("MBX01")), edge(rig().host("EDGE01"))];
    const text = await refused(copy({ servers, connectors: [{ connector }] }, "v3"), "SOURCE_WITHOUT_CERTIFICATE");
    assert.match(text, /EDGE02/);
    await rig().apply(copy({ servers, connectors: [{ connector }] }, "v2"));
  });

  it("without anything to change nobody is contacted, and new knowledge is no update", async () => {
    const plain = rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source("v2"), services: [] });
    await rig().apply(plain);
    const { operations, calls } = await rig().apply(copy({ servers: everything(), site: SITE }));
    assert.deepEqual([operations, calls], [[], []]);
  });

  it("EdgeSync after the start: another issuer and a first subscription are refused", async () => {
    const ahead = { servers: everything(), synchronise: "afterStart" };
    assert.match(await refused(copy(ahead, "v3"), "AFTER_START_REFUSED"), /EDGE01: .*name changes from/);
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE02", Force: true, Confirm: false });
    assert.match(await refused(copy(ahead), "AFTER_START_REFUSED"), /EDGE02: .*first subscription/);
  });

  it('drain "hold" means an Edge', async () => {
    const held = { drain: "hold", services: ["SMTP"], defaultSmtp: "replace", organization: rig().host("MBX01") };
    await refused(rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source("v2"), ...held }), "ROLE_MISMATCH");
  });
});

describe("the site of a subscription", () => {
  const rig = rigForEach();
  const program = (site: string) => rig().one("EdgeSubscription", { edge: rig().host("EDGE01"), organization: rig().host("MBX01"), site });

  it("is compared with the one last read, in the preview", async () => {
    await rig().apply(program(SITE));
    const { text, calls } = await rig().fails(program("Branch"));
    assert.match(text, /\[SITE_UNKNOWN\][^]*pulumi up --refresh/);
    assert.deepEqual(calls, []);
  });

  it("must exist before the Edge is touched", async () => {
    await rig().control.operator("MBX01", "Remove-EdgeSubscription", { Identity: "EDGE01", Confirm: false, Force: true });
    const before = rig().lab.history.entries.length;
    const { text } = await rig().fails(program("Branch"));
    assert.match(text, /\[SITE_UNKNOWN\]/);
    assert.deepEqual(
      rig()
        .lab.history.entries.slice(before)
        .filter((one) => one.mutating),
      [],
    );
  });
});
