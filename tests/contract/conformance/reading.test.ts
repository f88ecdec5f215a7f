import assert from "node:assert/strict";
import { join } from "node:path";
import { writeFile } from "node:fs/promises";
import { MailStream } from "../../../lab/mailstream";
import type { ScenarioInput } from "../../../lab/model/scenarioSchema";
import { readScenario } from "../../../lab/model/scenarioFile";
import type { Lab } from "../../../lab/start";
import { readToggles } from "../../../lab/toggles/file";
import { control, startTestLab, until } from "../../support/lab";
import { connection, ended, folder, mutations, removeFolders, startCli } from "../cli/support";
import { conformance, OTHER_READINGS as OTHER, valuesOf } from "./support";

/** A look at port 25: transport judges its certificate. */
async function mailTo(lab: Lab, host: string): Promise<MailStream> {
  const { smtp } = lab.ready.hosts.find(({ name }) => name === host)!;
  const stream = new MailStream({ hosts: [smtp], to: "somebody@contoso.com", intervalMs: 100 });
  stream.start();
  await until("a mail was delivered", async () => (await control(lab).deliveries()).length > 0, 30_000);
  return stream;
}

/** An export that nobody imported: EdgeSync meets another key on LDAPS. */
async function breakEdgeSync(lab: Lab, edge: string): Promise<void> {
  const { operator } = control(lab);
  await operator(edge, "New-ExchangeCertificate", { Services: "SMTP", Force: true });
  await operator(edge, "New-EdgeSubscription", { FileName: "C:\\edge.xml", Force: true });
  await operator(edge, "Restart-Service", { Name: "ADAM_MSExchange", Force: true });
  await operator("MBX01", "Start-EdgeSynchronization", { TargetServer: edge, ForceFullSync: true });
}

/** contoso with an issuing authority that has ended, or with an Edge that nobody subscribed. */
function changed(change: (scenario: ScenarioInput) => void): ScenarioInput {
  const scenario = structuredClone(readScenario("contoso")) as ScenarioInput;
  change(scenario);
  return scenario;
}

