import assert from "node:assert/strict";
import type { Organisation } from "../../../lab/model/organisation";
import { setWriter } from "../../../provider/base/progress";
import { createContext, handlers } from "../../../provider/handlers";
import { closeAll } from "../../../provider/remote/sessions";
import { releaseLeases } from "../../../provider/rotation/leasedShell";
import { control, labForEach, until } from "../../support/lab";
import { declaration, journal, runProvider, server } from "./support";

describe("a restart of the machine inside a drained window", function () {
  this.timeout(60_000);
  const lab = labForEach();
  afterEach(async () => {
    await releaseLeases();
    await closeAll();
  });

  it("is noticed by the boot time: nothing changes before transport is stopped again", async () => {
    const [creation] = await declaration(lab(), "EDGE01", "v2", ["Certificate"]);
    await runProvider(lab(), [creation], "EDGE01/drain.after-result=kill");
    const before = (await control(lab()).history()).length;
    const changes = async (): Promise<string[]> =>
      (await control(lab()).history())
        .slice(before)
        .filter(({ host, mutating }) => host === "EDGE01" && mutating)
        .map(({ cmdlet }) => cmdlet);

    // The machine has restarted; one can log on again, and Windows has not come to transport yet.
    const model = (lab().organisation as Organisation).lab;
    const machine = model.world.server("EDGE01");
    machine.boot = new Date(model.world.clock.time());

    const lines: string[] = [];
    const writer = setWriter((line) => void lines.push(line));
    try {
      const { inputs } = await handlers.Certificate.check(createContext(), {}, creation.inputs);
      const run = handlers.Certificate.create(createContext(), inputs);
      await until("the run waits for Windows", () => lines.find((line) => /restarted at .* waiting until Windows/.test(line)), 20_000);
      assert.deepEqual(await changes(), []);
      await model.services.start(machine, "MSExchangeTransport");
      await run;
    } finally {
      setWriter(writer);
    }
    const calls = await changes();
    const [stop, change] = ["Stop-Service", "Import-ExchangeCertificate"].map((name) => calls.indexOf(name));
    assert.ok(stop >= 0 && change > stop, calls.join(", "));
    const { services } = (await server(lab(), "EDGE01")) as unknown as { services: { [name: string]: string } };
    assert.equal(services.MSExchangeTransport, "Stopped", "it stays drained until its own resource starts it");
    const boots = (await journal(lab(), "EDGE01")).map((line) => (line as { boot?: string }).boot);
    assert.equal(new Set(boots).size, 2, "every line says under which boot it was written");
  });
});
