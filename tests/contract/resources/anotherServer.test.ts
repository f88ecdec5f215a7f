/** State that names another server than the connection leads to: after a wrong address a corrected one must lead on. */
import assert from "node:assert/strict";
import { issuedCertificates } from "../../../lab/issued";
import type { JsonObject } from "../../../provider/base/json";
import { rigForEach, type Program } from "../../support/stories/rig";

describe("a resource that was deployed to the wrong server", () => {
  const rig = rigForEach();
  /** The connection of one server under the name of another. */
  const at = (server: string, name?: string): JsonObject => {
    const { name: _own, ...address } = rig().host(server);
    return name === undefined ? address : { ...address, name };
  };
  const edge = (host: JsonObject, more: JsonObject = {}): Program =>
    rig().one("Certificate", {
      host,
      organization: rig().host("MBX01"),
      source: rig().source("v3"),
      services: ["SMTP"],
      defaultSmtp: "keep",
      drain: "never",
      ...more,
    });
  const isInstalled = (server: string): boolean => rig().certificate(server, rig().thumbprint("v3")) !== undefined;
  const refused = async (program: Program, hint: RegExp): Promise<void> => {
    const { text, mutating } = await rig().fails(program);
    assert.match(text, /\[HOST_IS_ANOTHER_SERVER\]/);
    assert.match(text, hint);
    assert.deepEqual(mutating, []);
  };

  it("the corrected address makes it on the right server; the preview says so", async () => {
    await rig().apply(edge(at("MBX01", "EDGE01")));
    const run = await rig().apply(edge(at("EDGE01", "EDGE01")));
    assert.deepEqual(run.operations, ["replace Certificate", "delete Certificate"]);
    assert.ok(run.lines.join("\n").includes("deployed to mbx01.contoso.com, and host is EDGE01 now"), run.lines.join("\n"));
    assert.deepEqual([isInstalled("EDGE01"), isInstalled("MBX01")], [true, false], "what nothing uses goes from the wrong server");
    await rig().settled(edge(at("EDGE01", "EDGE01")));
  });

  it("an address alone is refused; with its name beside it, it leads on", async () => {
    await rig().apply(edge(at("MBX01")));
    await refused(edge(at("EDGE01")), /name: "EDGE01"/);
    await rig().apply(edge(at("EDGE01", "EDGE01")));
    assert.deepEqual([isInstalled("EDGE01"), isInstalled("MBX01")], [true, false]);
    await rig().settled(edge(at("EDGE01", "EDGE01")));
  });

  it("a wrong address under the right name is refused, and changes nothing", async () => {
    await rig().apply(edge(at("EDGE01", "EDGE01")));
    await refused(edge(at("EDGE02", "EDGE01")), /Correct the address/);
    await rig().settled(edge(at("EDGE01", "EDGE01")));
  });

  it("a name that leads elsewhere now is found by a refresh", async () => {
    await rig().apply(edge(at("MBX01", "EDGE01")));
    const { resources } = rig().engine.state;
    // What a corrected entry in the DNS looks like: the same connection, and another server behind it.
    for (const bag of [resources.Certificate.inputs, resources.Certificate.outs]) bag.host = at("EDGE01", "EDGE01");
    const again = await rig().up(edge(at("EDGE01", "EDGE01")));
    assert.ok(again.ok && again.mutating.length === 0, "nothing is asked as long as nothing changes");
    const other = edge(at("EDGE01", "EDGE01"), { friendlyName: "renewed" });
    await refused(other, /up --refresh/);
    await rig().apply(other, { refresh: true });
    assert.ok(isInstalled("EDGE01"));
    await rig().settled(other);
  });

  it("another alias of the same server changes nothing there", async () => {
    await rig().apply(edge(at("EDGE01", "gateway-1")));
    const run = await rig().apply(edge(at("EDGE01", "gateway-2")));
    assert.deepEqual(run.mutating, []);
    assert.ok(isInstalled("EDGE01"));
    await rig().settled(edge(at("EDGE01", "gateway-2")));
  });
});

describe("a certificate that became the default of the wrong server", () => {
  const rig = rigForEach(() => ({ scenario: "two-sites" }));

  it("stays there, with a warning, and comes to the right one", async () => {
    const isNew = ({ name }: { name: string }): boolean => rig().certificate("MBX01", rig().thumbprint(name)) === undefined;
    const { name: fresh } = issuedCertificates(rig().lab.organisation).find(isNew)!;
    const program = (host: JsonObject): Program =>
      rig().one("Certificate", { host, source: rig().source(fresh), services: ["SMTP"], defaultSmtp: "replace" });
    const right = program(rig().host("MBX02"));
    await rig().apply(program({ ...rig().host("MBX01"), name: "MBX02" }));
    const run = await rig().apply(right);
    assert.ok(run.lines.join("\n").includes("DELETE_KEPT"), run.lines.join("\n"));
    for (const server of ["MBX01", "MBX02"]) assert.equal(rig().server(server).defaultThumbprint, rig().thumbprint(fresh), server);
    await rig().settled(right);
  });
});
