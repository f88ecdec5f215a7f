import assert from "node:assert/strict";
import { closeAll, open } from "./support";

describe("lab model: mail", () => {
  afterEach(closeAll);

  it("M1 mail from outside reaches the organisation once, whatever is sent twice", async () => {
    const lab = await open();
    await lab.mail("EDGE01", "1", "a@contoso.com");
    await lab.mail("EDGE01", "1", "a@contoso.com");
    assert.deepEqual(lab.counters, { sent: 1, delivered: 0, queued: 1, lost: 0 });
    lab.advance(3);
    assert.deepEqual(lab.counters, { sent: 1, delivered: 1, queued: 0, lost: 0 });
    assert.deepEqual(
      lab.organisation.deliveries.map(({ id, path }) => [id, path]),
      [["1", ["EDGE01", "MBX01"]]],
    );
  });

  it("M2 an Edge does not relay for strangers", async () => {
    const lab = await open();
    await assert.rejects(lab.mail("EDGE01", "1", "a@elsewhere.example"), /550 5\.7\.54/);
  });

  it("M3 mail to the internet goes over the connector's source Edges", async () => {
    const lab = await open();
    await lab.mail("MBX01", "1", "a@fabrikam.com");
    lab.advance(6);
    assert.deepEqual(lab.organisation.deliveries[0]?.path, ["MBX01", "EDGE01", "outside"]);
  });

  it("M4 a paused transport empties its queues and accepts nothing new", async () => {
    const lab = await open();
    await lab.mail("EDGE01", "1", "a@contoso.com");
    await lab.organisation.service.suspend("EDGE01", "MSExchangeTransport");
    await assert.rejects(lab.mail("EDGE01", "2", "a@contoso.com"), /421/);
    lab.advance(3);
    assert.equal(lab.counters.delivered, 1);
  });

  it("M5 a stopped transport keeps its queues until it starts", async () => {
    const lab = await open();
    await lab.mail("EDGE01", "1", "a@contoso.com");
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    await lab.failure("EDGE01", "Get-Queue");
    lab.advance(600);
    assert.equal(lab.counters.queued, 1);
    await lab.organisation.service.start("EDGE01", "MSExchangeTransport");
    lab.advance(3);
    assert.equal(lab.counters.delivered, 1);
  });

  it("M6 a default replaced without a new subscription breaks direct trust both ways", async () => {
    const lab = await open();
    await lab.enable("EDGE01", await lab.import("EDGE01", "v2"));
    await lab.mail("EDGE01", "1", "a@contoso.com");
    await lab.mail("MBX01", "2", "a@fabrikam.com");
    lab.advance(3);
    for (const host of ["EDGE01", "MBX01"]) assert.match(lab.queueErrors(host)[0], /454 4\.7\.0 Temporary authentication failure/);
    assert.ok(lab.eventIds("MBX01").includes(2018), "the Hub as sender");
    assert.ok(lab.eventIds("MBX01").includes(1036), "the Hub as receiver");
    await lab.subscribe("MBX01", await lab.export("EDGE01"));
    lab.advance(70);
    assert.equal(lab.counters.delivered, 2, "AD knows the new certificate");
  });

  it("M7 a replaced Mailbox default is unknown to the Edge until the next sync", async () => {
    const lab = await open();
    await lab.enable("MBX01", await lab.import("MBX01", "web"));
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    assert.match(lab.queueErrors("EDGE01")[0], /454 4\.7\.0/);
    assert.ok(lab.eventIds("EDGE01").includes(2018));
    lab.advance(260);
    assert.equal(lab.counters.delivered, 1);
  });

  it("M8 an Edge out of its connectors leaves mail in the Unreachable queue", async () => {
    const lab = await open();
    await lab.run("MBX01", "Set-SendConnector", {
      Identity: "EdgeSync - Inbound to Default-First-Site-Name",
      SourceTransportServers: { Remove: ["EDGE01"] },
    });
    await lab.sync("MBX01", "EDGE01");
    await lab.organisation.service.restart("EDGE01", "MSExchangeTransport", []);
    await lab.mail("EDGE01", "1", "a@contoso.com");
    const queues = await lab.run("EDGE01", "Get-Queue");
    assert.equal(queues.find((queue) => queue.DeliveryType === "Unreachable")?.MessageCount, 1);
  });

  it("M9 shadow queues stay populated and can be told by their type", async () => {
    const lab = await open();
    await lab.mail("EDGE01", "1", "a@contoso.com");
    lab.advance(3);
    const shadow = (await lab.run("EDGE01", "Get-Queue")).find((queue) => queue.DeliveryType === "ShadowRedundancy");
    assert.equal(shadow?.MessageCount, 1);
    lab.advance(121);
    assert.ok(!(await lab.run("EDGE01", "Get-Queue")).some((queue) => queue.DeliveryType === "ShadowRedundancy"));
  });

  it("M10 what cannot be delivered in two days is lost", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    await lab.mail("MBX01", "1", "a@fabrikam.com");
    lab.advance(2 * 86_400 + 300);
    assert.deepEqual(lab.counters, { sent: 1, delivered: 0, queued: 0, lost: 1 });
  });

  it("M11 a drained Edge: mail takes the other source", async () => {
    const lab = await open();
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransport");
    for (const id of ["1", "2", "3"]) await lab.mail("MBX01", id, "a@contoso.mail.onmicrosoft.com");
    lab.advance(6);
    assert.equal(lab.counters.delivered, 3);
    assert.ok(lab.organisation.deliveries.every(({ path }) => path[1] === "EDGE02"));
  });

  it("M12 the cloud refuses a second certificate whose root it does not trust (2004)", async () => {
    const lab = await open();
    const connector = "Outbound to Office 365";
    await lab.run("MBX01", "Set-SendConnector", { Identity: connector, TlsCertificateName: null, Fqdn: "mail.contoso.com" });
    lab.advance(300);
    await lab.mail("MBX01", "1", "a@contoso.mail.onmicrosoft.com");
    lab.advance(6);
    assert.equal(lab.counters.delivered, 1, "v1 alone");
    const foreign = await lab.import("EDGE01", "foreignRoot");
    const enable = { Thumbprint: foreign, Services: "None", NetworkServiceAllowed: true };
    await lab.run("EDGE01", "Enable-ExchangeCertificate", enable);
    await lab.organisation.service.stop("EDGE02", "MSExchangeTransport");
    await lab.mail("MBX01", "2", "a@contoso.mail.onmicrosoft.com");
    lab.advance(6);
    assert.equal(lab.counters.delivered, 2, "not trusted on the Edge itself: passed over");
    const [root] = lab.certificate("foreignRoot").chainPem;
    lab.organisation.chain.import("EDGE01", [Buffer.from(root.replace(/-----[^-]+-----|\s/g, ""), "base64")]);
    await lab.mail("MBX01", "3", "a@contoso.mail.onmicrosoft.com");
    await lab.mail("MBX01", "4", "a@fabrikam.com");
    lab.advance(6);
    assert.match(lab.queueErrors("EDGE01")[0], /^454 4\.7\.0 Failed to establish appropriate TLS channel: UntrustedRoot/);
    assert.deepEqual(
      lab.organisation.deliveries.map(({ id }) => id),
      ["1", "2", "4"],
      "a partner asks for no certificate",
    );
    const [event] = lab.organisation.events("EDGE01", new Date(0)).filter(({ id }) => id === 2004);
    assert.deepEqual([event.source, event.level], ["MSExchangeTransport", "Information"]);
    assert.match(event.text, /^Send connector Outbound to Office 365: .*UntrustedRoot/);
    await lab.run("EDGE01", "Remove-ExchangeCertificate", { Thumbprint: foreign, Confirm: false });
    lab.advance(70);
    assert.equal(lab.counters.queued, 0);
  });

  it("M13 every server keeps a message tracking log of the lab's mail", async () => {
    const lab = await open();
    const from = lab.organisation.now("EDGE01");
    await lab.mail("EDGE01", "1", "a@contoso.com");
    await lab.mail("MBX01", "2", "a@fabrikam.com");
    lab.advance(6);
    const rows = async (host: string, more = {}) =>
      (await lab.run(host, "Get-MessageTrackingLog", more)).map(({ EventId, Source, MessageId }) => [EventId, Source, MessageId].join(" "));
    assert.deepEqual((await rows("EDGE01", { MessageId: "<1>" })).sort(), ["RECEIVE SMTP <1>", "SEND SMTP <1>"]);
    assert.deepEqual((await rows("MBX01", { MessageId: "<1>" })).sort(), ["DELIVER STOREDRIVER <1>", "RECEIVE SMTP <1>"]);
    assert.equal((await rows("MBX01", { EventId: "SEND" })).length + (await rows("EDGE01", { EventId: "SENDEXTERNAL" })).length, 2);
    assert.deepEqual(await rows("EDGE01", { Start: from, End: from }), []);
    assert.equal((await rows("EDGE01", { ResultSize: 1 })).length, 1);
    await lab.organisation.service.stop("EDGE01", "MSExchangeTransportLogSearch");
    await lab.failure("EDGE01", "Get-MessageTrackingLog");
  });
});
