import assert from "node:assert/strict";
import type { ScenarioInput } from "../../../lab/open";
import { isMutation } from "../../../provider/remote/protocol";
import { control, labForAll } from "../../support/lab";
import { cli, connection, hostsFile, removeFolders } from "../cli/support";
import type { Diagnosis } from "../../../provider/cli/doctor/report";

/** Setup's own certificates, good for years. */
const HEALTHY: ScenarioInput = {
  name: "healthy",
  domain: "contoso.com",
  servers: [
    { name: "MBX01", fqdn: "mbx01.contoso.com", role: "Mailbox" },
    { name: "EDGE01", fqdn: "edge01.contoso.com", role: "Edge" },
  ],
  subscriptions: [{ edge: "EDGE01" }],
  acceptedDomains: ["contoso.com"],
};

describe("pulumi-exchange doctor", function () {
  this.timeout(60_000);
  const healthy = labForAll(() => ({ scenario: HEALTHY }));
  const ill = labForAll(() => ({ scenario: "ebs2008" }));
  after(removeFolders);

  it("ends with 0 on a healthy organisation, and says what it looked at", async () => {
    const { code, out, err } = await cli(["doctor", "--hosts", await hostsFile(healthy())]);
    assert.equal(code, 0, out + err);
    assert.match(out, /^Healthy: 2 hosts \(MBX01, EDGE01\), event logs of 24 hours\.\n$/);
  });

  it("ends with 1 with findings: symptom, cause and remedy in one column", async () => {
    const { code, out } = await cli(["doctor", "--hosts", await hostsFile(ill())]);
    assert.equal(code, 1, out);
    for (const label of ["error     12013 on MESSAGING", "symptom   ", "cause     ", "remedy    - "])
      assert.ok(out.includes(`\n${label}`) || out.startsWith(label), label);
    assert.ok(out.split("\n").every((line) => line.length <= 160));
    assert.match(out, /\d+ errors?, \d+ warnings?, \d+ notices?: 2 hosts/);
  });

  it("prints JSON and nothing else with --json", async () => {
    const { code, out } = await cli(["doctor", "--json", "--hosts", await hostsFile(ill())]);
    assert.equal(code, 1);
    const diagnosis = JSON.parse(out) as Diagnosis;
    assert.equal(diagnosis.healthy, false);
    assert.ok(diagnosis.findings.some(({ id, host }) => id === "1032" && host === "MESSAGING"));
    for (const { cause, remedy, seen } of diagnosis.findings) assert.ok(cause !== "" && remedy.length > 0 && seen.length > 0);
  });

  it("ends with 2 when a host cannot be looked at, and still tells of the others", async () => {
    const file = await hostsFile(ill(), { SECURITY: { ...connection(ill(), "SECURITY"), password: "not this one" } });
    const { code, out } = await cli(["doctor", "--hosts", file]);
    assert.equal(code, 2, out);
    assert.match(out, /not read {2}SECURITY: \[LOGIN_FAILED\]/);
    assert.match(out, /12013 on MESSAGING/);
    assert.ok(!out.includes("not this one"));
  });

  it("ends with 2 when the hosts file cannot be used", async () => {
    const { code, err } = await cli(["doctor", "--hosts", "/nowhere/hosts.json"]);
    assert.equal(code, 2);
    assert.match(err, /\[INVALID_ARGUMENT\]/);
  });

  it("changes nothing", async () => {
    const history = await control(healthy()).history();
    assert.ok(history.length > 0);
    assert.deepEqual(
      history.filter(({ mutating, cmdlet }) => mutating || isMutation("invoke", cmdlet.includes("-") ? cmdlet : "Get-Nothing")),
      [],
    );
    assert.deepEqual(
      [...new Set(history.map(({ cmdlet }) => cmdlet).filter((one) => one.startsWith("file.")))].sort(),
      ["file.list", "file.read"],
      "what renewals owe, and what is open, is looked for",
    );
  });
});
