/** Both articles' examples rehearsed as they are, on the real engine, against the broken organisation that each starts in. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { describeCertificate } from "pulumi-exchange";
import { ROOT } from "../../tools/demo/workspace";
import { removeFolders } from "../contract/cli/support";
import { issued } from "../support/engine/programs";
import { Real } from "../support/engine/rehearsing";
import { skipUnless } from "../support/skip";

const scenarioFile = (name: string): string => path.join(ROOT, "lab", "scenarios", `${name}.json`);
const programOf = (name: string): string => path.join(ROOT, "dist", "examples", name);

skipUnless(process.platform !== "win32", "the language host of the test is a shell script").describe(
  "the articles, rehearsed",
  function () {
    this.timeout(600_000);
    let real: Real | undefined;
    afterEach(() => real?.close());
    after(removeFolders);

    it("examples/hub-renewal: as declared, with no connection to the real servers", async () => {
      real = await Real.open("ebs2008");
      const { code, out, err } = await real.rehearse({ program: programOf("hub-renewal"), scenario: scenarioFile("ebs2008") });
      assert.equal(code, 0, out + err);
      const report = reportIn(out);
      const renewal = ["MESSAGING certreq.submit", "MESSAGING Import-ExchangeCertificate"];
      inOrder(report, [...renewal, "SECURITY  New-EdgeSubscription", "SECURITY  Start-Service"]);
      assert.match(report, /MESSAGING STARTTLS nothing → [0-9A-F]{40}/);
      delivered(report);
    });

    it("examples/edge-hybrid: as declared, with no connection to the real servers", async () => {
      real = await Real.open("msxfaq");
      const program = programOf("edge-hybrid");
      const { lab, folder, workspace } = real;
      await real.up(program, { EXCHANGE_IN_SERVICE: describeCertificate(issued(lab, "old").pem).thumbprint });
      const csr = String((await workspace.stack.outputs()).csr.value);
      const { certificate } = lab.organisation.certreq("EX01", "pki\\DigiCert Global CA G2", "WebServer", csr);
      const answer = path.join(folder, "answer.pem");
      writeFileSync(answer, certificate! + issued(lab, "new").chainPem.join(""));
      const { code, out, err } = await real.rehearse({ program, scenario: await real.snapshot(), env: { EXCHANGE_ANSWER_FILE: answer } });
      assert.equal(code, 0, out + err);
      const report = reportIn(out);
      const setName = [
        "EDGE1    Set-ReceiveConnector",
        "EDGE2    Set-ReceiveConnector",
        "EX01     Set-SendConnector",
        "EX01     Set-HybridConfiguration",
      ];
      inOrder(report, ["EX01     Import-ExchangeCertificate", ...setName]);
      const { thumbprint } = describeCertificate(certificate!);
      for (const edge of ["EDGE1", "EDGE2"])
        for (const door of ["STARTTLS", "LDAPS   "]) assert.match(report, new RegExp(`${edge} {4}${door} [0-9A-F]{40} → ${thumbprint}`));
      delivered(report);
    });
  },
);

const reportIn = (out: string): string => out.slice(out.indexOf("Changes, in their order"));

function inOrder(report: string, changes: string[]): void {
  const places = changes.map((change) => report.indexOf(change));
  assert.ok(
    places.every((at, index) => at > (index === 0 ? 0 : places[index - 1])),
    `${changes.join(", ")}:\n${report}`,
  );
}

function delivered(report: string): void {
  const [, sent, arrived] = /Mail: (\d+) sent meanwhile, (\d+) delivered, 0 waiting, 0 lost/.exec(report) ?? [];
  assert.ok(Number(sent) > 0 && sent === arrived, report);
}
