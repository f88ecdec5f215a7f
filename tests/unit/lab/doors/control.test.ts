import { strict as assert } from "node:assert";
import { call, control, ControlRefused, labForEach } from "../../../support/lab";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

describe("lab: the control surface", () => {
  let organisation: FakeOrganisation;
  const lab = labForEach(() => ({ organisation: (organisation = new FakeOrganisation()) }));

  it("gives the ready line that programs rely on", () => {
    const { ready } = lab();
    assert.deepEqual(Object.keys(ready), ["ready", "control", "hosts", "directory"]);
    const [edge, mailbox] = ready.hosts;
    assert.deepEqual(Object.keys(edge), ["name", "fqdn", "role", "ssh", "smtp", "ldaps"]);
    assert.deepEqual(Object.keys(edge.ssh), ["host", "port", "user", "password", "hostKey"]);
    assert.equal(mailbox.ldaps, undefined);
    assert.deepEqual(Object.keys(ready.directory), ["url", "bindDn", "password", "baseDn"]);
    assert.equal(ready.directory.baseDn, "CN=Configuration,DC=contoso,DC=com");
  });

  it("adds the working folder's files to the state", async () => {
    organisation.files("EDGE01").set("edge/journal", Buffer.from("línea\n"));
    const { servers } = await control(lab()).state();
    assert.deepEqual(servers, [
      { name: "EDGE01", files: [{ path: "edge/journal", text: "línea\n" }] },
      { name: "MBX01", files: [] },
    ]);
  });

  it("lets an operator type cmdlets and service commands, and records them", async () => {
    const result = await control(lab()).operator("edge01", "Set-Thing", { Fqdn: "x", Password: { $secure: "geheim" } });
    assert.deepEqual(result.objects, [{ Name: "one", When: "1970-01-01T00:00:00.000Z", Raw: "AQI=", Kind: "Kind1" }]);
    await control(lab()).operator("EDGE01", "Stop-Service", { Name: "MSExchangeTransport" });
    assert.equal(organisation.service.status("EDGE01", "MSExchangeTransport").status, "Stopped");
    const history = await control(lab()).history();
    assert.deepEqual(
      history.map(({ seq, host, session, cmdlet, mutating, outcome, parameters }) => ({
        seq,
        host,
        session,
        cmdlet,
        mutating,
        outcome,
        parameters,
      })),
      [
        {
          seq: 1,
          host: "EDGE01",
          session: "operator",
          cmdlet: "Set-Thing",
          mutating: true,
          outcome: "ok",
          parameters: { Fqdn: "x", Password: "***" },
        },
        {
          seq: 2,
          host: "EDGE01",
          session: "operator",
          cmdlet: "Stop-Service",
          mutating: true,
          outcome: "ok",
          parameters: { Name: "MSExchangeTransport" },
        },
      ],
    );
  });

  it("answers an operator's failure with 400 and the text", async () => {
    await assert.rejects(control(lab()).operator("EDGE01", "Set-Broken"), (error: ControlRefused) => {
      assert.deepEqual([error.status, error.body.error, error.body.fqid], [400, "broken", "ABC,Set-Broken"]);
      return true;
    });
  });

  it("passes clock and toggles on, and shows the issued certificates", async () => {
    await control(lab()).clock(300, "EDGE01");
    assert.deepEqual(organisation.advanced, [{ seconds: 300, host: "EDGE01" }]);
    assert.deepEqual(await control(lab()).toggles({ sample: true }), { sample: true });
    assert.deepEqual(await control(lab()).certificates(), [
      { name: "v1", pfx: "QUJD", password: "pw", pem: "PEM", keyPem: "KEY", chainPem: ["CA"], description: "first" },
    ]);
  });

  it("refuses what it does not know", async () => {
    const refused = async (status: number, ...request: [string, string, unknown?]): Promise<void> => {
      await assert.rejects(call(lab(), ...request), (error: ControlRefused) => {
        assert.equal(error.status, status, `${request[0]} ${request[1]}: ${error.message}`);
        assert.ok(error.body.error);
        return true;
      });
    };
    await refused(404, "GET", "/nothing");
    await refused(404, "GET", "/constructor");
    await refused(405, "DELETE", "/state");
    await refused(400, "POST", "/faults", { at: "never", kind: "error" });
    await refused(400, "POST", "/faults", { at: "before", kind: "error", host: "EDGE99" });
    await refused(400, "POST", "/faults", { at: "before", kind: "error", when: 1 });
    await refused(400, "POST", "/clock", { advanceSeconds: "1" });
    await refused(400, "POST", "/operator", { host: "EDGE99", cmdlet: "Get-X" });
    await refused(400, "POST", "/operator", { host: "EDGE01", cmdlet: "Stop-Service" });
    await refused(400, "POST", "/toggles", { unknown: true });
    const response = await fetch(`${lab().control}/clock`, { method: "POST", body: "no json" });
    assert.equal(response.status, 400);
  });
});
