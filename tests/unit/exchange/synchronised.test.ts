/** Whether EdgeSync works since the default changed: what is asked, forced once, and believed. */
import assert from "node:assert/strict";
import { edgeSyncDoubt, PROOF_TIMES } from "../../../provider/exchange/synchronised";
import type { Shell } from "../../../provider/exchange/shell";

interface Answer {
  status: string;
  last: string | null;
}
const SINCE = new Date("2026-01-01T12:00:00Z");

describe("edgeSyncDoubt", () => {
  const times = { ...PROOF_TIMES };
  before(() => Object.assign(PROOF_TIMES, { pauseMs: 0 }));
  after(() => Object.assign(PROOF_TIMES, times));

  /** A Mailbox server of site A that answers in turn; the last answer stands. */
  function hub(answers: Answer[], sites: { [edge: string]: string } = { EDGE01: "A" }): { shell: Shell; calls: string[] } {
    const calls: string[] = [];
    const objects = (cmdlet: string): object[] => {
      if (cmdlet === "Get-EdgeSubscription") return Object.entries(sites).map(([Name, Site]) => ({ Name, Site: `x/Sites/${Site}` }));
      if (cmdlet === "Get-ExchangeServer") return [{ Name: "MBX01", Site: "x/Sites/A" }];
      if (cmdlet === "Start-EdgeSynchronization") return [];
      const { status, last } = answers.length > 1 ? answers.shift()! : answers[0];
      return [{ Name: "EDGE01", SyncStatus: status, LastSynchronizedUtc: last, FailureDetail: "" }];
    };
    const invoke = (cmdlet: string): Promise<object> => {
      calls.push(cmdlet);
      return Promise.resolve({ objects: objects(cmdlet), warnings: [] });
    };
    return { shell: { facts: { name: "MBX01" }, invoke } as unknown as Shell, calls };
  }
  const ask = (shell: Shell, since: Date | null = null): Promise<string | null> =>
    edgeSyncDoubt(shell, since, new AbortController().signal);
  const starts = (calls: string[]): number => calls.filter((one) => one.startsWith("Start-")).length;

  it("without a change of the default, Normal is enough", async () => {
    const { shell, calls } = hub([{ status: "Normal", last: null }]);
    assert.deepEqual([await ask(shell), starts(calls)], [null, 0]);
  });

  it("forces one synchronisation where the last is older than the change", async () => {
    const { shell, calls } = hub([
      { status: "Normal", last: "2026-01-01T11:59:00Z" },
      { status: "Inconclusive", last: "2026-01-01T11:59:00Z" },
      { status: "Normal", last: "2026-01-01T12:01:00Z" },
    ]);
    assert.deepEqual([await ask(shell, SINCE), starts(calls)], [null, 1]);
  });

  it("doubts where the forced one did not come through, and where it is not Normal", async () => {
    const stale = hub([{ status: "Normal", last: "2026-01-01T11:59:00Z" }]);
    assert.match((await ask(stale.shell, SINCE))!, /EDGE01 has not synchronised since the default certificate changed/);
    const failed = hub([{ status: "Failed", last: "2026-01-01T12:30:00Z" }]);
    assert.match((await ask(failed.shell, SINCE))!, /EdgeSync of EDGE01 is Failed/);
  });

  it("does not ask for Edges of another site", async () => {
    assert.equal(await ask(hub([{ status: "Failed", last: null }], { EDGE09: "B" }).shell), null);
    assert.equal(await ask(hub([], {}).shell), null);
  });
});
