/** `synchronise: "afterStart"` on a fleet, with mail flowing: each Edge serves before its EdgeSync, and the next one waits for both. */
import assert from "node:assert/strict";
import { deliveries } from "../../lab/open";
import { MailStream } from "../../lab/mailstream";
import { fleet, isNoOp, named, stateOf, storyForAll } from "../support/engine";
import { until } from "../support/lab";

const EDGES = ["EDGE01", "EDGE02"];

describe('a fleet with synchronise "afterStart"', () => {
  const story = storyForAll();
  const program = (certificate: string) => fleet(story().lab, { certificate, args: { synchronise: "afterStart" } });

  it("another issuer is refused in the preview, with 0 connections", async () => {
    const up = await story().up(program("v1"));
    assert.ok(up.ok, up.output);
    const preview = await story().preview(program("v3"));
    assert.equal(preview.ok, false, preview.output);
    assert.match(preview.output, /\[AFTER_START_REFUSED\] EDGE01: .*its certificate's name changes from/);
    assert.deepEqual(preview.seen.connections, []);
  });

  it("rotates Edge by Edge: start, EdgeSync, next Edge; no mail is lost", async () => {
    const { lab } = story();
    const hosts = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
    const mail = new MailStream({ hosts, to: "someone@contoso.com", intervalMs: 200 });
    mail.start();
    const up = await story().up(program("v2"));
    await mail.stop();
    assert.ok(up.ok, up.output);
    const calls = named(up.seen.mutating);
    const [suspended, served] = [0, 1].map((which) => EDGES.map((edge) => calls.indexOf(`${edge}:${["Suspend", "Start"][which]}-Service`)));
    const imports = calls.flatMap((call, index) => (call === "MBX01:New-EdgeSubscription" ? [index] : []));
    const forced = calls.flatMap((call, index) => (call === "MBX01:Start-EdgeSynchronization" ? [index] : []));
    assert.equal(imports.length, 2, calls.join("\n"));
    for (const [index, edge] of EDGES.entries()) {
      const next = suspended[index + 1] ?? calls.length;
      assert.ok(imports[index] < served[index], `${edge} starts with its subscription imported\n${calls.join("\n")}`);
      assert.ok(!forced.some((at) => at > suspended[index] && at < served[index]), `${edge} waits for no EdgeSync\n${calls.join("\n")}`);
      assert.ok(
        forced.some((at) => at > served[index] && at < next),
        `EdgeSync of ${edge} comes before the next Edge\n${calls.join("\n")}`,
      );
    }
    await until("every mail has arrived", () => mail.count(deliveries(lab.organisation).map(({ id }) => id)).lost === 0);
    assert.ok(mail.ids.length > 5, `${mail.ids.length} mails`);
    assert.match(up.output, /\[EDGE01\] Ready: back in service with .*; EdgeSync succeeded .* after the start/);
    for (const edge of EDGES) {
      const { transportThumbprint, ldapsThumbprint, services } = story().server(edge);
      const v2 = story().thumbprint("v2");
      assert.deepEqual([transportThumbprint, ldapsThumbprint, services.MSExchangeTransport], [v2, v2, "Running"]);
    }
  });

  it("afterwards nothing is pending: no-op up, no drift in a refresh", async () => {
    const before = stateOf(story().stack);
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
    const refresh = await story().refresh();
    assert.ok(isNoOp(refresh), refresh.output);
    assert.deepEqual(stateOf(story().stack), before);
  });
});
