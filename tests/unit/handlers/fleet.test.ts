/** An Edge's place in its fleet, as handlers learn it from the program: whichever way it declares its Edges. */
import assert from "node:assert/strict";
import { forgetEdges, sawRotation } from "../../../provider/base/edges";
import { forgetFleets } from "../../../provider/base/fleet";
import { UNKNOWN, type JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import { createContext } from "../../../provider/handlers/context";
import { inFleet } from "../../../provider/handlers/fleet";
import type { DiffResult, Handler } from "../../../provider/handlers/types";
import type { HostFacts } from "../../../provider/remote/protocol";
import { rememberRotation } from "../../../provider/rotation/outage";

const host = (name: string): JsonObject => ({ host: `${name}.contoso.com` });
const servers = (...names: string[]): JsonObject[] => [
  { role: "Mailbox", host: host("mbx01") },
  ...names.map((name) => ({ role: "Edge", host: host(name) })),
];
const state = (open: boolean) => ({
  ...{ open, since: "2026-11-29T21:04:00Z", site: null, resumeOwed: open, exported: false },
  ...{ old: { subscribed: true }, done: new Set<string>() },
});
const journal = (name: string, open: boolean, how: "read" | "written" = "written"): void =>
  rememberRotation({ name, role: "Edge" } as HostFacts, state(open), how);

describe("an Edge's place in its fleet", () => {
  const ctx = createContext();
  let lines: string[];
  let before: ReturnType<typeof setWriter>;
  beforeEach(() => {
    forgetEdges();
    forgetFleets();
    lines = [];
    before = setWriter((line) => void lines.push(line));
  });
  afterEach(() => {
    setWriter(before);
    forgetEdges();
    forgetFleets();
  });

  /** A class whose work does what it is told. */
  const kind = (name: "Certificate" | "TransportService", work = (): void => undefined, diff: DiffResult = {}): Handler =>
    inFleet(name, {
      check: (_ctx, _olds, news) => Promise.resolve({ inputs: news, failures: [] }),
      diff: () => Promise.resolve(diff),
      create: (_ctx, inputs) => Promise.resolve().then(() => (work(), { id: "", outs: inputs })),
      update: (_ctx, _id, _olds, news) => Promise.resolve().then(() => (work(), { outs: news })),
      read: () => Promise.resolve({}),
      delete: () => Promise.resolve(),
    });
  const certificate = (name: string): JsonObject => ({ host: host(name), organization: host("mbx01"), drain: "hold" });
  const leaves = (name: string) => kind("Certificate", () => journal(name, true)).create(ctx, certificate(name));
  const comesBack = (name: string) => kind("TransportService", () => journal(name, false)).update(ctx, "", {}, { host: host(name) });
  const declare = (inputs: JsonObject) => kind("Certificate").check(ctx, {}, inputs);
  const unchanged = async (name: string): Promise<void> => {
    await kind("Certificate", undefined, { changes: false }).diff(ctx, "", {}, certificate(name));
    await kind("TransportService", undefined, { changes: false }).diff(ctx, "", {}, { host: host(name) });
  };

  it("a fleet: its copies tell all Edges; one without a change is done in passing", async () => {
    await declare({ host: host("mbx01"), lookAhead: { servers: servers("edge01", "edge02", "edge03") } });
    await unchanged("edge01");
    await leaves("EDGE02");
    await comesBack("EDGE02");
    assert.equal(lines[0], "[EDGE02] EDGE02 of 3 leaves service: 1 done, 2 left");
    await leaves("EDGE03");
    await comesBack("EDGE03");
    assert.match(lines[1], /^\[EDGE03\] EDGE03 of 3 leaves service: 2 done, 1 left, about .* to go$/);
    assert.deepEqual(lines.slice(2), ["[EDGE03] EDGE03 of 3 is back in service: 3 done, none left"]);
  });

  it("Edges one by one: the first certificate knows the others", async () => {
    await declare({ ...certificate("edge01"), lookAhead: { servers: servers("edge01"), peers: [host("edge02")] } });
    await declare({ ...certificate("edge02"), lookAhead: { servers: servers("edge02") } });
    await leaves("EDGE01");
    await comesBack("EDGE01");
    await leaves("EDGE02");
    assert.equal(lines[0], "[EDGE01] EDGE01 of 2 leaves service: 0 done, 2 left");
    assert.match(lines[1], /^\[EDGE02\] EDGE02 of 2 leaves service: 1 done, 1 left, about /);
  });

  it("without TransportService a certificate that holds nothing ends it", async () => {
    await declare({ ...certificate("edge01"), drain: "auto", peers: [host("edge02"), host("mbx01")] });
    const both = (name: string) => kind("Certificate", () => (journal(name, true), journal(name, false)));
    for (const name of ["EDGE01", "EDGE02"]) await both(name).create(ctx, { ...certificate(name), drain: "auto" });
    assert.equal(lines[0], "[EDGE01] EDGE01 of 2 leaves service: 0 done, 2 left");
    assert.equal(lines[2], "[EDGE02] EDGE02 of 2 is back in service: 2 done, none left");
  });

  it("adoption takes nothing out of service, and says nothing", async () => {
    await declare({ ...certificate("edge01"), peers: [host("edge02")] });
    for (const name of ["edge01", "edge02"]) {
      await kind("Certificate").create(ctx, certificate(name));
      await kind("TransportService").create(ctx, { host: host(name) });
    }
    assert.deepEqual(lines, []);
  });

  it("a run that goes on where one failed says so when it is that Edge's turn", async () => {
    await declare({ ...certificate("edge01"), peers: [host("edge02")] });
    sawRotation("EDGE02", { since: "2026-11-29T21:04:00Z", step: 1, of: 9, text: "", isOut: true }, null);
    await unchanged("edge01");
    assert.deepEqual(lines, []);
    const fails = kind("TransportService", () => assert.fail("once more"));
    await assert.rejects(fails.update(ctx, "", {}, { host: host("edge02") }));
    await comesBack("EDGE02");
    assert.equal(lines[0], "[EDGE02] EDGE02 of 2 is still out of service: 1 done, 1 left");
  });

  it("one that failed is told by whoever comes beside it", async () => {
    await declare({ host: host("mbx01"), lookAhead: { servers: servers("edge01", "edge02", "edge03") } });
    await assert.rejects(kind("Certificate", () => assert.fail("no")).create(ctx, certificate("edge01")));
    await leaves("EDGE02");
    assert.equal(lines[0], "[EDGE02] EDGE02 of 3 leaves service: 0 done, 1 failed, 2 left");
  });

  it("an Edge without a name yet: nobody knows how many there are", async () => {
    const unknown = { role: "Edge", host: { host: UNKNOWN } };
    await declare({ ...certificate("edge01"), lookAhead: { servers: [...servers("edge01", "edge02"), unknown] } });
    await leaves("EDGE01");
    assert.deepEqual(lines, []);
  });
});
