/** Certificates that a server makes: self-signed and from AD CS; their renewal, and what AD CS may answer. */
import assert from "node:assert/strict";
import { rigForEach, type Program } from "../../support/stories/rig";

const DAY = 86_400_000;

const daysBetween = (from: unknown, to: unknown): number => (new Date(String(to)).getTime() - new Date(String(from)).getTime()) / DAY;

/** Runs `work` as if the machine's clock showed `now`. */
async function at<T>(now: Date, work: () => Promise<T>): Promise<T> {
  process.env.PULUMI_EXCHANGE_NOW = now.toISOString();
  try {
    return await work();
  } finally {
    delete process.env.PULUMI_EXCHANGE_NOW;
  }
}

describe("source {selfSigned}", () => {
  const rig = rigForEach();
  const names = ["edge01.contoso.com", "EDGE01"];
  const program = (more: object = {}): Program =>
    rig().one("Certificate", {
      host: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      source: { selfSigned: { domainNames: names } },
      services: ["SMTP"],
      renewBefore: 30,
      ...more,
    });

  it("is made on the server, enabled, and leaves the default alone", async () => {
    const before = rig().server("EDGE01").defaultThumbprint;
    await rig().apply(program());
    const { thumbprint, subject, isDefaultSmtp } = rig().outs("Certificate");
    assert.deepEqual([subject, isDefaultSmtp], ["CN=edge01.contoso.com", false]);
    assert.ok(rig().certificate("EDGE01", String(thumbprint))!.services.includes("SMTP"));
    assert.equal(rig().server("EDGE01").defaultThumbprint, before);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    await rig().settled(program());
  });

  it("is made inside the window: never two of one name beside a running transport", async () => {
    await rig().apply(program());
    const { notAfter } = rig().outs("Certificate");
    const run = await at(new Date(new Date(String(notAfter)).getTime() - 5 * DAY), () => rig().apply(program()));
    const told = ["Suspend-Service", "Stop-Service", "New-ExchangeCertificate", "Start-Service"];
    const course = run.mutating.filter((one) => one.startsWith("EDGE01:")).map((one) => one.slice(7));
    assert.deepEqual(
      course.filter((one) => told.includes(one)),
      told,
      course.join(),
    );
    assert.ok(course.indexOf("New-ExchangeCertificate") < course.indexOf("Enable-ExchangeCertificate"), course.join());
  });

  it("is taken out again by a failure that is undone; a plain next run makes it anew", async () => {
    const before = rig()
      .server("EDGE01")
      .certificates.map((one) => one.thumbprint);
    await rig().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 1, times: 9, at: "before", kind: "error" });
    await rig().fails(program());
    await rig().control.clearFaults();
    const { certificates, services } = rig().server("EDGE01");
    assert.equal(services.MSExchangeTransport, "Running");
    assert.deepEqual(
      certificates.map((one) => one.thumbprint),
      before,
    );
    assert.deepEqual(rig().leftovers(), []);
    await rig().apply(program());
    assert.ok(rig().certificate("EDGE01", String(rig().outs("Certificate").thumbprint)));
    await rig().settled(program());
  });

  it("is not made where the drain fails, and the Edge serves on", async () => {
    await rig().control.fault({ host: "EDGE01", cmdlet: "Stop-Service", nth: 1, times: 9, at: "before", kind: "error" });
    const { calls } = await rig().fails(program());
    assert.ok(!calls.some(({ cmdlet }) => cmdlet === "New-ExchangeCertificate"));
    await rig().control.clearFaults();
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    await rig().apply(program());
  });

  it("is replaced when fewer days than renewBefore are left, and not a day sooner", async () => {
    await rig().apply(program());
    const { thumbprint, notAfter } = rig().outs("Certificate");
    const end = new Date(String(notAfter)).getTime();
    await at(new Date(end - 30.5 * DAY), () => rig().settled(program()));
    const run = await at(new Date(end - 29.5 * DAY), () => rig().apply(program()));
    assert.deepEqual(run.operations, ["replace Certificate", "delete Certificate"]);
    assert.match(run.lines.join("\n"), /\[EDGE01\] renew: 29 days left \(.*\), renewBefore 30 days; [0-9A-F]{8}… → a new certificate/);
    assert.notEqual(rig().outs("Certificate").thumbprint, thumbprint);
    assert.equal(rig().certificate("EDGE01", String(thumbprint)), undefined, "the old one is gone");
  });

  it("is not renewed in every run where renewBefore is no shorter than its life", async () => {
    const forever = program({ renewBefore: 4000 });
    await rig().apply(forever);
    const { thumbprint, notBefore, notAfter } = rig().outs("Certificate");
    await rig().settled(forever);
    const [start, end] = [notBefore, notAfter].map((one) => new Date(String(one)).getTime());
    const third = Math.floor((end - start) / DAY / 3) * DAY;
    await at(new Date(end - third - DAY / 2), () => rig().settled(forever));
    const run = await at(new Date(end - third + DAY / 2), () => rig().apply(forever));
    assert.deepEqual(run.operations, ["replace Certificate", "delete Certificate"]);
    assert.notEqual(rig().outs("Certificate").thumbprint, thumbprint);
  });

  const living = (lifetime: unknown, more: object = {}): Program =>
    program({ source: { selfSigned: { domainNames: names, lifetime } }, renewBefore: 10, ...more });

  it("with a lifetime: made by the host's agent inside the window, and renewed in time", async () => {
    const first = await rig().apply(living(90, { friendlyName: 'Edge "90 %"', exportable: true }));
    const { thumbprint, notBefore, notAfter, subject } = rig().outs("Certificate");
    assert.match(first.lines.join("\n"), /EDGE01 makes a self-signed certificate for edge01\.contoso\.com, EDGE01, valid for 90 days/);
    assert.deepEqual([subject, daysBetween(notBefore, notAfter)], ["CN=edge01.contoso.com", 90]);
    const made = rig().certificate("EDGE01", String(thumbprint))!;
    assert.deepEqual([made.services, rig().server("EDGE01").services.MSExchangeTransport], [["SMTP"], "Running"]);
    assert.deepEqual([made.keyProvider, made.exportable, made.friendlyName], ["CAPI", true, 'Edge "90 %"']);
    const course = first.mutating.map((one) => one.replace(/^EDGE01:/, ""));
    assert.ok(course.indexOf("Suspend-Service") < course.indexOf("certificate.makeSelfSigned"), course.join());
    assert.ok(course.indexOf("certificate.makeSelfSigned") < course.indexOf("Start-Service"), course.join());
    assert.ok(!course.includes("New-ExchangeCertificate"), course.join());
    const settled = living(90, { friendlyName: 'Edge "90 %"', exportable: true });
    await rig().settled(settled);
    const end = new Date(String(notAfter)).getTime();
    await at(new Date(end - 10.5 * DAY), () => rig().settled(settled));
    const run = await at(new Date(end - 9.5 * DAY), () => rig().apply(settled));
    assert.deepEqual(run.operations, ["replace Certificate", "delete Certificate"]);
    assert.equal(rig().certificate("EDGE01", String(thumbprint)), undefined, "the old one is gone");
  });

  it("with another lifetime: another certificate, found by reading back, made once", async () => {
    await rig().apply(program());
    const { thumbprint } = rig().outs("Certificate");
    await rig().control.fault({ host: "EDGE01", cmdlet: "certificate.makeSelfSigned", nth: 1, at: "after", kind: "disconnect" });
    const run = await rig().apply(living(398));
    assert.match(run.lines.join("\n"), /its declaration changed/);
    assert.equal(run.mutating.filter((one) => one === "EDGE01:certificate.makeSelfSigned").length, 1, "found by reading back");
    const { notBefore, notAfter, thumbprint: second } = rig().outs("Certificate");
    assert.deepEqual([daysBetween(notBefore, notAfter), second === thumbprint], [398, false]);
    assert.equal(rig().certificate("EDGE01", String(thumbprint)), undefined);
    await rig().settled(living(398));
  });

  it("with a lifetime: what cannot be is refused in the preview, or before the drain", async () => {
    const refused: [object, RegExp][] = [
      ...[0, -1, 1.5, 36_501, "90", null].map((lifetime): [object, RegExp] => [{ lifetime }, /lifetime must be a whole number of days/]),
      [{ lifetime: 90, domainNames: ["müller.example"] }, /is no domain name.*xn-- form/],
      [{ lifetime: 90, domainNames: ['a"b'] }, /is no domain name/],
      [{ lifetime: 90, domainNames: [`${"a".repeat(61)}.com`] }, /common name and has 65 characters/],
    ];
    for (const [more, expected] of refused) {
      const { text, calls } = await rig().fails(program({ source: { selfSigned: { domainNames: names, ...more } } }));
      assert.match(text, expected, JSON.stringify(more));
      assert.match(text, /\[INVALID_ARGUMENT\]/);
      assert.deepEqual(calls, []);
    }
    await rig().control.toggles({ agentOperations: "before" });
    const before = await rig().fails(living(90));
    assert.match(before.text, /\[CERTIFICATE_NOT_MADE\] EDGE01: the agent of this host cannot make a certificate with a lifetime/);
    assert.deepEqual(before.mutating, []);
    await rig().control.toggles({ agentOperations: "all" });
    const message = "certreq ended with -2146893783: 0x80090029 (NTE_NOT_SUPPORTED)";
    await rig().control.fault({
      host: "EDGE01",
      cmdlet: "certificate.makeSelfSigned",
      nth: 1,
      times: 9,
      at: "before",
      kind: "error",
      message,
    });
    const inside = await rig().fails(living(90));
    assert.match(inside.text, /\[CERTIFICATE_NOT_MADE\] EDGE01: certificate\.makeSelfSigned failed: certreq ended with -2146893783/);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running", "put back");
    await rig().control.clearFaults();
    await rig().apply(living(90));
    await rig().settled(living(90));
  });

  it("goes with the resource, because it was made, also by a run that broke off", async () => {
    for (const broken of [false, true]) {
      if (broken) {
        await rig().control.fault({ host: "EDGE01", cmdlet: "Enable-ExchangeCertificate", nth: 1, times: 9, at: "before", kind: "error" });
        await rig().fails(program());
        await rig().control.clearFaults();
      }
      await rig().apply(program());
      const { thumbprint } = rig().outs("Certificate");
      await rig().destroy();
      assert.equal(rig().certificate("EDGE01", String(thumbprint)), undefined, `broken: ${broken}`);
    }
  });

  it("stays with a friendlyName of the program where somebody else had made it", async () => {
    const made = { Services: "None", DomainName: names, FriendlyName: "by hand" };
    await rig().control.operator("EDGE01", "New-ExchangeCertificate", made);
    const named = program({ friendlyName: "by hand" });
    const run = await rig().apply(named);
    assert.ok(!run.mutating.includes("EDGE01:New-ExchangeCertificate"), run.mutating.join());
    const { thumbprint } = rig().outs("Certificate");
    await rig().destroy();
    assert.ok(rig().certificate("EDGE01", String(thumbprint)));
  });
});

