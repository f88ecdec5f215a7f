/** Same-name renewal on both Edges, from the first deployment to the end of the stack. */
import assert from "node:assert/strict";
import {
  count,
  figure,
  fleet,
  inService,
  isNoOp,
  named,
  OFFICE,
  settled,
  stateOf,
  stepsOf,
  storyForAll,
  type Observed,
} from "../support/engine";

const EDGES = ["EDGE01", "EDGE02"];

describe("same-name renewal on both Edges", () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate });
  const v1 = (): string => story().thumbprint("v1");
  const v2 = (): string => story().thumbprint("v2");

  it("W5 the first preview says what it would adopt, and connects to no host", async () => {
    const preview = await story().preview(program("v1"), { diff: true });
    assert.ok(preview.ok, preview.output);
    assert.match(preview.output, new RegExp(`adopts if ${v1().slice(0, 8)}… is the default, else drains EDGE01`));
    figure("connections to any host in a preview", preview.seen.connections.length, 0);
    assert.deepEqual(preview.seen.calls, []);
  });

  it("W5 adopts with 0 mutating calls, one connection and one process per host", async () => {
    const before = EDGES.map((edge) => settled(story().server(edge)));
    const up = await story().up(program("v1"));
    assert.ok(up.ok, up.output);
    figure("mutating calls of the first up onto the existing organisation", named(up.seen.mutating).length, 0);
    assert.deepEqual(
      EDGES.map((edge) => settled(story().server(edge))),
      before,
    );
    assert.deepEqual(up.outputs.thumbprints, [v1(), v1()]);
    onePerHost(up, "first up");
  });

  it("a no-op up makes 0 mutating calls and changes no state", async () => {
    const before = stateOf(story().stack);
    const up = await story().up(program("v1"));
    assert.ok(isNoOp(up), up.output);
    figure("mutating calls of a no-op up", up.seen.mutating.length, 0);
    assert.deepEqual(stateOf(story().stack), before);
  });

  it("W1 a new thumbprint replaces the certificates, and the preview says why", async () => {
    const preview = await story().preview(program("v2"), { now: new Date().toISOString() });
    assert.ok(preview.ok, preview.output);
    for (const host of ["MBX01", ...EDGES]) {
      assert.match(
        preview.diagnostics,
        new RegExp(`\\[${host}\\] renew: 9 days left \\(\\d{4}-\\d\\d-\\d\\d\\), ${v1().slice(0, 8)}… → ${v2().slice(0, 8)}…`),
      );
    }
    const steps = stepsOf(preview);
    for (const edge of ["edge01", "edge02"]) {
      assert.ok(steps.includes(`create-replacement edges-${edge}-certificate`), steps.join());
      assert.ok(steps.includes(`update edges-${edge}-subscription`), steps.join());
      assert.ok(steps.includes(`update edges-${edge}-transport`), steps.join());
    }
    assert.ok(steps.includes("update edges-send-outbound-to-office-365"), steps.join());
    assert.deepEqual([count(preview, "replace"), count(preview, "update"), preview.seen.connections.length], [3, 5, 0]);
    for (const step of preview.operations) assert.ok(!step.diffs.includes("__provider"), step.name);
  });

  it("W2 rotates an Edge in the one order that keeps mail flowing", async () => {
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    for (const edge of EDGES) {
      const order = named(up.seen.mutating).filter((call) => call.startsWith(`${edge}:`) || call === "MBX01:New-EdgeSubscription");
      assertOrder(order, orderOf(edge));
      const server = story().server(edge);
      assert.deepEqual([server.defaultThumbprint, server.transportThumbprint, server.ldapsThumbprint], [v2(), v2(), v2()]);
      assert.equal(server.services.MSExchangeTransport, "Running");
      assert.ok(!story().installed(edge).includes(v1()), "the same-name predecessor is gone");
    }
    assert.ok(story().installed("MBX01").includes(v2()) && !story().installed("MBX01").includes(v1()), "the replaced copy is gone");
    onePerHost(up, "rotation");
    assert.equal(story().lab.organisation.state().mail && (story().lab.organisation.state().mail as { lost: number }).lost, 0);
    wholeEdges(up);
    const fleetLines = up.diagnostics.match(/EDGE0\d of 2 .*: \d done.*/g) ?? [];
    assert.deepEqual(
      fleetLines.map((line) => line.replace(/about .* to go/, "TIME")),
      [
        "EDGE01 of 2 leaves service: 0 done, 2 left",
        "EDGE02 of 2 leaves service: 1 done, 1 left, TIME",
        "EDGE02 of 2 is back in service: 2 done, none left",
      ],
      up.diagnostics,
    );
  });

  /** The second Edge is touched only when the first is back in service. */
  function wholeEdges(up: Observed): void {
    const calls = named(up.seen.mutating);
    assert.ok(calls.indexOf("EDGE02:Suspend-Service") > calls.lastIndexOf("EDGE01:Start-Service"), calls.join("\n"));
    assert.equal(calls.filter((call) => call === "MBX01:Set-SendConnector").length, 0, "the name stays as it is");
    assert.equal(story().connector(OFFICE).TlsCertificateName, story().tlsName("v2"));
  }

  it("W11 afterwards nothing is pending: no-op up, no drift in a refresh", async () => {
    const before = stateOf(story().stack);
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
    assert.equal(again.seen.mutating.length, 0);
    const refresh = await story().refresh();
    assert.ok(isNoOp(refresh), refresh.output);
    assert.deepEqual(stateOf(story().stack), before);
  });

  it("W5 up mends what an operator changed, and touches nothing else", async () => {
    await story().control.operator("MBX01", "Set-SendConnector", {
      Identity: OFFICE,
      TlsCertificateName: null,
      TlsDomain: "smtp.example.com",
    });
    await story().control.operator("EDGE02", "Stop-Service", { Name: "MSExchangeTransport" });
    const setup = story()
      .server("EDGE01")
      .certificates.find(({ subject }) => subject === "CN=EDGE01")!.thumbprint;
    await story().control.operator("EDGE01", "Enable-ExchangeCertificate", { Thumbprint: setup, Services: "SMTP", Force: true });
    const refresh = await story().refresh();
    const drifted = stepsOf(refresh).filter((step) => step.startsWith("update"));
    const expected = [
      "edges-edge01-certificate",
      "edges-edge01-subscription",
      "edges-edge02-transport",
      "edges-send-outbound-to-office-365",
    ];
    assert.deepEqual(
      [refresh.ok, count(refresh, "update"), refresh.seen.mutating.length],
      [true, expected.length, 0],
      refresh.output + drifted.join(),
    );
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    assert.match(up.diagnostics, /drift: tlsCertificateName of "Outbound to Office 365"/);
    assert.match(up.diagnostics, /\[EDGE02\] drift: transport is Stopped/);
    assert.match(up.diagnostics, /\[EDGE01\] drift: [0-9A-F]{8}… is no longer the default/);
    assert.equal(story().connector(OFFICE).TlsCertificateName, story().tlsName("v2"));
    assert.equal(story().connector(OFFICE).TlsDomain, "smtp.example.com", "not declared, so not ours");
    for (const edge of EDGES) inService(story(), edge, v2());
    const edge02 = named(up.seen.mutating).filter((call) => call.startsWith("EDGE02:"));
    assert.deepEqual(
      edge02.filter((call) => /ExchangeCertificate|EdgeSubscription|Stop-Service/.test(call)),
      [],
    );
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
  });

  it("W6 destroy of a finished stack keeps what is in use, with a warning each", async () => {
    const before = EDGES.map((edge) => settled(story().server(edge)));
    const destroy = await story().destroy();
    assert.ok(destroy.ok, destroy.output);
    assert.deepEqual(
      EDGES.map((edge) => settled(story().server(edge))),
      before,
    );
    for (const edge of EDGES)
      assert.match(destroy.diagnostics, new RegExp(`\\[DELETE_KEPT\\] ${edge}: ${v2()} stays installed: it is the default certificate`));
    assert.deepEqual(story().stack.resources(), []);
    onePerHost(destroy, "destroy");
  });
});

