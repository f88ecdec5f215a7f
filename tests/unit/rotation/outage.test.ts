import assert from "node:assert/strict";
import { forgetEdges, isAnyOut, serversInWords } from "../../../provider/base/edges";
import { setWriter } from "../../../provider/base/progress";
import type { HostFacts } from "../../../provider/remote/protocol";
import { progressOf, rememberRotation } from "../../../provider/rotation/outage";

const since = "2026-11-29T21:04:00Z";
const state = (done: string[], more: object = {}) => ({
  ...{ open: true, since, site: "Site", resumeOwed: true, exported: false, old: { subscribed: true }, done: new Set(done) },
  ...more,
});
const edge = { name: "EDGE01", role: "Edge" } as HostFacts;

describe("an open rotation in words", () => {
  beforeEach(forgetEdges);
  afterEach(forgetEdges);

  it("counts the moments of a window and names the furthest that was reached", () => {
    const said = (done: string[], more?: object): string => {
      const { step, of, text } = progressOf(state(done, more));
      return `${step} of ${of}: ${text}`;
    };
    assert.equal(said([]), "1 of 9: transport is being drained");
    assert.equal(said(["drain"]), "1 of 9: transport was drained and stopped");
    assert.equal(said(["drain", "chain", "import", "enable", "export"]), "5 of 9: the subscription file was exported");
    assert.equal(said(["drain", "import", "sync"]), "8 of 9: EdgeSync has synchronised");
    assert.equal(
      said(["drain", "import", "enable"], { old: { subscribed: false } }),
      "4 of 5: the certificate was enabled for SMTP and made the default",
    );
  });

  it("an outage that another run left is said once; our own is not", () => {
    const lines: string[] = [];
    const writer = setWriter((line) => void lines.push(line));
    try {
      rememberRotation(edge, state(["drain"]), "read");
      rememberRotation(edge, state(["drain", "import"]), "read");
      forgetEdges();
      rememberRotation(edge, state(["drain"]), "written");
      rememberRotation(edge, state(["drain"]), "read");
    } finally {
      setWriter(writer);
    }
    assert.equal(lines.length, 1, lines.join("\n"));
    assert.match(
      lines[0],
      /^\[EDGE01\] EDGE01 is out of service \(since .*, step 1 of 9: transport was drained and stopped\); .*finishes it$/,
    );
  });

  it("a closed journal ends it, and a Mailbox server's has no outage", () => {
    rememberRotation(edge, state(["drain"]), "written");
    assert.equal(isAnyOut(), true);
    rememberRotation(edge, state(["drain"], { open: false }), "written");
    rememberRotation({ ...edge, name: "MBX01", role: "Mailbox" }, state(["drain"]), "read");
    assert.equal(isAnyOut(), false);
    assert.equal(serversInWords(new Date()), "all Edges are in service");
  });
});