for (const certificateObjects of ["shell", "rawData"])
  describe(`source {selfSigned} on a Mailbox server (objects: ${certificateObjects})`, () => {
    const rig = rigForEach(() => ({ toggles: { certificateObjects } }));
    const program = (more: object = {}): Program =>
      rig().one("Certificate", {
        host: rig().host("MBX01"),
        source: { selfSigned: { domainNames: ["mbx01.contoso.com"] } },
        services: ["SMTP"],
        ...more,
      });
    const made = () =>
      rig()
        .server("MBX01")
        .certificates.filter((one) => one.subject === "CN=mbx01.contoso.com");

    it("a run whose answer was lost finds what it made by its friendly name", async () => {
      await rig().control.fault({ host: "MBX01", cmdlet: "New-ExchangeCertificate", nth: 1, at: "reply", kind: "disconnect" });
      const run = await rig().apply(program());
      assert.equal(run.mutating.filter((one) => one === "MBX01:New-ExchangeCertificate").length, 1, run.mutating.join());
      assert.equal(rig().outs("Certificate").thumbprint, made()[0].thumbprint);
      assert.equal(made().length, 1);
      await rig().settled(program());
    });

    it("another one of the same names, which is not its own, is left alone", async () => {
      const parameters = {
        DomainName: ["mbx01.contoso.com"],
        SubjectName: "CN=mbx01.contoso.com",
        Services: "None",
        FriendlyName: "by hand",
      };
      await rig().control.operator("MBX01", "New-ExchangeCertificate", parameters);
      await rig().apply(program());
      assert.equal(made().length, 2);
    });
  });

