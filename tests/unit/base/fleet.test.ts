import assert from "node:assert/strict";
import {
  beginEdge,
  declareFleet,
  edgeFailed,
  edgeIsDone,
  edgeIsOut,
  edgeWasFinished,
  fleetInWords,
  forgetFleets,
  isNoEdge,
  sawFleetServer,
  timeLeft,
  wantsCertificate,
  type FleetEdge,
} from "../../../provider/base/fleet";

const MINUTE = 60_000;
const EIGHT = Array.from({ length: 8 }, (_one, index) => `EDGE0${index + 1}`);
/** A whole rotation; both lines. */
function rotate(name: string, from: number, to: number): (string | null)[] {
  beginEdge(name);
  return [edgeIsOut(name, true, from), edgeIsDone(name, to)];
}

describe("how far a run is with its Edges", () => {
  beforeEach(forgetFleets);
  after(forgetFleets);

  it("an Edge that an earlier run has finished counts before this one comes to it", () => {
    declareFleet(EIGHT);
    wantsCertificate("aa11");
    edgeWasFinished("EDGE02", "AA11");
    edgeWasFinished("EDGE03", "BB22");
    beginEdge("EDGE01");
    edgeWasFinished("EDGE01", "AA11");
    assert.equal(
      edgeIsOut("EDGE01", true, 0),
      "EDGE01 of 8 leaves service: 1 done, 7 left",
      "neither the one of another certificate nor our own",
    );
    edgeIsDone("EDGE01", MINUTE);
    assert.equal(
      rotate("EDGE02", MINUTE, 2 * MINUTE)[0],
      "EDGE02 of 8 leaves service: 1 done, 7 left, about 7 min to go",
      "it was to be done all the same",
    );
  });

  it("which one of how many, done, left, and from the second one on the time", () => {
    declareFleet(EIGHT);
    assert.deepEqual(rotate("EDGE01", 0, 6 * MINUTE), ["EDGE01 of 8 leaves service: 0 done, 8 left", null]);
    assert.deepEqual(rotate("edge02", 7 * MINUTE, 11 * MINUTE), ["EDGE02 of 8 leaves service: 1 done, 7 left, about 42 min to go", null]);
    for (const name of EIGHT.slice(2, 7)) rotate(name, 0, 5 * MINUTE);
    assert.deepEqual(rotate("EDGE08", 0, 5 * MINUTE), [
      "EDGE08 of 8 leaves service: 7 done, 1 left, about 5 min to go",
      "EDGE08 of 8 is back in service: 8 done, none left",
    ]);
  });

  it("Edges without a change are done, and tell nothing of the time", () => {
    declareFleet(EIGHT);
    for (const name of ["EDGE01", "EDGE02", "EDGE05"]) assert.equal(edgeIsDone(name, 0), null);
    assert.equal(rotate("EDGE03", 0, MINUTE)[0], "EDGE03 of 8 leaves service: 3 done, 5 left");
    assert.equal(rotate("EDGE04", 0, MINUTE)[0], "EDGE04 of 8 leaves service: 4 done, 4 left, about 4 min to go");
    for (const name of ["EDGE07", "EDGE08"]) edgeIsDone(name, 0);
    assert.equal(rotate("EDGE06", 0, MINUTE)[1], "EDGE06 of 8 is back in service: 8 done, none left");
  });

  it("an Edge that was done, until something else of it leads to a rotation", () => {
    declareFleet(["EDGE01", "EDGE02"]);
    edgeIsDone("EDGE01", 0);
    assert.equal(rotate("EDGE01", 0, MINUTE)[0], "EDGE01 of 2 leaves service: 0 done, 2 left");
    assert.deepEqual(rotate("EDGE01", 0, MINUTE), [null, null], "once a run");
  });

  it("lists that share an Edge are one fleet, others are not", () => {
    declareFleet(["EDGE01", "EDGE02"]);
    declareFleet(["EDGE11", "EDGE12", "EDGE13"]);
    declareFleet(["EDGE02", "EDGE03"]);
    declareFleet(["EDGE03"]);
    assert.match(String(rotate("EDGE03", 0, 1)[0]), /^EDGE03 of 3 /);
    assert.equal(rotate("EDGE12", 0, 1)[0], "EDGE12 of 3 leaves service: 0 done, 3 left");
  });

  it("nothing is said of an Edge that is alone, or that nobody declared", () => {
    declareFleet(["EDGE01"]);
    assert.deepEqual(
      [rotate("EDGE01", 0, 1), rotate("EDGE02", 0, 1)],
      [
        [null, null],
        [null, null],
      ],
    );
  });

  it("servers of the organisation are not counted, addresses and aliases once", () => {
    declareFleet(["192.0.2.1", "MAIL2", "MBX01", "MBX02"]);
    isNoEdge("MBX01");
    sawFleetServer("MBX02", "MBX02", "Mailbox");
    sawFleetServer("192.0.2.1", "EDGE01", "Edge");
    declareFleet(["192.0.2.1", "EDGE01"]);
    assert.equal(rotate("192.0.2.1", 0, MINUTE)[0], "EDGE01 of 2 leaves service: 0 done, 2 left");
    assert.equal(edgeIsDone("EDGE01", MINUTE), null, "it is known under both");
    beginEdge("MAIL2");
    sawFleetServer("MAIL2", "EDGE02", "Edge");
    assert.equal(edgeIsOut("EDGE02", true, 0), "EDGE02 of 2 leaves service: 1 done, 1 left, about 60 s to go");
  });

  it("what an earlier run left out counts, but not its time", () => {
    declareFleet(EIGHT);
    assert.equal(edgeIsOut("EDGE04", false, 0), null, "this run does not work on it");
    beginEdge("EDGE04");
    assert.equal(edgeIsOut("EDGE04", false, 0), "EDGE04 of 8 is still out of service: 0 done, 8 left");
    assert.equal(edgeIsOut("EDGE04", true, 0), null, "known");
    assert.equal(edgeIsDone("EDGE04", MINUTE), null);
    assert.equal(rotate("EDGE05", 0, 1)[0], "EDGE05 of 8 leaves service: 1 done, 7 left");
  });

  it("an Edge that failed is neither done nor left", () => {
    declareFleet(EIGHT);
    beginEdge("EDGE01");
    edgeIsOut("EDGE01", true, 0);
    edgeFailed("EDGE01");
    assert.equal(rotate("EDGE05", 0, MINUTE)[0], "EDGE05 of 8 leaves service: 0 done, 1 failed, 7 left");
    for (const name of EIGHT.filter((one) => !["EDGE01", "EDGE05", "EDGE08"].includes(one))) edgeIsDone(name, 0);
    assert.equal(rotate("EDGE08", 0, MINUTE)[1], "EDGE08 of 8 is back in service: 7 done, 1 failed, none left");
  });
});