describe("npx pulumi-exchange conformance, reading", function () {
  this.timeout(120_000);
  after(removeFolders);

  async function finds(lab: Lab, toggles: { [name: string]: string | boolean }): Promise<void> {
    const asked = await conformance(lab);
    assert.equal(asked.code, 0, asked.out + asked.err);
    assert.deepEqual(valuesOf(asked, Object.keys(toggles)), toggles, asked.out);
  }

  it("sees in the lab what the lab assumes, changes nothing, and writes no secret", async () => {
    const lab = await startTestLab();
    const asked = await conformance(lab, ["--anonymise"]);
    assert.equal(asked.code, 0, asked.out + asked.err);
    assert.equal(await mutations(lab), 0);
    const { points, looks, hosts, timings } = asked.found;
    assert.deepEqual(
      Object.entries(points).filter(([, { verdict }]) => /differs|contradictory|open/.test(verdict)),
      [],
    );
    assert.deepEqual(
      looks.filter(({ expected, seen }) => expected !== seen),
      [],
    );
    for (const what of ["Get-ExchangeCertificate -DomainName", "Bindings of Get-ReceiveConnector", "service ADAM_MSExchange"])
      assert.equal(looks.filter((look) => look.what === what).length, 3, what);
    assert.equal(hosts.length, 3);
    assert.equal(timings.filter(({ what }) => what === "connection and agent").length, 3);
    assert.doesNotMatch(asked.text, /contoso|127\.0\.0\.1/i);
    for (const { ssh } of lab.ready.hosts) assert.ok(!(asked.text + asked.out + asked.err).includes(ssh.password));
    assert.match(asked.out, /^getWrongIdentity +read-only +all +all +EDGE01/m);
    assert.match(asked.out, /^pauseSurvivesReboot +not askable +false +not asked +it takes a restart/m);
    await lab.close();
  });

  it("finds every toggle set the other way, and a lab that takes the file is the same", async () => {
    const lab = await startTestLab({ toggles: OTHER });
    await breakEdgeSync(lab, "EDGE02");
    const stream = await mailTo(lab, "EDGE01");
    await stream.stop();
    const asked = await conformance(lab);
    assert.deepEqual(valuesOf(asked, Object.keys(OTHER)), OTHER, asked.out);
    await lab.close();

    const again = await startTestLab({ toggles: (await readToggles(asked.file)).toggles });
    const { edgeSyncLevels: _log, expiresSoonText: _too, ...present } = OTHER;
    await finds(again, present);
    await again.close();
  });

  it("tells events as the lab assumes them, and other values of settings", async () => {
    const toggles = { certificateObjects: "full", eccRegistryValue: "0", eccOverride: "disabled", shadowQueues: false };
    const lab = await startTestLab({ toggles });
    await breakEdgeSync(lab, "EDGE02");
    const stream = await mailTo(lab, "EDGE01");
    await finds(lab, { ...toggles, edgeSyncLevels: "build", expiresSoonText: "date" });
    await stream.stop();
    await control(lab).toggles({ shadowQueues: true });
    const shadowed = await mailTo(lab, "EDGE01");
    await finds(lab, { shadowQueues: true });
    await shadowed.stop();
    await lab.close();
  });

  it("takes the refused session of a host that is not elevated for its answer", async () => {
    const lab = await startTestLab({ toggles: { elevated: false } });
    await finds(lab, { elevated: false });
    await lab.close();
  });

  for (const expiredIssuer of ["DateInvalid", "Untrusted"])
    it(`sees ${expiredIssuer} below an issuer that has expired`, async () => {
      const scenario = changed(({ authorities }) => void Object.assign(authorities!.issuing, { notAfterDays: -1 }));
      const lab = await startTestLab({ scenario, toggles: { expiredIssuer } });
      await finds(lab, { expiredIssuer });
      await lab.close();
    });

  for (const adLdsBeforeExport of ["newest", "none"])
    it(`sees what AD LDS presents before the first export: ${adLdsBeforeExport}`, async () => {
      const scenario = changed((all) => {
        all.subscriptions = all.subscriptions!.filter(({ edge }) => edge !== "EDGE02");
        all.sendConnectors = [];
        all.hybrid = null;
        const edge = all.servers.find(({ name }) => name === "EDGE02")!;
        Object.assign(edge, { default: "setup", certificates: [{ certificate: "v2", smtp: true }] });
      });
      const lab = await startTestLab({ scenario, toggles: { adLdsBeforeExport } });
      await finds(lab, { adLdsBeforeExport });
      await lab.close();
    });

  it("ends with 1 when a host cannot be entered, with 2 when none can", async () => {
    const lab = await startTestLab();
    const wrong = (name: string) => ({ ...connection(lab, name), password: "not this one" });
    const one = await conformance(lab, [], { EDGE01: wrong("EDGE01") });
    assert.equal(one.code, 1, one.out);
    assert.match(one.out, /^not entered: EDGE01: \[LOGIN_FAILED\]/m);
    assert.equal(one.found.points.getWrongIdentity.value, "all");
    const none = await conformance(lab, [], { EDGE01: wrong("EDGE01"), EDGE02: null, MBX01: null });
    assert.equal(none.code, 2);
    assert.match(none.err, /\[LOGIN_FAILED\]/);
    await lab.close();
  });

  it("is read by `lab --toggles`", async () => {
    const file = join(await folder(), "toggles.json");
    await writeFile(file, JSON.stringify({ conformance: 1, points: { shadowQueues: { value: false }, elevated: { value: null } } }));
    const child = startCli(["lab", "--toggles", file]);
    let out = "";
    child.stdout!.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const result = ended(child);
    await until("the lab is ready", () => out.includes("\n"), 60_000);
    const toggles = (await (await fetch(`${(JSON.parse(out) as Lab["ready"]).control}/toggles`)).json()) as { [name: string]: unknown };
    assert.equal(toggles.shadowQueues, false);
    child.kill("SIGTERM");
    assert.match((await result).err, /shadowQueues false\nlab: .*not seen, so by default: elevated/);
  });
});
