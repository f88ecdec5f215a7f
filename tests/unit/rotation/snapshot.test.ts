import assert from "node:assert/strict";
import fc from "fast-check";
import type { ConnectorBag } from "../../../provider/exchange/sendConnectors";
import type { Where } from "../../../provider/remote/protocol";
import { invokeWhere } from "../../../provider/remote/where";
import type { Shell } from "../../../provider/exchange/shell";
import { connectorDifferences, connectorsBeside, mendings, nameEdits, withLost, type Snapshot } from "../../../provider/rotation/snapshot";

const bag = (Name: string, sources: string[], more: ConnectorBag = {}): ConnectorBag => ({
  Name,
  SourceTransportServers: sources,
  ...more,
});
const snapshot = (...connectors: ConnectorBag[]): Snapshot => ({ edge: "EDGE01", utc: "", subscribed: true, connectors });

describe("mending connectors", () => {
  it("adds only this Edge, where it is missing", () => {
    const before = snapshot(bag("Shared", ["EDGE01", "EDGE02"]), bag("Other", ["EDGE02"]));
    assert.deepEqual(mendings(before, [bag("Shared", ["EDGE02", "EDGE03"]), bag("Other", [])], false), [
      { action: "addSource", connector: "Shared", server: "EDGE01" },
    ]);
  });

  it("rebuilds a connector that vanished because the Edge was its only source", () => {
    const sole = bag("Partner fabrikam", ["EDGE01"], { AddressSpaces: ["smtp:fabrikam.com;1"] });
    assert.deepEqual(mendings(snapshot(sole), [], false), [{ action: "recreate", connector: "Partner fabrikam", bag: sole }]);
  });

  it("takes away what the import made, and only that", () => {
    const made = bag("EdgeSync - Site to Internet", ["EDGE01"]);
    const now = [made, bag("EdgeSync - Inbound to Site", ["EDGE01", "EDGE02"]), bag("New by an operator", ["EDGE01"])];
    assert.deepEqual(mendings(snapshot(), now, false), [{ action: "remove", connector: "EdgeSync - Site to Internet" }]);
    assert.deepEqual(mendings(snapshot(), now, true), [], "connectors that were asked for stay");
    assert.deepEqual(mendings(snapshot(made), [made], false), [], "connectors that were there before stay");
  });

  it("has nothing to do when everything is as it was", () => {
    const before = snapshot(bag("Shared", ["edge01", "EDGE02"], { MaxMessageSize: "35 MB" }));
    assert.deepEqual(mendings(before, [bag("shared", ["EDGE01"], { MaxMessageSize: "10 MB" })], false), []);
  });
});

describe("connectors that an Edge lost with its subscription", () => {
  it("count as its own again, with what others have done meanwhile", () => {
    const lost = [bag("Shared", [], { Comment: "old" }), bag("Partner fabrikam", [], { AddressSpaces: ["smtp:fabrikam.com;1"] })];
    const now = [bag("Shared", ["EDGE02"], { Comment: "new" }), bag("Other", ["EDGE02"])];
    assert.deepEqual(withLost(now, lost, "EDGE01"), [
      bag("Shared", ["EDGE02", "EDGE01"], { Comment: "new" }),
      bag("Other", ["EDGE02"]),
      bag("Partner fabrikam", ["EDGE01"], { AddressSpaces: ["smtp:fabrikam.com;1"] }),
    ]);
    assert.deepEqual(withLost(now, [], "EDGE01"), now, "nothing lost, nothing changed");
    const own = [bag("Shared", ["edge01"])];
    assert.deepEqual(withLost(own, [bag("shared", [])], "EDGE01"), own, "it is a source already");
  });
});