describe("the time that the Edges left take", () => {
  const left: FleetEdge = { state: "left" };
  const done = (took?: number): FleetEdge => ({ state: "done", took });
  const out = (since?: number): FleetEdge => ({ state: "out", since });

  it("is that of those that were out, whatever the others did", () => {
    assert.equal(timeLeft([left, left], 0), null);
    assert.equal(timeLeft([done(), { state: "failed" }, left], 0), null);
    assert.equal(timeLeft([done(), done(4), done(3), left, { state: "begun" }], 0), 6);
    assert.equal(timeLeft([done(70), done(5), done(6), left], 0), 6, "the first one waited");
    assert.equal(timeLeft([done(4)], 0), null, "nothing is left");
  });

  it("counts what an Edge has behind it, and several at once as they go", () => {
    assert.equal(timeLeft([done(10), out(100), left, left], 104), 26);
    assert.equal(timeLeft([done(10), out(100), out(102), left, left], 104), (6 + 8 + 20) / 2);
    assert.equal(timeLeft([done(10), out(100), out(108)], 110), 8, "the last one alone");
    assert.equal(timeLeft([done(10), out(100)], 200), null, "it takes longer than any before");
    assert.equal(timeLeft([done(10), out()], 200), 10);
  });

  it("is told as roughly as it is known", () => {
    const told = (ms: number): string => fleetInWords([done(ms), left], 0);
    assert.equal(told(1), "1 done, 1 left, about 5 s to go");
    assert.equal(told(44_000), "1 done, 1 left, about 45 s to go");
    assert.equal(told(7.4 * MINUTE), "1 done, 1 left, about 7 min to go");
    assert.equal(told(118 * MINUTE), "1 done, 1 left, about 2 h to go");
    assert.equal(told(132 * MINUTE), "1 done, 1 left, about 2 h 10 min to go");
  });
});
