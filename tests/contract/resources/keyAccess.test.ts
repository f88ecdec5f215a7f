/** A key that NETWORK SERVICE does not get: the host's own words reach the user, whole. */
import assert from "node:assert/strict";
import { control } from "../../support/lab";
import { rigForEach } from "../../support/stories/rig";

describe("a key that NETWORK SERVICE does not get", () => {
  const rig = rigForEach();
  const copy = (source: string) =>
    rig().one("Certificate", { host: rig().host("MBX01"), source: rig().source(source), services: ["SMTP"] });
  const said = "The key container cannot be opened: LSASS says no (0x8009000b).";

  it("is told in Exchange's words; once the host gives it, the next run ends well", async () => {
    const fault = { host: "MBX01", cmdlet: "Enable-ExchangeCertificate", at: "before", kind: "error", message: said, times: 20 } as const;
    await control(rig().lab).fault(fault);
    const { text, lines } = await rig().fails(copy("v2"));
    assert.match(text, /CMDLET_FAILED/);
    assert.ok(text.includes(said), text);
    assert.ok(!/READ_BACK_DIFFERS|Exchange accepted/.test(text), text);
    assert.ok(!lines.join("\n").includes("Exchange accepted"), lines.join("\n"));

    await control(rig().lab).clearFaults();
    await rig().apply(copy("v2"));
    assert.ok(rig().certificate("MBX01", rig().thumbprint("v2"))?.services.includes("SMTP"));
  });
});
