import assert from "node:assert/strict";
import { closeAll, open } from "./support";

describe("lab model: services and clock", () => {
  afterEach(closeAll);

  it("V1 stopping AD LDS takes its dependants along; starting does not bring them back", async () => {
    const lab = await open();
    const { service } = lab.organisation;
    await service.stop("EDGE01", "ADAM_MSExchange");
    assert.deepEqual(new Set(Object.values(lab.server("EDGE01").services)), new Set(["Stopped"]));
    await service.start("EDGE01", "ADAM_MSExchange");
    assert.equal(lab.server("EDGE01").services.MSExchangeServiceHost, "Stopped");
    await service.start("EDGE01", "MSExchangeTransport");
    assert.equal(lab.server("EDGE01").services.MSExchangeTransport, "Running");
  });

  it("V2 a restart brings back what ran, but not what is to stay stopped", async () => {
    const lab = await open();
    const { service } = lab.organisation;
    await service.stop("EDGE01", "MSExchangeAntispamUpdate");
    const info = await service.restart("EDGE01", "ADAM_MSExchange", ["MSExchangeTransport"]);
    const status = Object.fromEntries(info.dependants.map((dependant) => [dependant.name, dependant.status]));
    assert.deepEqual(status, {
      MSExchangeTransport: "Stopped",
      MSExchangeEdgeCredential: "Running",
      MSExchangeServiceHost: "Running",
      MSExchangeAntispamUpdate: "Stopped",
      MSExchangeTransportLogSearch: "Running",
    });
  });

  it("V3 starting a dependant starts AD LDS", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "ADAM_MSExchange");
    await lab.organisation.service.start("EDGE01", "MSExchangeTransport");
    assert.equal(lab.server("EDGE01").services.ADAM_MSExchange, "Running");
  });

  it("V4 only transport can be paused; a stopped service cannot be resumed", async () => {
    const { service } = (await open()).organisation;
    await assert.rejects(service.suspend("EDGE01", "ADAM_MSExchange"), { kind: "ServiceFailed" });
    await service.stop("EDGE01", "MSExchangeTransport");
    await assert.rejects(service.resume("EDGE01", "MSExchangeTransport"), { kind: "ServiceFailed" });
    assert.throws(() => service.status("EDGE01", "Spooler"), { kind: "ServiceNotFound" });
  });

  it("V5 a reboot undoes a pause and fixes what AD LDS presents", async () => {
    const lab = await open();
    const before = lab.organisation.facts("EDGE01").boot;
    const v2 = await lab.import("EDGE01", "v2");
    await lab.enable("EDGE01", v2);
    await lab.export("EDGE01");
    await lab.organisation.service.suspend("EDGE01", "MSExchangeTransport");
    await lab.organisation.reboot("EDGE01");
    assert.equal(lab.server("EDGE01").services.MSExchangeTransport, "Running");
    assert.equal(lab.server("EDGE01").ldapsThumbprint, v2);
    assert.ok(lab.organisation.facts("EDGE01").boot > before);
  });

  it("V6 a host's skew moves what it shows and nothing else", async () => {
    const lab = await open();
    lab.organisation.advanceClock(3600, "EDGE01");
    const [edge, mailbox] = ["EDGE01", "MBX01"].map((host) => lab.organisation.now(host).getTime());
    assert.ok(Math.abs(edge - mailbox - 3_600_000) < 1000);
    lab.organisation.advanceClock(86_400);
    assert.ok(Math.abs(lab.organisation.now("MBX01").getTime() - mailbox - 86_400_000) < 5000);
  });

  it("V7 latencies are divided by speed", async () => {
    const lab = await open("contoso", { speed: 60, latencies: { serviceStop: 60 } });
    const stopping = lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    assert.equal(lab.server("EDGE01").services.MSExchangeTransport, "StopPending");
    lab.advance(1);
    assert.equal((await stopping).status, "Stopped");
  });

  it("V8 unknown toggles and values are refused", async () => {
    const { organisation } = await open();
    assert.throws(() => organisation.setToggles({ noSuch: true }), /Unknown toggle/);
    assert.throws(() => organisation.setToggles({ tlsNameChoice: "random" }), /cannot be/);
  });
});
