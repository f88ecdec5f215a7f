/** How doctor looks: at odd shells, at some of the hosts, and what it prints. */
import assert from "node:assert/strict";
import { exitCodeOfDiagnosis, type Diagnosis } from "../../../provider/cli/doctor/report";
import { textDiagnosis } from "../../../provider/cli/doctor/text";
import type { Finding } from "../../../provider/exchange/symptoms";
import { mentions } from "../../../provider/exchange/symptoms/state";
import { control } from "../../support/lab";
import { Patient, present } from "./patient";

const FINDING: Finding = {
  ...{ id: "12014", severity: "error", host: "EDGE01", object: "a connector", past: false },
  places: [{ id: "12014", host: "EDGE01" }],
  seen: ["seen \u001B[31mred \u202E", "seen again"],
  cause: "because ".repeat(40).trim(),
  remedy: ["1. first", "2. second", "a last word"],
};
const diagnosis = (changes: Partial<Diagnosis>): Diagnosis => ({
  healthy: false,
  hosts: ["EDGE01"],
  hours: 24,
  findings: [FINDING],
  unread: [],
  ...changes,
});

describe("doctor: the look", function () {
  this.timeout(30_000);
  let patient: Patient | undefined;
  const admit = async (...scenario: Parameters<typeof Patient.admit>): Promise<Patient> => (patient = await Patient.admit(...scenario));
  afterEach(async () => {
    await patient?.discharge();
    patient = undefined;
  });

  it("reads a Mailbox server that shows RawData alone", async () => {
    const { lab } = await admit("contoso", { certificateObjects: "rawData" });
    assert.ok(lab.ready.hosts.length > 0);
    const found = await patient!.examine();
    assert.deepEqual(found.unread, []);
    assert.deepEqual(present(found).sort(), ["12017 EDGE01", "12017 EDGE02", "12018 EDGE01", "12018 EDGE02"]);
  });

  for (const notElevated of ["error", "empty"])
    it(`could not look where the shell is not elevated (${notElevated})`, async () => {
      await admit("contoso", { elevated: false, notElevated });
      const found = await patient!.examine();
      assert.deepEqual(found.unread.map(({ host }) => host).sort(), ["EDGE01", "EDGE02", "MBX01"]);
      assert.equal(exitCodeOfDiagnosis(found), 2);
    });

  it("where a cmdlet fails, the rest is judged, and host and reason are named", async () => {
    await admit();
    await control(patient!.lab).fault({ host: "EDGE01", cmdlet: "Get-Queue", at: "before", kind: "error", message: "no queues today" });
    const found = await patient!.examine();
    assert.deepEqual(
      found.unread.map(({ host, code }) => [host, code]),
      [["EDGE01", "CMDLET_FAILED"]],
    );
    assert.match(found.unread[0].sentence, /no queues today/);
    assert.ok(present(found).includes("12017 EDGE01"));
    assert.equal(exitCodeOfDiagnosis(found), 2);
  });

  it("looks at an Edge alone, its LDAPS from itself, and says that it is half a look", async () => {
    await admit();
    const found = await patient!.examine({}, ["EDGE01"]);
    const notice = found.findings.find(({ id }) => id === "organisation-not-named");
    const state = await control(patient!.lab).state();
    const { ldapsThumbprint } = state.servers.find(({ name }) => name === "EDGE01")!;
    assert.match(notice!.seen[0], new RegExp(`LDAPS presents ${String(ldapsThumbprint)}`));
  });

  it("reads no further back than asked", async () => {
    await admit();
    const identity = "EDGE01\\Default internal receive connector EDGE01";
    await patient!.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, Fqdn: "other.example" });
    assert.equal(patient!.lab.organisation.smtpIdentity("EDGE01"), null);
    await patient!.run("EDGE01", "Set-ReceiveConnector", { Identity: identity, Fqdn: "edge01.contoso.com" });
    await patient!.advance(2 * 3600);
    const told = async (hours: number): Promise<boolean> => (await patient!.examine({ hours })).findings.some(({ id }) => id === "12014");
    assert.equal(await told(1), false);
    assert.equal(await told(3), true);
  });

  it("prints labels in one column, wraps long texts, and steers no terminal", () => {
    const lines = textDiagnosis(diagnosis({}), false);
    assert.equal(lines[0], "error     12014 on EDGE01 (a connector)");
    assert.match(lines[1], /^symptom {3}seen /);
    assert.match(lines[2], /^ {10}seen again$/);
    assert.ok(lines.every((line) => line.length <= 120 && !/[\u001B\u202E]/.test(line)));
    assert.deepEqual(
      lines.filter((line) => /first|second|last word/.test(line)),
      ["remedy    1. first", "          2. second", "          - a last word"],
    );
    assert.equal(lines.at(-1), "1 error, 0 warnings, 0 notices: 1 host (EDGE01), event logs of 24 hours.");
    assert.ok(textDiagnosis(diagnosis({}), true)[0].startsWith("\u001B[31merror"));
  });

  it("prints what has passed in one line, and what was not read with its hint", () => {
    const unread = [{ host: "MBX01", code: "LOGIN_FAILED", sentence: "MBX01 refused.", hint: "Check the password." }];
    const lines = textDiagnosis(diagnosis({ healthy: true, findings: [{ ...FINDING, past: true, seen: ["event"] }], unread }), false);
    assert.deepEqual(lines, [
      "past      12014 on EDGE01 (a connector): the cause is gone. event",
      "",
      "not read  MBX01: [LOGIN_FAILED] MBX01 refused.",
      "          Hint: Check the password.",
      "0 errors, 0 warnings, 0 notices: 1 host (EDGE01), event logs of 24 hours; not everything could be read.",
    ]);
  });

  it("does not take EDGE10 for EDGE1", () => {
    assert.ok(mentions("contacting edge1.contoso.com.", "EDGE1"));
    assert.ok(mentions("[edge10] and (EDGE1)", "edge1"));
    assert.ok(!mentions("contacting edge10.contoso.com", "EDGE1"));
    assert.ok(!mentions("my-edge1 is another", "EDGE1"));
    assert.ok(!mentions("anything", ""));
  });
});
