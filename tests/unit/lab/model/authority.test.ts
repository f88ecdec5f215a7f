/** The scenario's certification authority: its list of requests, and what an official does with them. */
import assert from "node:assert/strict";
import type { Lab } from "../../../../lab/start";
import { ControlRefused, control, startTestLab } from "../../../support/lab";

const CA = "dc01\\Contoso Issuing CA";

describe("the lab's certification authority", () => {
  let lab: Lab;
  beforeEach(async () => (lab = await startTestLab({ scenario: "contoso" })));
  afterEach(() => lab.close());

  async function submitted(template: string): Promise<{ disposition: string; requestId?: number; message?: string }> {
    const call = { host: "MBX01", cmdlet: "New-ExchangeCertificate", parameters: { GenerateRequest: true } };
    const { objects } = await lab.organisation.invoke(call);
    return lab.organisation.certreq("MBX01", CA, template, String(objects[0].value));
  }
  const state = (request: number): string => lab.organisation.retrieve("MBX01", CA, request).disposition;

  it("J1 a template with Manual waits for an official, and its number may be asked for", async () => {
    assert.deepEqual(await submitted("WebServerManual"), { disposition: "pending", requestId: 100, message: "Taken Under Submission" });
    assert.deepEqual([state(100), state(100)], ["pending", "pending"]);
    const { disposition, decided } = await control(lab).decide(100, "approve");
    assert.deepEqual([disposition, decided !== null, state(100)], ["issued", true, "issued"]);
    assert.match(lab.organisation.retrieve("MBX01", CA, 100).certificate!, /BEGIN CERTIFICATE/);
  });

  it("J2 denied by an official, and issued after all; issued is final", async () => {
    await submitted("WebServerManual");
    await control(lab).decide(100, "deny");
    assert.match(lab.organisation.retrieve("MBX01", CA, 100).message!, /0x80094014/);
    await assert.rejects(control(lab).decide(100, "deny"), ControlRefused);
    await control(lab).decide(100, "approve");
    await assert.rejects(control(lab).decide(100, "deny"), /issued already/);
  });

  it("J3 a row that was taken out is unknown, as is a number of another authority", async () => {
    await submitted("WebServerManual");
    assert.equal(lab.organisation.retrieve("MBX01", "dc01\\Contoso Issuing CA 2", 100).disposition, "unknown");
    const taken = await control(lab).decide(100, "withdraw");
    assert.ok(!("csr" in (taken as object)) && !("days" in (taken as object)), "shown as the list shows it");
    assert.equal(state(100), "unknown");
    assert.match(lab.organisation.retrieve("MBX01", CA, 100).message!, /0x80094004/);
    await assert.rejects(control(lab).decide(100, "approve"), /No authority has a request 100/);
  });

  it("J4 other templates answer at once, each request with a number of its own", async () => {
    for (const [template, disposition] of [
      ["WebServer", "issued"],
      ["SixDays", "issued"],
      ["Unheard", "denied"],
    ])
      assert.equal((await submitted(template)).disposition, disposition, template);
    const rows = await control(lab).authority();
    assert.deepEqual(
      rows.map(({ request, host, template }) => [request, host, template]),
      [
        [100, "MBX01", "WebServer"],
        [101, "MBX01", "SixDays"],
        [102, "MBX01", "Unheard"],
      ],
    );
    assert.equal(((await control(lab).state()).authorityRequests as unknown[]).length, 3);
  });
});
