import assert from "node:assert/strict";
import {
  clockTime,
  forgetEdges,
  isAnyOut,
  knowEdge,
  knowStack,
  sawRotation,
  sawServer,
  sawSiteWindows,
  sawTransport,
  serversInWords,
} from "../../../provider/base/edges";

const NOW = new Date(2026, 10, 29, 21, 30);
const since = new Date(2026, 10, 29, 21, 4).toISOString();
const exported = { since, step: 5, of: 9, text: "the subscription file was exported", isOut: true };
const said = (way?: string): string => serversInWords(NOW, way);

describe("the state of the servers in words", () => {
  beforeEach(forgetEdges);
  afterEach(forgetEdges);

  it("an Edge out of service: since when, how far, where mail goes, what finishes it", () => {
    knowEdge("EDGE01");
    knowEdge("EDGE02");
    assert.equal(sawRotation("EDGE01", exported, "Site"), true);
    assert.equal(isAnyOut(), true);
    const start = "EDGE01 is out of service (since 21:04, step 5 of 9: the subscription file was exported); mail goes through EDGE02; ";
    assert.equal(said(), `${start}\`pulumi up\` finishes it`);
    assert.equal(said("`pulumi up --refresh`"), `${start}\`pulumi up --refresh\` finishes it`);
    assert.equal(sawRotation("EDGE01", { ...exported, step: 6 }, "Site"), false, "known already");
  });

  it("another stack's rotation is finished there, not here", () => {
    sawRotation("EDGE01", { ...exported, stack: "shop/prod" }, "Site");
    knowStack("shop/prod");
    assert.match(said(), /; `pulumi up` finishes it$/);
    knowStack("shop/next");
    assert.match(said(), /; `pulumi up` in stack shop\/prod finishes it$/);
  });

  it("mail goes through no Edge of another site and none that is out itself", () => {
    knowEdge("EDGE01", "A");
    knowEdge("MAIL1", "A");
    knowEdge("EDGE02", "B");
    sawServer("MAIL1", "EDGE01", "Edge");
    sawRotation("EDGE01", exported, "A");
    assert.match(said(), /; without another Edge in its site its mail waits; /);
    knowEdge("EDGE03", "A");
    sawTransport("EDGE03", "Stopped");
    const lines = said().split("\n");
    assert.match(lines[0], /^EDGE01 .*; without another Edge in its site/);
    assert.equal(
      lines[1],
      "EDGE03 is out of service (transport is Stopped); without another Edge in its site its mail waits; `pulumi up` starts it",
    );
  });

  it("all Edges are in service only where all of them were looked at", () => {
    assert.equal(said(), "no Edge was taken out of service by this run");
    knowEdge("EDGE01");
    knowEdge("EDGE02");
    sawRotation("EDGE01", null, null);
    sawTransport("EDGE01", "Running");
    assert.equal(said(), "no Edge was taken out of service by this run (EDGE02: not looked at)");
    sawRotation("EDGE02", { ...exported, isOut: false }, null);
    assert.equal(said(), "all Edges are in service");
    assert.equal(isAnyOut(), false);
  });

  it("a Mailbox server is no Edge, whatever it was declared as", () => {
    knowEdge("MBX01");
    sawServer("MBX01", "MBX01", "Mailbox");
    assert.equal(said(), "no Edge was taken out of service by this run");
  });

  it("another stack's Edge is named with its owner, until its own journal is read", () => {
    knowEdge("EDGE01");
    sawRotation("EDGE01", null, null);
    sawSiteWindows("Site", [{ edge: "EDGE02", owner: "mail/other/edge02", since }]);
    const start = "EDGE02 is out of service (since 21:04, by mail/other/edge02); mail goes through EDGE01; ";
    assert.equal(said(), `${start}a run of its own stack finishes it`);
    sawSiteWindows("SITE", []);
    assert.equal(said(), "all Edges are in service");
  });

  it("on another day the time has its date", () => {
    assert.equal(clockTime(since, NOW), "21:04");
    assert.equal(clockTime(since, new Date(2026, 10, 30, 1, 0)), "2026-11-29 21:04");
  });
});
