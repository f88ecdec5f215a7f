import assert from "node:assert/strict";
import { wayBack, type Way } from "../../../provider/rotation/back";
import type { OldCertificate } from "../../../provider/rotation/situation";
import { IMPORT, type JournalState } from "../../../provider/rotation/journal";

const OLD = "A".repeat(40);
const NEW = "B".repeat(40);

interface Case {
  current: string;
  ldaps: string | null;
  exported?: boolean;
  imported?: boolean;
  old?: OldCertificate;
  subscribed?: boolean;
  way: Way;
}

function decide({ current, ldaps, exported = false, imported = false, old = "usable", subscribed = true }: Case): Way {
  const state: JournalState = {
    open: true,
    id: "1",
    stack: "shop/prod",
    owner: "shop/prod/edge01",
    edge: "EDGE01",
    organization: "mbx01.contoso.com",
    site: "Site",
    hold: true,
    holders: ["shop/prod/edge01"],
    everHeld: true,
    old: { defaultThumbprint: OLD, ldapsThumbprint: OLD, transport: "Running", subscribed, services: {} },
    target: NEW,
    targets: [NEW],
    since: "2026-11-22T06:00:00.000Z",
    resumeOwed: true,
    exported,
    syncOwed: null,
    drainedBoot: null,
    done: new Set(imported ? [IMPORT] : []),
  };
  return wayBack({ state, current, ldaps, old });
}

describe("the way back into service", () => {
  const cases: [string, Case][] = [
    ["the default never changed", { current: OLD, ldaps: OLD, way: "forward" }],
    ["the default never changed, and AD LDS does not answer", { current: OLD, ldaps: null, way: "forward" }],
    ["the old default was exported again but not imported", { current: OLD, ldaps: OLD, exported: true, way: "rebind" }],
    ["the old default is back, AD LDS still has the new one", { current: OLD, ldaps: NEW, exported: true, imported: true, way: "rebind" }],
    ["the old default is bound again", { current: OLD, ldaps: OLD, exported: true, imported: true, way: "forward" }],
    ["the new default is not bound", { current: NEW, ldaps: OLD, way: "restore" }],
    ["the new default is exported, not imported", { current: NEW, ldaps: NEW, exported: true, way: "restore" }],
    ["the new default is exported, AD LDS not restarted", { current: NEW, ldaps: OLD, exported: true, way: "restore" }],
    ["everything of the new one is bound", { current: NEW, ldaps: NEW, exported: true, imported: true, way: "forward" }],
    ["imported, but AD LDS presents the old one", { current: NEW, ldaps: OLD, exported: true, imported: true, way: "restore" }],
    ["the new default is not bound, the old one is gone", { current: NEW, ldaps: OLD, old: "missing", way: "rebind" }],
    ["the new default is not bound, the old one has expired", { current: NEW, ldaps: OLD, old: "expired", way: "rebind" }],
    ["the new default is not bound, the old one has no key", { current: NEW, ldaps: OLD, old: "without key", way: "rebind" }],
    ["there is no subscription to bind", { current: NEW, ldaps: null, subscribed: false, way: "forward" }],
  ];
  for (const [title, one] of cases) it(`${one.way}: ${title}`, () => assert.equal(decide(one), one.way));
});
