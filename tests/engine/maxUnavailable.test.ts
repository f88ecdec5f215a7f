/** An `EdgeFleet` of four Edges with `maxUnavailable: 2`, with mail flowing: one fails while others are out, and the next `up` goes on. */
import assert from "node:assert/strict";
import { MailStream } from "../../lab/mailstream";
import { deliveries } from "../../lab/open";
import { adopted, fleet, inService, isNoOp, storyForAll, type Observed } from "../support/engine";
import { fleet as organisation } from "../support/faults/fleet";
import { until } from "../support/lab";

const EDGES = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];
const TRANSPORT = "MSExchangeTransport";

/** Edges that are out of service after a run, and the most that were so at the same time, by the lab's own record. */
function counted({ seen }: Observed, out = new Set<string>()): { most: number; out: Set<string> } {
  let most = out.size;
  for (const { host, cmdlet, parameters } of seen.mutating) {
    if (!JSON.stringify(parameters).includes(TRANSPORT)) continue;
    if (cmdlet === "Suspend-Service" || cmdlet === "Stop-Service") out.add(host);
    if (cmdlet === "Start-Service") out.delete(host);
    most = Math.max(most, out.size);
  }
  return { most, out };
}

describe("a fleet of which two Edges may be out of service at once", () => {
  const story = storyForAll({ scenario: organisation(EDGES) });
  const program = (certificate: string) => fleet(story().lab, { certificate, edges: EDGES, args: { maxUnavailable: "50%" } });
  let mail: MailStream;
  let out: Set<string>;
  after(() => mail?.stop());

  it("an Edge that fails ends the run with no more than two out of service", async () => {
    const { lab, control } = story();
    await adopted(story(), program("v1"));
    const hosts = lab.ready.hosts.filter(({ role }) => role === "Edge").map(({ smtp }) => smtp);
    mail = new MailStream({ hosts, to: "someone@contoso.com", intervalMs: 200 });
    mail.start();
    await control.fault({ host: "EDGE01", cmdlet: "New-EdgeSubscription", at: "before", kind: "error", message: "no" });
    const up = await story().up(program("v2"));
    assert.equal(up.ok, false, up.output);
    assert.match(up.output, /\[CMDLET_FAILED\] EDGE01/);
    const seen = counted(up);
    assert.ok(seen.most <= 2, `${seen.most} at once`);
    out = seen.out;
    assert.ok(out.has("EDGE01"), up.output);
    for (const edge of EDGES) assert.equal(story().server(edge).services[TRANSPORT], out.has(edge) ? "Stopped" : "Running", edge);
  });

  it("the next up goes on with all of them; no mail is lost", async () => {
    const up = await story().up(program("v2"), { refresh: true });
    await mail.stop();
    assert.ok(up.ok, up.output);
    const { most } = counted(up, out);
    console.log(`      figure: Edges out of service at once, of two that may be: ${most}`);
    assert.ok(most <= 2, `${most} at once`);
    for (const edge of EDGES) inService(story(), edge, story().thumbprint("v2"));
    const arrived = () => deliveries(story().lab.organisation).map(({ id }) => id);
    await until("every mail has arrived", () => mail.count(arrived()).lost === 0);
    assert.ok(mail.ids.length > 5, `${mail.ids.length} mails`);
    assert.match(up.output, /EDGE0\d of 4 is back in service: 4 done, none left/);
  });

  it("afterwards nothing is pending", async () => {
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
  });
});
