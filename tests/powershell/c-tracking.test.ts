/** `tracking.count` as the shipped script does it in a real PowerShell, with the lab's log: counts alone, each row once. */
import assert from "node:assert/strict";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipUnless } from "../support/skip";

interface Counted {
  events: { eventId: string; source: string; count: number }[];
}

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("message tracking in the hands of the shipped script", () => {
  const stage = stageForAll();

  it("counts in slices, on both roles, and lets no row out", async () => {
    const { lab } = stage();
    const since = new Date(lab.organisation.now("EDGE01").getTime() - 11 * 60_000);
    for (const id of ["one", "two", "three"]) {
      const mail = { id: `${id}@example.net`, from: "partner@example.net", to: ["someone@contoso.com"], data: Buffer.from("a mail") };
      await lab.organisation.acceptMail("EDGE01", mail);
      lab.organisation.advanceClock(100);
    }
    lab.organisation.advanceClock(60);
    const until = new Date(lab.organisation.now("EDGE01").getTime() + 60_000);
    for (const [host, id] of [
      ["EDGE01", "SEND"],
      ["MBX01", "DELIVER"],
    ] as const) {
      const agent = await stage().agent(host);
      const params = { since: since.toISOString(), until: until.toISOString() };
      const all = await agent.value<Counted>("tracking.count", params);
      const of = (counted: Counted, wanted: string): number => counted.events.find(({ eventId }) => eventId === wanted)?.count ?? 0;
      assert.deepEqual([of(all, "RECEIVE"), of(all, id)], [3, 3], JSON.stringify(all));
      const one = await agent.value<Counted>("tracking.count", { ...params, messageId: "<two@example.net>" });
      assert.deepEqual([of(one, "RECEIVE"), of(one, id)], [1, 1], JSON.stringify(one));
      const none = await agent.value<Counted>("tracking.count", { since: params.since, until: params.since });
      assert.deepEqual(none.events, []);
      assert.ok(!/example|contoso|mail/.test(JSON.stringify(all)));
      const late = new Date(since.getTime() + 25 * 3_600_000).toISOString();
      for (const wrong of [{ until: late }, { messageId: "two@example.net" }, { messageId: "<a b>" }, { until: "never" }])
        assert.equal(await agent.refusal("tracking.count", { ...params, ...wrong }), "BadRequest", JSON.stringify(wrong));
      const invoke = { cmdlet: "Get-MessageTrackingLog", parameters: {}, select: ["Sender"] };
      assert.equal(await agent.refusal("invoke", invoke), "NotAllowed");
      await agent.end();
    }
  });
});
