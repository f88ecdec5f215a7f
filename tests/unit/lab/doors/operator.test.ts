import { strict as assert } from "node:assert";
import { control, labForAll, type State } from "../../../support/lab";

describe("lab: an operator at a server of contoso", () => {
  const lab = labForAll(() => ({ scenario: "contoso" }));
  const server = (state: State, name: string) => state.servers.find((item) => item.name === name)!;

  it("an operator takes a certificate out of the store by hand, past all guards", async () => {
    const { defaultThumbprint } = server(await control(lab()).state(), "EDGE02");
    const path = `Cert:\\LocalMachine\\My\\${String(defaultThumbprint)}`;
    await control(lab()).operator("EDGE02", "Remove-Item", { Path: path });
    const after = server(await control(lab()).state(), "EDGE02");
    assert.ok((after.certificates as { thumbprint: string }[]).every(({ thumbprint }) => thumbprint !== defaultThumbprint));
    assert.equal(after.defaultThumbprint, defaultThumbprint);
    await assert.rejects(control(lab()).operator("EDGE02", "Remove-Item", { Path: path }), /does not exist/);
    await assert.rejects(control(lab()).operator("EDGE02", "Remove-Item", { Path: "C:\\x" }), /Path/);
  });

  it("as a toggle, an operator's restart of AD LDS needs -Force while dependants run", async () => {
    await control(lab()).toggles({ dependantsNeedForce: true });
    const restart = (more: object = {}) => control(lab()).operator("EDGE02", "Restart-Service", { Name: "ADAM_MSExchange", ...more });
    await assert.rejects(restart(), /dependent services/);
    await restart({ Force: true });
    await control(lab()).toggles({ dependantsNeedForce: false });
    await restart();
  });

  it("service commands take a pattern, and -WhatIf", async () => {
    const typed = async (cmdlet: string, parameters: object) =>
      ((await control(lab()).operator("EDGE02", cmdlet, parameters)) as unknown as { objects: { Name: string; Status: string }[] }).objects;
    const transport = await typed("Get-Service", { Name: "msexchangetransport*" });
    assert.deepEqual(transport.map(({ Name }) => Name).sort(), ["MSExchangeTransport", "MSExchangeTransportLogSearch"]);
    assert.deepEqual(await typed("Get-Service", { Name: "Spool*" }), []);
    assert.deepEqual(
      (await typed("Stop-Service", { Name: "MSExchangeTransport*", WhatIf: true })).map(({ Status }) => Status),
      ["Running", "Running"],
    );
  });
});
