/** A refresh that takes from the directory what AD holds: the same answers as the shell's, in few requests, and with a Mailbox server down. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { setWriter } from "../../../provider/base/progress";
import { plain, type JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { forgetRefusals } from "../../../provider/remote/accounts";
import { closeAll } from "../../../provider/remote/sessions";
import type { Lab } from "../../../lab/start";
import { edits, hide, organisationOf } from "../../support/directory";
import { control, startTestLab } from "../../support/lab";
import { seedOf } from "../../support/seed";

type Kind = keyof typeof handlers;
interface Resource {
  kind: Kind;
  id: string;
  props: JsonObject;
}

describe("a refresh by the directory", function () {
  this.timeout(180_000);
  let lab: Lab;
  let lines: string[];
  let writer: ReturnType<typeof setWriter>;

  beforeEach(() => {
    lines = [];
    writer = setWriter((line) => void lines.push(line));
  });
  afterEach(async () => {
    setWriter(writer);
    await closeAll();
    forgetRefusals();
    await lab.close();
  });

  // slower than most labs: EdgeSync of 50 Edges every third of a second is all that a machine would do
  const open = async (...size: Parameters<typeof organisationOf>): Promise<void> => {
    lab = await startTestLab({ scenario: organisationOf(...size), toggles: { setSendConnector: "lenient" }, speed: 10 });
  };
  const host = (name: string): JsonObject => {
    const { ssh } = lab.ready.hosts.find((one) => one.name === name)!;
    return { name, ...ssh, dialErrorLimit: 1 };
  };
  const directory = (more: object = {}): JsonObject => ({ ...lab.ready.directory, ...more });
  const hub = (more?: JsonObject, down = false): JsonObject => ({
    ...host("MBX01"),
    ...(down ? { port: 1 } : {}),
    ...(more ? { directory: more } : {}),
  });
  const read = async ({ kind, id, props }: Resource): Promise<JsonObject> => {
    const found = await handlers[kind].read(createContext(), id, props);
    // the lab's clock runs between two looks
    const { host: _host, organization: _organization, lastSynchronized: _last, ...rest } = plain(found.props ?? {});
    return rest;
  };

  const connector = (id: string, at: JsonObject): Resource => ({
    kind: "SendConnectorTls",
    id,
    props: {
      ...{ host: at, connector: id, tlsCertificateName: "x", requireTls: false, tlsAuthLevel: "x", tlsDomain: "x", fqdn: "x" },
      ...{ owner: "shop/prod/c" },
    },
  });
  const subscription = (edge: string, at: JsonObject): Resource => ({
    kind: "EdgeSubscription",
    id: edge,
    props: { edge: host(edge), organization: at, site: "Berlin", syncStatus: "Normal", owner: "shop/prod/s" },
  });
  const hybrid = (at: JsonObject): Resource => ({
    kind: "HybridConfigurationTls",
    id: "hybrid",
    props: { host: at, tlsCertificateName: "x", owner: "shop/prod/h" },
  });
  const inStore = (name: string, thumbprint: string, at: JsonObject = host(name)): Resource => ({
    kind: "Certificate",
    id: `${name.toLowerCase()}.adatum.com\\${thumbprint}`,
    props: { host: at, services: ["SMTP"], owner: "shop/prod/k" },
  });
  const state = () =>
    lab.organisation.state() as { sendConnectors: { Name: string }[]; servers: { name: string; defaultThumbprint: string }[] };
  const byDefault = (name: string): string => state().servers.find((one) => one.name === name)!.defaultThumbprint;
  const warnings = (): string[] => lines.filter((line) => line.includes("shell is asked"));

  it("answers as the shell does, whatever an organisation is and whatever operators do", async () => {
    const seed = seedOf("DIRECTORY_SEED");
    console.log(`      seed ${seed} (DIRECTORY_SEED repeats it)`);
    const shapes = fc.sample(fc.record({ edges: fc.integer({ min: 1, max: 3 }), sites: fc.integer({ min: 1, max: 2 }) }), {
      seed,
      numRuns: 3,
    });
    for (const { edges, sites } of shapes) {
      await open(edges, 3, sites);
      const names = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ name }) => name);
      const arbitrary = edits(["Partner 1", "Partner 2", "Partner 3"], names);
      for (const edit of [null, ...fc.sample(arbitrary, { seed: seed + edges, numRuns: 12 })]) {
        if (edit)
          await control(lab)
            .operator("MBX01", edit.cmdlet, edit.parameters)
            .catch(() => undefined);
        // always first, so that each round is a refresh of its own
        const all = (at: JsonObject): Resource[] => [
          hybrid(at),
          ...[...new Set([...state().sendConnectors.map(({ Name }) => Name), "Partner 1", "No such"])].map((name) => connector(name, at)),
          ...names.map((name) => subscription(name, at)),
          inStore("MBX01", byDefault("MBX01"), at),
        ];
        const [shell, ldap] = [all(hub()), all(hub(directory()))];
        for (const [index, one] of shell.entries()) {
          const what = `seed ${seed}, ${one.kind} ${one.id} after ${JSON.stringify(edit)}`;
          assert.deepEqual(await read(ldap[index]), await read(one), what);
        }
      }
      assert.deepEqual(warnings(), [], `seed ${seed}`);
      await closeAll();
      await lab.close();
    }
  });

  it("asks 10 times at most for 200 connectors and 50 Edges, and no other server", async () => {
    await open(50, 200, 2);
    const at = hub(directory());
    const edges = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ name }) => name);
    const certificate = (name: string): Resource => {
      const { kind, id, props } = inStore(name, byDefault(name));
      return { kind, id, props: { ...props, organization: at } };
    };
    const all = [
      ...state().sendConnectors.map(({ Name }) => connector(Name, at)),
      ...edges.flatMap((name) => [subscription(name, at), certificate(name)]),
      hybrid(at),
    ];
    const found = await Promise.all(all.map(read));
    assert.ok(found.length > 300);
    assert.equal(found[0].tlsAuthLevel, null);
    assert.ok(lab.directory.requests.length <= 10, lab.directory.requests.join());
    assert.equal(lab.directory.requests.filter((one) => one === "bind").length, 1);
    const calls = lab.history.entries;
    assert.deepEqual([...new Set(calls.map((one) => one.host))].sort(), ["MBX01", ...edges].sort(), "MBX02 has no resource");
    for (const name of ["MBX01", ...edges]) {
      const own = calls.filter((one) => one.host === name);
      assert.equal(new Set(own.map((one) => one.session)).size, 1, `${name}: one process`);
      const asked = own.map(({ cmdlet, parameters }) => `${cmdlet} ${JSON.stringify(parameters)}`);
      assert.deepEqual(asked, [...new Set(asked)], `${name}: nothing is asked twice`);
    }
    const cmdlets = calls.filter((one) => one.host === "MBX01" && /^[A-Z]/.test(one.cmdlet)).map((one) => one.cmdlet);
    assert.deepEqual([...new Set(cmdlets)], ["Test-EdgeSynchronization"]);
  });

  it("sees a default that was replaced by hand on an Edge", async () => {
    await open(1, 1);
    const before = byDefault("EDGE01");
    const { certificates } = (lab.organisation.state().servers as { name: string; certificates: { thumbprint: string }[] }[]).find(
      (one) => one.name === "EDGE01",
    )!;
    const other = certificates.find(({ thumbprint }) => thumbprint !== before)!.thumbprint;
    await control(lab).operator("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: other, Services: "SMTP", Force: true });
    const at = hub(directory());
    const own = inStore("EDGE01", before);
    assert.equal((await read({ ...own, props: { ...own.props, organization: at } })).isDefaultSmtp, false);
    assert.equal((await read(subscription("EDGE01", at))).boundThumbprint, null);
  });

  it("answers with the organisation's host down", async () => {
    await open(1, 1);
    const down = hub(directory(), true);
    const bound = byDefault("EDGE01");
    const up = [connector("Partner 1", hub()), subscription("EDGE01", hub()), hybrid(hub())];
    const off = [connector("Partner 1", down), subscription("EDGE01", down), hybrid(down)];
    for (const [index, one] of off.entries()) {
      assert.deepEqual(await read(one), await read(up[index]));
    }
    assert.equal((await read(off[1])).boundThumbprint, bound);
    assert.equal((await read(inStore("MBX01", byDefault("MBX01"), down))).isDefaultSmtp, true);
    await assert.rejects(read(connector("No such", down)), /HOST_UNREACHABLE/, "nobody says that it is gone");
    assert.ok(lines.some((line) => line.includes("stays as the stack last saw it")));
  });

  it("sends the password over LDAPS and StartTLS of the given CA alone", async () => {
    await open(1, 1);
    const { url, ca } = await lab.directory.secure();
    for (const [asked, binds] of [
      [{ url, ca }, 1],
      [{ ca, startTls: true }, 1],
      [{ url }, 0],
      [{ startTls: true }, 0],
    ] as const) {
      const before = lab.directory.requests.length;
      const found = await read(connector("Partner 1", hub(directory({ ...asked, ...(binds ? { required: true } : {}) }))));
      assert.equal(found.requireTls, false);
      const own = lab.directory.requests.slice(before);
      assert.equal(own.filter((one) => one === "bind").length, binds, JSON.stringify(asked).slice(0, 60));
    }
    assert.equal(warnings().length, 2);
  });

  it("asks the shell where the directory fails, or fails where it is required", async () => {
    await open(1, 3);
    const three = (at: JsonObject): Resource[] => ["Partner 1", "Partner 2", "Partner 3"].map((name) => connector(name, at));
    const nowhere = { url: "ldap://127.0.0.1:1" };
    const found = await Promise.all(three(hub(directory(nowhere))).map(read));
    assert.deepEqual(found, await Promise.all(three(hub()).map(read)));
    assert.equal(warnings().length, 1, lines.join("\n"));
    await assert.rejects(read(connector("Partner 1", hub(directory({ ...nowhere, required: true })))), /HOST_UNREACHABLE/);
  });

  it("takes no part of the answer for the whole: a size limit is a failure", async () => {
    await open(1, 3);
    lab.directory.sizeLimit = 2;
    const names = ["Partner 1", "Partner 2", "Partner 3"];
    const found = await Promise.all(names.map((name) => read(connector(name, hub(directory())))));
    assert.deepEqual(found, await Promise.all(names.map((name) => read(connector(name, hub())))));
    assert.equal(warnings().length, 1, lines.join("\n"));
    assert.match(lines.join(), /size/i);
    await assert.rejects(read(connector("Partner 1", hub(directory({ required: true })))), /size/i);
  });

  it("sends a refused password once", async () => {
    await open(1, 3);
    const wrong = hub(directory({ password: "wrong" }));
    for (const _refresh of [1, 2]) {
      for (const name of ["Partner 1", "Partner 2"]) assert.equal((await read(connector(name, wrong))).requireTls, false);
    }
    assert.equal(lab.directory.requests.filter((one) => one === "bind").length, 1);
    assert.ok(!lines.join().includes("wrong,"));
  });

  it("asks the shell for what the account must not see", async () => {
    await open(1, 3);
    const without = (name: string, attributes: boolean) =>
      hide(lab, (entry) => {
        if (!entry.dn.startsWith(`CN=${name},`)) return [entry];
        const { objectClass, cn } = entry.attributes;
        return attributes ? [{ dn: entry.dn, attributes: { objectClass, cn } }] : [];
      });
    for (const attributes of [false, true]) {
      without("Partner 2", attributes);
      const seen = await Promise.all(["Partner 1", "Partner 2"].map((name) => read(connector(name, hub()))));
      const found = await Promise.all(["Partner 1", "Partner 2"].map((name) => read(connector(name, hub(directory())))));
      assert.deepEqual(found, seen);
      assert.equal(lines.splice(0).filter((line) => line.includes("DIRECTORY_UNREADABLE")).length, 1);
      await assert.rejects(read(connector("Partner 2", hub(directory({ required: true })))), /DIRECTORY_UNREADABLE/);
    }
  });
});