describe("connector differences that keep an Edge out of service", () => {
  const named = bag("C", ["EDGE01"], { TlsCertificateName: "<I>x<S>y" });
  const nameless = bag("C", ["EDGE01"], { TlsCertificateName: null, Comment: "edited" });

  it("names what is missing, in words", () => {
    const before = snapshot(bag("A", ["EDGE01"]), bag("B", ["EDGE01"]), named);
    assert.deepEqual(connectorDifferences(before, [bag("B", ["EDGE02"]), named]), ['"A" is missing', '"B" has lost EDGE01 as a source']);
  });

  it("a name that somebody cleared or changed keeps nobody out of service", () => {
    assert.deepEqual(connectorDifferences(snapshot(named), [nameless]), []);
    assert.deepEqual(mendings(snapshot(named), [nameless], false), [], "and it survives");
    assert.deepEqual(nameEdits(snapshot(named), [nameless]), [{ connector: "C", before: "<I>x<S>y", now: "" }]);
    const changed = bag("C", ["EDGE01"], { TlsCertificateName: "<I>x<S>z" });
    assert.deepEqual(nameEdits(snapshot(named), [changed]), [{ connector: "C", before: "<I>x<S>y", now: "<I>x<S>z" }]);
    const spaced = bag("C", ["EDGE01"], { TlsCertificateName: "<i>X<s>Y" });
    assert.deepEqual(nameEdits(snapshot(named, bag("Other", ["EDGE02"], { TlsCertificateName: "<I>x<S>y" })), [spaced]), []);
    assert.deepEqual(nameEdits(snapshot(nameless), [named]), [], "a name that was not there before");
  });

  it("a connector that we are making anew has to have its name: it is made once more", () => {
    const before: Snapshot = { ...snapshot(named), rebuilding: ["c"] };
    assert.deepEqual(connectorDifferences(before, [nameless]), ['"C" has lost its TlsCertificateName, which was <I>x<S>y']);
    assert.deepEqual(nameEdits(before, [nameless]), []);
    assert.deepEqual(mendings(before, [{ ...nameless, SourceTransportServers: ["EDGE02"] }], false), [
      {
        action: "replace",
        connector: "C",
        bag: { ...nameless, TlsCertificateName: "<I>x<S>y", SourceTransportServers: ["EDGE02", "EDGE01"] },
      },
    ]);
    assert.deepEqual(mendings(before, [named], false), [{ action: "settle", connector: "C" }]);
  });
});

describe("what a snapshot is compared with", () => {
  /** An organisation's host that has these connectors, and what it was asked for. */
  function host(connectors: ConnectorBag[]) {
    const asked: (Where | undefined)[] = [];
    const invoke = async (_cmdlet: string, _parameters: object, select: string[], options?: { where?: Where }) => {
      asked.push(options?.where);
      const ask = (names: readonly string[]) => {
        const objects = connectors.map((one) => Object.fromEntries(names.map((name) => [name, one[name] ?? null])));
        return Promise.resolve({ objects, warnings: [] });
      };
      return options?.where ? invokeWhere(ask, select, options.where, false) : ask(select);
    };
    return { shell: { invoke } as unknown as Shell, asked };
  }
  const NAMES = ["Partner", "EdgeSync - Site to Internet", "EdgeSync - Inbound to Site", "Shared"];
  const bags = fc.uniqueArray(
    fc
      .record({
        name: fc.constantFrom(...NAMES),
        sources: fc.subarray(["EDGE01", "EDGE02", "edge01"], { minLength: 0 }),
        tls: fc.constantFrom("<I>CN=a<S>CN=b", "<I>CN=c<S>CN=d", null),
      })
      .map(({ name, sources, tls }) => bag(name, sources, { TlsCertificateName: tls })),
    { selector: ({ Name }) => String(Name) },
  );

  it("shows the same as all connectors do, whatever happened to them", async () => {
    const rebuilding = fc.subarray(NAMES);
    await fc.assert(
      fc.asyncProperty(bags, bags, rebuilding, fc.boolean(), async (before, now, anew, createdByImport) => {
        const known: Snapshot = { ...snapshot(...before), rebuilding: anew };
        const seen = await connectorsBeside(host(now).shell, "EDGE01", Promise.resolve(known));
        const told = (all: ConnectorBag[]) => [
          mendings(known, all, createdByImport),
          connectorDifferences(known, all),
          nameEdits(known, all),
        ];
        assert.deepEqual(told(seen), told(now));
      }),
      { seed: 20_261_201, numRuns: 2_000 },
    );
  });

  it("is the Edge's own connectors alone where nothing is amiss", async () => {
    const [own, other] = [bag("Partner", ["EDGE01", "EDGE02"]), bag("Other", ["EDGE02"])];
    for (const [now, questions] of [
      [[own, other], 1],
      [[bag("Partner", ["EDGE02"]), other], 2],
      [[other], 2],
      [[own, bag("EdgeSync - Site to Internet", ["EDGE01"])], 2],
    ] as const) {
      const { shell, asked } = host([...now]);
      const seen = await connectorsBeside(shell, "EDGE01", Promise.resolve(snapshot(own)));
      assert.deepEqual(asked, [{ SourceTransportServers: ["EDGE01"] }, undefined].slice(0, questions));
      assert.equal(seen.length, questions === 1 ? 1 : now.length);
    }
  });
});
