/**
 * An `EdgeFleet` of four Edges with `maxUnavailable: "50%"`, with mail flowing all the while: one fails while others are out, two are brought
 * forward by `--target`, and the engine is killed while the other two are out; each time the next `up` goes on.
 */
import assert from "node:assert/strict";
import { MailStream } from "../../lab/mailstream";
import { deliveries } from "../../lab/open";
import { adopted, CAN_KILL, fleet, inService, isAlive, isNoOp, killEngine, storyForAll, type Observed } from "../support/engine";
import { fleet as organisation } from "../support/faults/fleet";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

const EDGES = ["EDGE01", "EDGE02", "EDGE03", "EDGE04"];
const TRANSPORT = "MSExchangeTransport";
const RECORD = "windows/DEFAULT-FIRST-SITE-NAME.json";
const PATIENCE_MS = 120_000;

/** Edges that are out of service after a run, and the most that were so at the same time, by the lab's own record. */
function counted({ seen }: Pick<Observed, "seen">, out = new Set<string>()): { most: number; out: Set<string> } {
  let most = out.size;
  for (const { host, cmdlet, parameters } of seen.mutating) {
    if (!JSON.stringify(parameters).includes(TRANSPORT)) continue;
    if (cmdlet === "Suspend-Service" || cmdlet === "Stop-Service") out.add(host);
    if (cmdlet === "Start-Service") out.delete(host);
    most = Math.max(most, out.size);
  }
  return { most, out };
}

skipUnless(CAN_KILL, "processes are found through /proc").describe("a fleet of which two Edges may be out of service at once", () => {
  const story = storyForAll({ scenario: organisation(EDGES) });
  const program = (certificate: string) => fleet(story().lab, { certificate, edges: EDGES, args: { maxUnavailable: "50%" } });
  const status = (edge: string): string => story().server(edge).services[TRANSPORT];
  let mail: MailStream;
  let out = new Set<string>();
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
    for (const edge of EDGES) assert.equal(status(edge), out.has(edge) ? "Stopped" : "Running", edge);
  });

  it("the next up goes on with all of them", async () => {
    const up = await story().up(program("v2"), { refresh: true });
    assert.ok(up.ok, up.output);
    const { most } = counted(up, out);
    console.log(`      figure: Edges out of service at once, of two that may be: ${most}`);
    assert.ok(most <= 2, `${most} at once`);
    for (const edge of EDGES) inService(story(), edge, story().thumbprint("v2"));
    assert.match(up.output, /EDGE0\d of 4 is back in service: 4 done, none left/);
  });

  it("afterwards nothing is pending", async () => {
    const again = await story().up(program("v2"));
    assert.ok(isNoOp(again), again.output);
  });

  it("--target of two Edges brings these forward, one after the other", async () => {
    const up = await story().up(program("v1"), { target: ["**::edges-edge02**", "**::edges-edge03**"] });
    assert.ok(up.ok, up.output);
    const { most, out: left } = counted(up);
    assert.deepEqual([most, [...left]], [1, []]);
    for (const edge of ["EDGE02", "EDGE03"]) inService(story(), edge, story().thumbprint("v1"));
    for (const edge of ["EDGE01", "EDGE04"]) inService(story(), edge, story().thumbprint("v2"));
  });

  it("the engine is killed while the other two are out", async () => {
    const { control } = story();
    for (const host of ["EDGE01", "EDGE04"]) await control.fault({ host, cmdlet: "New-EdgeSubscription", at: "before", kind: "hang" });
    const run = story().up(program("v1"));
    await until("both are out", () => ["EDGE01", "EDGE04"].every((edge) => status(edge) === "Stopped"), PATIENCE_MS);
    const { killed, orphans } = killEngine(story().stack.workDir);
    assert.ok(killed === 1 && orphans.length >= 1, "the engine, not the provider process");
    const up = await run;
    assert.equal(up.ok, false);
    await until("the end of the orphaned provider process", () => !orphans.some(isAlive), PATIENCE_MS);
    out = counted(up).out;
    assert.deepEqual([...out].sort(), ["EDGE01", "EDGE04"]);
    assert.match(up.output, /EDGE0[14] of 4 leaves service: 2 done, 2 left/, "those that the targeted run has brought forward count");
    assert.doesNotMatch(up.output, / [01] done/);
    assert.match(story().file("MBX01", RECORD) ?? "", /"edge":"EDGE0[14], EDGE0[14]"/);
  });

  it("up --refresh finishes both; no mail is lost", async () => {
    await story().control.clearFaults();
    await story().afterLease();
    await story().stack.cancel();
    const up = await story().up(program("v1"), { refresh: true });
    assert.ok(up.ok, up.output);
    const { most } = counted(up, out);
    assert.ok(most <= 2, `${most} at once`);
    for (const edge of EDGES) inService(story(), edge, story().thumbprint("v1"));
    assert.equal(story().file("MBX01", RECORD), undefined);
    await mail.stop();
    const arrived = () => deliveries(story().lab.organisation).map(({ id }) => id);
    await until("every mail has arrived", () => mail.count(arrived()).lost === 0);
    assert.ok(mail.ids.length > 5, `${mail.ids.length} mails`);
    console.log(`      figure: mails meanwhile: ${mail.ids.length}, lost ${mail.count(arrived()).lost}`);
  });
});
