/** A rotation whose mail is watched, and refreshes that take from the directory what AD holds: through the real engine. */
import assert from "node:assert/strict";
import { count, fleet, isNoOp, storyForAll } from "../support/engine";

describe("proof that mail flows, and a refresh by the directory", () => {
  const story = storyForAll();
  const directory = () => ({ ...story().lab.ready.directory, required: true });
  const program = (certificate: string) =>
    fleet(story().lab, {
      certificate,
      edges: ["EDGE01"],
      connectors: [],
      mailboxHosts: [],
      hosts: { MBX01: { directory: directory() } },
      args: { watchMail: { seconds: 0, probe: { recipient: "postmaster@contoso.com" } } },
    });
  const service = () =>
    story()
      .stack.resources()
      .find(({ type }) => type.endsWith("TransportService"))!.outputs!;

  it("the window ends with a look at the mail, in outputs and in a line", async () => {
    assert.ok((await story().up(program("v1"))).ok);
    const up = await story().up(program("v2"));
    assert.ok(up.ok, up.output);
    const { mailFlow, condition } = service() as { mailFlow: { verdict: string; probe: string; received: number }; condition: string };
    assert.deepEqual([mailFlow.verdict, mailFlow.probe, mailFlow.received, condition], ["nothing", "accepted", 0, "Ready"]);
    assert.match(up.output, /\[EDGE01\] nothing came: 0 received, 0 delivered, 0 deferred, 0 in queues; the probe: accepted/);
    assert.ok(isNoOp(await story().up(program("v2"))));
  });

  it("a refresh asks the directory once and finds nothing changed", async () => {
    const before = story().lab.directory.requests.length;
    const refresh = await story().refresh();
    assert.ok(refresh.ok, refresh.output);
    assert.equal(count(refresh, "update"), 0, refresh.output);
    const asked = story().lab.directory.requests.slice(before);
    assert.deepEqual(asked.filter((one) => one === "bind").length, 1);
    assert.ok(asked.length <= 10, asked.join());
    const inside = refresh.seen.calls.filter(({ host }) => host === "MBX01").map(({ cmdlet }) => cmdlet);
    assert.ok(!inside.some((one) => /Get-SendConnector|Get-EdgeSubscription|Get-ExchangeServer/.test(one)), inside.join());
  });
});
