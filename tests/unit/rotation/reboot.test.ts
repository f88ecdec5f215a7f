import assert from "node:assert/strict";
import type { Shell } from "../../../provider/exchange/shell";
import type { ServiceInfo } from "../../../provider/remote/protocol";
import { awaitAutomaticStart, BOOT_SETTLES_MS, isSettling, restartedSince } from "../../../provider/rotation/reboot";

const BOOT = "2026-11-25T03:00:00.000Z";
const after = (ms: number): string => new Date(new Date(BOOT).getTime() + ms).toISOString();
type Look = Pick<ServiceInfo, "status" | "startType"> & { utc?: string };

/** A host that shows one look after the other, and the last one for ever. */
function host(looks: Look[]): { shell: Shell; asked: () => number } {
  let index = -1;
  const request = (op: string): Promise<unknown> => {
    if (op === "hello") return Promise.resolve({ boot: BOOT, utc: looks[Math.min(index, looks.length - 1)].utc ?? after(30_000) });
    index += 1;
    return Promise.resolve({ name: "MSExchangeTransport", dependants: [], ...looks[Math.min(index, looks.length - 1)] });
  };
  return { shell: { facts: { name: "EDGE01", boot: BOOT }, request } as never, asked: () => index + 1 };
}
const wait = (shell: Shell): Promise<void> => awaitAutomaticStart(shell, new AbortController().signal, 1);

describe("a restart inside a drained window", () => {
  it("is told by the boot time, and two readings of one boot may differ a little", () => {
    assert.equal(restartedSince(null, { boot: BOOT }), false, "nothing was drained");
    assert.equal(restartedSince(BOOT, { boot: after(900) }), false);
    assert.equal(restartedSince(BOOT, { boot: after(3_600_000) }), true);
  });

  it("leaves a host ten minutes to start its services", () => {
    assert.equal(isSettling({ boot: BOOT, utc: after(BOOT_SETTLES_MS - 1) }), true);
    assert.equal(isSettling({ boot: BOOT, utc: after(BOOT_SETTLES_MS) }), false);
  });

  it("waits while Windows has not started transport", async () => {
    const { shell, asked } = host([
      { status: "Stopped", startType: "Automatic" },
      { status: "StartPending", startType: "Automatic" },
      { status: "Running", startType: "Automatic" },
    ]);
    await wait(shell);
    assert.equal(asked() >= 3, true);
  });

  it("does not wait for a service that nobody starts, nor long after the boot", async () => {
    const manual = host([{ status: "Stopped", startType: "Manual" }]);
    await wait(manual.shell);
    assert.equal(manual.asked(), 1);
    const late = host([{ status: "Stopped", startType: "Automatic", utc: after(BOOT_SETTLES_MS + 1) }]);
    await wait(late.shell);
    assert.equal(late.asked(), 1);
  });
});
