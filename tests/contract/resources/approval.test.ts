/** A template with manager approval: the number of the request is kept on the server, and asked for before anything is submitted. */
import assert from "node:assert/strict";
import { refuseEarly } from "../../../provider/handlers/certificate/early";
import { rigForEach, type Program } from "../../support/stories/rig";

const CA = "dc01\\Contoso Issuing CA";

for (const certificateObjects of ["shell", "rawData"])
  describe(`source {adcs} with an official in between (objects: ${certificateObjects})`, () => {
    const rig = rigForEach(() => ({ toggles: { certificateObjects } }));
    const program = (more: object = {}, adcs: object = {}): Program =>
      rig().one("Certificate", {
        host: rig().host("MBX01"),
        source: { adcs: { template: "WebServerManual", ca: CA, domainNames: ["mbx01.contoso.com"], ...adcs } },
        services: ["IIS"],
        ...more,
      });
    const requests = () => rig().control.authority();
    const waiting = () => rig().server("MBX01").requests.length;
    const kept = () => [...rig().lab.organisation.files("MBX01").keys()].filter((path) => path.startsWith("requests/"));

    it("pending over two runs, issued before the third: one request", async () => {
      const first = await rig().fails(program());
      assert.match(
        first.text,
        /\[REQUEST_PENDING\] MBX01: dc01\\Contoso Issuing CA answered pending \(request 100, submitted \d{4}-\d\d-\d\d\): Taken Under Submission/,
      );
      const second = await rig().fails(program());
      assert.deepEqual(second.mutating, [], "the second run only asks");
      assert.ok(second.calls.some(({ cmdlet }) => cmdlet === "certreq.retrieve"));
      assert.match(second.lines.join("\n"), /\[MBX01\] request 100 waits for approval at dc01\\Contoso Issuing CA since \d{4}-\d\d-\d\d/);
      await rig().control.decide(100, "approve");
      const third = await rig().apply(program());
      assert.deepEqual(third.mutating, ["MBX01:Import-ExchangeCertificate", "MBX01:Enable-ExchangeCertificate"]);
      const { thumbprint, request, issuer } = rig().outs("Certificate");
      assert.equal(request, undefined);
      assert.equal(issuer, "CN=Contoso Issuing CA, O=Contoso, C=US");
      assert.ok(rig().certificate("MBX01", String(thumbprint)));
      assert.deepEqual([(await requests()).length, waiting(), kept()], [1, 0, []]);
      await rig().settled(program());
    });

    it("denied: runs say so until the request is taken out, or issued after all", async () => {
      await rig().fails(program());
      await rig().control.decide(100, "deny");
      for (const _run of [1, 2]) {
        const { text, mutating } = await rig().fails(program());
        assert.match(text, /\[REQUEST_DENIED\] .*answered denied \(request 100, submitted .*CERTSRV_E_ADMIN_DENIED_REQUEST/);
        assert.deepEqual(mutating, []);
      }
      const [{ thumbprint }] = rig().server("MBX01").requests;
      await rig().control.operator("MBX01", "Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false });
      await rig().fails(program());
      assert.deepEqual(
        (await requests()).map(({ request, disposition }) => [request, disposition]),
        [
          [100, "denied"],
          [101, "pending"],
        ],
      );
      await rig().control.decide(101, "deny");
      await rig().control.decide(101, "approve");
      await rig().apply(program());
      assert.equal((await requests()).length, 2);
    });

    it("withdrawn: one run says so, and the next one submits the same request anew", async () => {
      await rig().fails(program());
      await rig().control.decide(100, "withdraw");
      const told = await rig().fails(program());
      assert.match(told.text, /\[REQUEST_WITHDRAWN\] MBX01: .* has no request 100, submitted .* any more/);
      assert.deepEqual(told.mutating, []);
      const anew = await rig().fails(program());
      assert.match(anew.text, /\[REQUEST_PENDING\] .*request 101/);
      assert.deepEqual([waiting(), anew.mutating], [1, ["MBX01:certreq.submit"]]);
    });

    it("a submission whose answer was lost is not made a second time", async () => {
      await rig().control.fault({ host: "MBX01", cmdlet: "certreq.submit", nth: 1, at: "reply", kind: "disconnect" });
      await rig().fails(program());
      const { text, lines } = await rig().fails(program());
      assert.match(text, /\[REQUEST_PENDING\] .*request 100/);
      assert.match(lines.join("\n"), /an earlier run broke off while it submitted a request/);
      assert.deepEqual([(await requests()).length, waiting()], [1, 1]);
      await rig().control.decide(100, "approve");
      await rig().apply(program());
    });

    for (const point of ["after-intent", "after-cmdlet", "after-result"])
      it(`a run that is stopped at the submission, ${point}, makes no second request`, async () => {
        process.env.PULUMI_EXCHANGE_FAILPOINT = `MBX01/submit.${point}=error`;
        await rig()
          .fails(program())
          .finally(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
        assert.match((await rig().fails(program())).text, /\[REQUEST_PENDING\] .*request 100/);
        assert.deepEqual([(await requests()).length, waiting()], [1, 1]);
      });

    it("a host that died before it kept the answer submits again, and says so", async () => {
      await rig().control.fault({ host: "MBX01", cmdlet: "certreq.submit", nth: 1, at: "reply", kind: "disconnect" });
      await rig().fails(program());
      rig().lab.hosts.get("MBX01")!.host.replies.clear();
      const { lines } = await rig().fails(program());
      assert.match(lines.join("\n"), /should the authority show two requests for it, deny the older one/);
      assert.deepEqual([(await requests()).length, waiting()], [2, 1]);
    });

    it("an installation that broke off: fetched again, or taken up as installed", async () => {
      await rig().fails(program());
      await rig().control.decide(100, "approve");
      for (const point of ["import.after-intent", "import.after-cmdlet"]) {
        process.env.PULUMI_EXCHANGE_FAILPOINT = `MBX01/${point}=error`;
        await rig()
          .fails(program())
          .finally(() => delete process.env.PULUMI_EXCHANGE_FAILPOINT);
        // the engine was killed, too, and knows nothing of it
        rig().engine.state.resources = {};
      }
      const last = await rig().apply(program());
      assert.ok(!last.mutating.includes("MBX01:Import-ExchangeCertificate"), last.mutating.join());
      assert.deepEqual([(await requests()).length, waiting(), kept()], [1, 0, []]);
      await rig().settled(program());
    });

    it("another declaration gives the request up: its key goes", async () => {
      await rig().fails(program());
      const { text, lines } = await rig().fails(program({}, { domainNames: ["mbx01.contoso.com", "owa.contoso.com"] }));
      assert.match(text, /\[REQUEST_PENDING\] .*request 101/);
      assert.match(
        lines.join("\n"),
        /request 100 of dc01\\Contoso Issuing CA is not asked for any more: the certificate is declared otherwise/,
      );
      assert.equal(waiting(), 1);
    });

    it("goes with its resource: no key is left, and the row at the authority is named", async () => {
      await rig().fails(program());
      const { lines } = await rig().destroy();
      assert.match(lines.join("\n"), /MBX01: request 100 is still at dc01\\Contoso Issuing CA/);
      assert.deepEqual([waiting(), kept()], [0, []]);
    });

    it("stays with its key where the connection leads elsewhere, and that is told", async () => {
      await rig().fails(program());
      const { outs } = rig().engine.state.resources.Certificate;
      outs.host = rig().host("EDGE01");
      const run = await rig().destroy();
      assert.match(run.lines.join("\n"), /\[DELETE_KEPT\] mbx01\.contoso\.com cannot be reached by this connection/);
      assert.equal(waiting(), 1);
    });

    it("a refresh asks the authority", async () => {
      await rig().fails(program());
      await rig().control.decide(100, "deny");
      const read = await rig().read("Certificate");
      assert.deepEqual((read.request as { state: string }).state, "denied");
    });
  });

describe("source {adcs} on an Edge with an official in between", () => {
  const rig = rigForEach();
  const program = (): Program =>
    rig().one("Certificate", {
      host: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      source: { adcs: { template: "WebServerManual", ca: CA, domainNames: ["edge01.contoso.com"] } },
      services: ["SMTP"],
    });

  it("is refused before a component takes it out of a load balancer", async () => {
    await rig().fails(program());
    const news = {
      host: rig().host("EDGE01"),
      organization: rig().host("MBX01"),
      source: { adcs: { template: "WebServerManual", ca: CA, domainNames: ["edge01.contoso.com"] } },
      services: ["SMTP"],
      owner: "shop/prod/Certificate",
    };
    await assert.rejects(
      refuseEarly(news, () => undefined),
      /\[REQUEST_PENDING\] EDGE01: .*request 100/,
    );
    await rig().control.decide(100, "approve");
    await refuseEarly(news, () => undefined);
  });

  it("stays in service and untouched while its request is pending or denied", async () => {
    const changes = async (): Promise<string[]> => (await rig().fails(program())).mutating;
    assert.deepEqual(await changes(), ["EDGE01:New-ExchangeCertificate", "EDGE01:certreq.submit"]);
    assert.deepEqual(await changes(), []);
    await rig().control.decide(100, "deny");
    assert.deepEqual(await changes(), []);
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
    assert.deepEqual(rig().leftovers(), []);
    await rig().control.decide(100, "approve");
    const run = await rig().apply(program());
    assert.ok(run.mutating.includes("EDGE01:Stop-Service"), run.mutating.join());
    assert.equal(rig().server("EDGE01").services.MSExchangeTransport, "Running");
  });
});
