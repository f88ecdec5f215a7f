/** Both articles as ordinary projects on the real engine, from the broken state that each starts in to verified mail flow. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { rotationFigure } from "../support/agents/figures";
import { isNoOp, issued, named, stepsOf, storyForAll, type Story } from "../support/engine";
import { example, passwords } from "../support/stories/examples";
import { delivered, queueErrors, sendMail, sendOverSmtp, synchronized } from "../support/stories/mail";
import { assertReadmePlan, assertReadmePreview } from "../support/stories/readme";

const env = (story: Story) => ({ env: passwords(story.lab) });

describe("examples/hub-renewal: the first article", () => {
  const story = storyForAll({ scenario: "ebs2008" });
  const program = () => example("hub-renewal", story().lab);
  let waiting: string;

  it("starts broken: the default is gone, mail waits with 454 4.7.0", async () => {
    waiting = await sendMail(story(), "SECURITY", "someone@ebs.example");
    assert.match(await queueErrors(story(), "SECURITY"), /454 4\.7\.0 Temporary authentication failure/);
    assert.notEqual((await synchronized(story(), "MESSAGING")).status, "Normal");
    assert.ok(
      !story()
        .installed("MESSAGING")
        .includes(String(story().server("MESSAGING").defaultThumbprint)),
    );
  });

  it("the preview says what will be done, as its README does", async () => {
    const preview = await story().preview(program(), env(story()));
    assert.ok(preview.ok, preview.output);
    assert.match(preview.output, /create messaging|messaging create/);
    assert.deepEqual(preview.seen.calls, []);
    assertReadmePreview("hub-renewal", preview.output);
  });

  it("steps 1 to 8 and the Edge part in one up", async () => {
    const started = performance.now();
    const up = await story().up(program(), env(story()));
    rotationFigure("examples/hub-renewal", "simulated", started);
    assert.ok(up.ok, up.output);
    const calls = named(up.seen.mutating);
    const order = ["MESSAGING:New-ExchangeCertificate", "MESSAGING:certreq.submit", "MESSAGING:Import-ExchangeCertificate"];
    const edge = ["MESSAGING:Enable-ExchangeCertificate", "SECURITY:New-EdgeSubscription", "MESSAGING:New-EdgeSubscription"];
    const positions = [...order, ...edge, "MESSAGING:Start-EdgeSynchronization", "SECURITY:Start-Service"].map((call) =>
      calls.lastIndexOf(call),
    );
    assert.ok(
      positions.every((at) => at >= 0),
      calls.join("\n"),
    );
    assert.deepEqual(
      [...positions.slice(0, 6)].sort((a, b) => a - b),
      positions.slice(0, 6),
      calls.join("\n"),
    );
    const messaging = story().server("MESSAGING");
    const certificate = messaging.certificates.find((one) => one.thumbprint === up.outputs.thumbprint)!;
    assert.deepEqual([...certificate.services].sort(), ["IIS", "IMAP", "POP", "SMTP"]);
    assert.deepEqual([messaging.defaultThumbprint, messaging.transportThumbprint], [up.outputs.thumbprint, up.outputs.thumbprint]);
    assert.match(up.diagnostics, /is the default now; every Edge of its site has to be subscribed again/);
    assertReadmePlan("hub-renewal", story().stack);
  });

  it("every entry says Synchronized, and mail flows", async () => {
    const { status, entries } = await synchronized(story(), "MESSAGING");
    assert.equal(status, "Normal");
    assert.deepEqual([...new Set(Object.values(entries))], ["Synchronized"], JSON.stringify(entries));
    const fresh = await sendOverSmtp(story(), "SECURITY", "someone@ebs.example");
    for (const id of [waiting, fresh]) assert.deepEqual(await delivered(story(), id), ["SECURITY", "MESSAGING"]);
  });

  it("again: nothing to do, no drift", async () => {
    const again = await story().up(program(), env(story()));
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
    const refresh = await story().refresh(env(story()));
    assert.ok(isNoOp(refresh), refresh.output);
  });

  it("thirty days before its end the preview announces the next one", async () => {
    const end = new Date(String(story().stack.outputs("messaging").notAfter));
    const now = new Date(end.getTime() - 29.5 * 86_400_000).toISOString();
    const preview = await story().preview(program(), { ...env(story()), now });
    assert.ok(preview.ok, preview.output);
    assert.match(preview.diagnostics, /\[MESSAGING\] renew: 29 days left \(.*\), renewBefore 30 days; [0-9A-F]{8}… → a new certificate/);
    assert.ok(stepsOf(preview).includes("create-replacement messaging"), stepsOf(preview).join());
  });
});

describe("examples/edge-hybrid: the second article", () => {
  const story = storyForAll({ scenario: "msxfaq" });
  let folder: string;
  const answerFile = (): string => path.join(folder, "answer.pem");
  const cloud = "someone@msxfaq.mail.onmicrosoft.com";
  const office = "Outbound to Office 365";
  const edges = ["EDGE1", "EDGE2"];
  const waiting: string[] = [];
  before(() => (folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-answer-"))));
  after(() => rmSync(folder, { recursive: true, force: true }));

  const inService = () => example("edge-hybrid", story().lab, { EXCHANGE_IN_SERVICE: story().thumbprint("old") });
  const answered = () => example("edge-hybrid", story().lab, { EXCHANGE_ANSWER_FILE: answerFile() });

  it("starts broken: the issuer has changed, queues wait with 454 4.7.5", async () => {
    for (const _ of edges) waiting.push(await sendMail(story(), "EX01", cloud));
    for (const edge of edges) assert.match(await queueErrors(story(), edge), /454 4\.7\.5 The certificate specified in TlsCertificateName/);
    assert.equal(story().connector(office).TlsCertificateName, story().tlsName("old"));
    const attempt = { Thumbprint: story().thumbprint("attempt"), BinaryEncoded: true };
    await assert.rejects(story().control.operator("EDGE1", "Export-ExchangeCertificate", attempt), /is not exportable/);
  });

  it("first up: adopts what is in service and makes the request, nothing else", async () => {
    const up = await story().up(inService(), env(story()));
    assert.ok(up.ok, up.output);
    assert.deepEqual(named(up.seen.mutating), ["EX01:New-ExchangeCertificate"]);
    const csr = String(up.outputs.csr);
    const { certificate } = story().lab.organisation.certreq("EX01", "pki\\DigiCert Global CA G2", "WebServer", csr);
    writeFileSync(answerFile(), certificate! + issued(story().lab, "new").chainPem.join(""));
  });

  it("the preview of the rotation says what will be done, as its README does", async () => {
    const preview = await story().preview(answered(), env(story()));
    assert.ok(preview.ok, preview.output);
    assert.match(preview.diagnostics, /\[EDGE1\] carry: [0-9A-F]{8}… → [0-9A-F]{8}…, exported from EX01/);
    assert.match(
      preview.diagnostics,
      /"Outbound to Office 365" flips last: <I>CN=DigiCert Secure Server CA.* → <I>CN=DigiCert Global CA G2/,
    );
    assert.deepEqual(preview.seen.calls, []);
    assertReadmePreview("edge-hybrid", preview.output);
  });

  it("second up: one Edge after the other; the old certificate and the unusable one go", async () => {
    const started = performance.now();
    const up = await story().up(answered(), env(story()));
    rotationFigure("examples/edge-hybrid", "simulated", started);
    assert.ok(up.ok, up.output);
    const thumbprint = String(story().stack.outputs("hybrid-inside").thumbprint);
    assert.deepEqual(up.outputs.thumbprints, [thumbprint, thumbprint]);
    for (const edge of edges) {
      const { defaultThumbprint, transportThumbprint, ldapsThumbprint, services, certificates } = story().server(edge);
      assert.deepEqual([defaultThumbprint, transportThumbprint, ldapsThumbprint], [thumbprint, thumbprint, thumbprint], edge);
      assert.equal(services.MSExchangeTransport, "Running");
      assert.deepEqual(
        certificates.filter((one) => /^CN=hybrid/.test(one.subject)).map((one) => one.thumbprint),
        [thumbprint],
        edge,
      );
      assert.equal((await synchronized(story(), "EX01", edge)).status, "Normal");
    }
    const calls = named(up.seen.mutating);
    assert.ok(calls.indexOf("EDGE2:Suspend-Service") > calls.indexOf("EDGE1:Start-Service"), calls.join("\n"));
    assert.ok(calls.indexOf("EX01:Set-SendConnector") > calls.indexOf("EDGE2:Start-Service"), calls.join("\n"));
    assert.ok(calls.indexOf("EX01:Set-HybridConfiguration") > calls.indexOf("EX01:Set-SendConnector"), calls.join("\n"));
    assertReadmePlan("edge-hybrid", story().stack);
  });

  it("hybrid: names, capabilities and FQDN are what Office 365 expects", () => {
    const state = story().lab.organisation.state() as { hybrid: { TlsCertificateName: string } };
    const name = story().stack.outputs("hybrid-inside").tlsCertificateName;
    assert.deepEqual([story().connector(office).TlsCertificateName, state.hybrid.TlsCertificateName], [name, name]);
    for (const edge of edges) {
      const server = story().server(edge) as unknown as { [list: string]: { [property: string]: unknown }[] };
      const receive = server.receiveConnectors.find((one) => one.Name === `Default internal receive connector ${edge}`)!;
      assert.deepEqual(receive.TlsDomainCapabilities, ["mail.protection.outlook.com:AcceptCloudServicesMail"]);
      assert.deepEqual([receive.Fqdn, receive.TlsCertificateName], ["hybrid.msxfaq.example", name]);
      assert.equal(server.sendConnectors.find((one) => one.Name === office)?.TlsCertificateName, name, `${edge}'s replica`);
    }
  });

  it("mail flows: out to Office 365, and in through both doors", async () => {
    const fresh = await sendMail(story(), "EX01", cloud);
    for (const id of [...waiting, fresh]) assert.equal((await delivered(story(), id)).at(-1), "outside");
    for (const edge of edges) {
      const id = await sendOverSmtp(story(), edge, "someone@msxfaq.example");
      assert.deepEqual(await delivered(story(), id), [edge, "EX01"]);
    }
  });

  it("again: nothing to do, no drift", async () => {
    const again = await story().up(answered(), env(story()));
    assert.ok(isNoOp(again), again.output);
    assert.deepEqual(again.seen.mutating, []);
    const refresh = await story().refresh(env(story()));
    assert.ok(isNoOp(refresh), refresh.output);
  });
});
