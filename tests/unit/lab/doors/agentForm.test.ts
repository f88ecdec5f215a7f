/** The order in which the lab's agent checks a request, and what no type of the protocol takes (docs/agent-protocol.md 3, 7.4). */
import { strict as assert } from "node:assert";
import { labForEach } from "../../../support/lab";
import { TestAgent } from "./client";
import { FakeOrganisation } from "./fake";

describe("lab: the form of requests to the agent", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  const agents: TestAgent[] = [];
  const open = async (): Promise<TestAgent> => {
    const agent = await TestAgent.open(lab(), "EDGE01");
    agents.push(agent);
    return agent;
  };
  afterEach(() => agents.splice(0).forEach((agent) => agent.client.destroy()));

  it("refuses parameters that no type of the protocol takes, before it asks for a fence", async () => {
    const agent = await open();
    const wrong = [
      { $timespan: 0.5 },
      { $timespan: -1 },
      { $timespan: 2 ** 31 },
      { $timespan: "90" },
      { $timespan: 90, $bytes: "AQID" },
      { $bytes: "%%" },
      { $time: "yesterday" },
      {},
      { Add: null },
      { Add: [] },
      { Add: [["EDGE01"]] },
      { Add: { Add: ["EDGE01"] } },
      { Add: ["EDGE01"], Remove: 5 },
      { add: ["EDGE01"] },
      { Replace: ["EDGE01"] },
      ["EDGE01", null],
      [["EDGE01"]],
      1.5,
    ];
    for (const value of wrong) {
      const call = { cmdlet: "Set-Thing", parameters: { Value: value }, select: [] };
      assert.equal(await agent.refusal("invoke", call), "BadRequest", JSON.stringify(value));
    }
    assert.equal(organisation.calls.length, 0);
    const right = [{ $timespan: 0 }, { $timespan: 2 ** 31 - 1 }, "00:10:00", { Add: "EDGE01" }, { Add: ["A", "B"], Remove: ["C"] }, [], 25];
    for (const value of right) await agent.value("invoke", { cmdlet: "Set-Thing", parameters: { Value: value }, select: [] }, { fence: 1 });
    assert.equal(organisation.calls.length, right.length);
  });

  it("checks in the page's order: form, closed lists, a missing fence, a fence too low", async () => {
    const agent = await open();
    await agent.value("fence.raise", { fence: 5 });
    const badForm: [string, object][] = [
      ["chain.import", { certificates: ["%%"] }],
      ["file.write", { path: "../x", data: "%%" }],
      ["certificate.remove", { thumbprint: "AB", keep: "C".repeat(40) }],
      ["service.restart", { name: "Spooler" }],
      ["events.read", { since: "2026-13-01T00:00:00Z", sources: ["a"] }],
      ["invoke", { cmdlet: "Set-Thing", parameters: { At: { $time: "2026-13-01T00:00:00Z" } }, select: [] }],
    ];
    for (const [op, params] of badForm) {
      for (const more of [{}, { fence: 1 }]) assert.equal(await agent.refusal(op, params, more), "BadRequest", op);
    }
    const outside: [string, object][] = [
      ["service.stop", { name: "Spooler" }],
      ["file.remove", { path: ".agent/fence" }],
    ];
    for (const [op, params] of outside) {
      for (const more of [{}, { fence: 1 }]) assert.equal(await agent.refusal(op, params, more), "NotAllowed", op);
    }
    assert.equal(await agent.refusal("service.stop", { name: "MSExchangeTransport" }), "FenceRequired");
    assert.equal(await agent.refusal("service.stop", { name: "MSExchangeTransport" }, { fence: 1 }), "Fenced");
    assert.equal(organisation.calls.length, 0);
  });
});