describe("source {adcs}", () => {
  const rig = rigForEach();
  const program = (template: string, ca = "dc01\\Contoso Issuing CA", services = ["IIS", "POP", "IMAP"]): Program =>
    rig().one("Certificate", {
      host: rig().host("MBX01"),
      source: {
        adcs: { template, ca, domainNames: ["mbx01.contoso.com", "autodiscover.contoso.com"], subject: "CN=mbx01.contoso.com, O=Contoso" },
      },
      services,
      renewBefore: 60,
    });

  it("issued: requested on the server, submitted, imported, enabled", async () => {
    const run = await rig().apply(program("WebServer"));
    const { thumbprint, issuer, enabledServices } = rig().outs("Certificate");
    assert.equal(issuer, "CN=Contoso Issuing CA, O=Contoso, C=US");
    for (const service of ["IIS", "IMAP", "POP"]) assert.ok((enabledServices as string[]).includes(service), String(enabledServices));
    assert.ok(rig().certificate("MBX01", String(thumbprint)));
    assert.equal(rig().server("MBX01").requests.length, 0);
    assert.deepEqual(run.mutating.slice(0, 3), [
      "MBX01:New-ExchangeCertificate",
      "MBX01:certreq.submit",
      "MBX01:Import-ExchangeCertificate",
    ]);
    await rig().settled(program("WebServer"));
  });

  it("goes with the resource, because it was made", async () => {
    await rig().apply(program("WebServer", undefined, []));
    const { thumbprint } = rig().outs("Certificate");
    await rig().destroy();
    assert.equal(rig().certificate("MBX01", String(thumbprint)), undefined);
  });

  it("stays after its resource while IIS serves with it, with a warning", async () => {
    await rig().apply(program("WebServer"));
    const { thumbprint } = rig().outs("Certificate");
    const { lines } = await rig().destroy();
    assert.ok(rig().certificate("MBX01", String(thumbprint))!.services.includes("IIS"));
    assert.match(lines.join("\n"), /\[DELETE_KEPT\] .*IIS/);
  });

  it("an authority without its server is refused before a key is made", async () => {
    const { text, mutating } = await rig().fails(program("WebServer", "Contoso Issuing CA"));
    assert.match(text, /\[INVALID_ARGUMENT\] source\.adcs\.ca must be the server and the name/);
    assert.deepEqual(mutating, []);
  });

  it("denied: with the CA's own words", async () => {
    const { text } = await rig().fails(program("Unheard"));
    assert.match(text, /\[REQUEST_DENIED\] .* answered denied .*CERTSRV_E_UNSUPPORTED_CERT_TYPE/);
  });

  it("denied for an Edge: it is not drained, and nothing is left but the request", async () => {
    const source = { adcs: { template: "Unheard", ca: "dc01.contoso.com\\Contoso Issuing CA", domainNames: ["edge01.contoso.com"] } };
    const edge = { host: rig().host("EDGE01"), organization: rig().host("MBX01"), source, services: ["SMTP"], drain: "auto" };
    const { text, mutating } = await rig().fails(rig().one("Certificate", edge));
    assert.match(text, /\[REQUEST_DENIED\]/);
    assert.deepEqual(mutating, ["EDGE01:New-ExchangeCertificate", "EDGE01:certreq.submit"]);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.deepEqual(rig().leftovers(), []);
  });

  it("an authority that does not answer is named; the next run hands it the request", async () => {
    const { text } = await rig().fails(program("WebServer", "dc01\\No such CA"));
    assert.match(text, /\[REQUEST_NOT_ISSUED\] MBX01: certreq could not hand the request to dc01\\No such CA: .*0x800706ba/);
    assert.match(text, /Hint: .*certutil.*Config.*RPC.*password/);
    const run = await rig().apply(program("WebServer"));
    assert.ok(!run.mutating.includes("MBX01:New-ExchangeCertificate"), run.mutating.join());
    assert.equal(rig().server("MBX01").requests.length, 0);
  });
});