function orderOf(edge: string): RegExp[] {
  return [
    /Suspend-Service/,
    /Stop-Service/,
    new RegExp(`${edge}:Import-ExchangeCertificate`),
    new RegExp(`${edge}:Enable-ExchangeCertificate`),
    new RegExp(`${edge}:New-EdgeSubscription`),
    new RegExp(`${edge}:Restart-Service`),
    /MBX01:New-EdgeSubscription/,
    new RegExp(`${edge}:certificate\\.remove`),
    new RegExp(`${edge}:Start-Service`),
  ];
}

/** Each pattern is found after the one before it. */
function assertOrder(calls: string[], patterns: RegExp[]): void {
  let from = 0;
  for (const pattern of patterns) {
    const at = calls.findIndex((call, index) => index >= from && pattern.test(call));
    assert.ok(at >= 0, `${String(pattern)} after position ${from} in\n${calls.join("\n")}`);
    from = at + 1;
  }
}

function onePerHost(run: Observed, what: string): void {
  const expected = Object.fromEntries(Object.keys(run.seen.connectionsOf).map((host) => [host, 1]));
  figure(`SSH connections per host, ${what}`, run.seen.connectionsOf, expected);
  figure(`PowerShell processes per host, ${what}`, run.seen.processesOf, expected);
}
