/** `npx pulumi-exchange rehearse` on the real engine: the quickstart, faults of a program, and what is refused. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import path from "node:path";
import { describeCertificate } from "pulumi-exchange";
import { replaceSection } from "../../tools/demo/readme";
import { ROOT, type Workspace } from "../../tools/demo/workspace";
import { removeFolders, type Ended } from "../contract/cli/support";
import type { Rehearsed } from "../support/engine/rehearsed";
import { Real, type Options } from "../support/engine/rehearsing";
import { issued } from "../support/engine/programs";
import { until } from "../support/lab";
import { skipUnless } from "../support/skip";

const QUICKSTART = path.join(ROOT, "dist", "examples", "quickstart");
const VARIED = path.join(ROOT, "dist", "tests", "support", "engine", "rehearsed.js");
/** Every file below a folder; links are not followed. */
function textsIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((one) => {
    const full = path.join(folder, one.name);
    if (one.isDirectory()) return textsIn(full);
    return one.isFile() ? [readFileSync(full, "utf8")] : [];
  });
}

const CANARY = "a secret of the configuration";

skipUnless(process.platform !== "win32", "the language host of the test is a shell script").describe(
  "npx pulumi-exchange rehearse",
  function () {
    this.timeout(600_000);
    let real: Real;
    let workspace: Workspace;
    let scenario: string;
    let temporary: string;
    let bystander: Server;

    before(async () => {
      real = await Real.open("contoso");
      ({ workspace, temporary } = real);
      workspace.use("v1");
      await workspace.stack.up();
      await workspace.stack.setConfig("canary", { value: CANARY, secret: true });
      scenario = await real.snapshot();
      bystander = createServer((socket) => {
        real.reached += 1;
        socket.destroy();
      }).listen(0, "127.0.0.1");
      await once(bystander, "listening");
    });
    after(async () => {
      bystander?.close();
      await real?.close();
      await removeFolders();
    });

    interface Varied extends Partial<Options> {
      certificate?: string;
      varied?: Rehearsed;
    }

    function rehearse({ certificate = "v2", varied, ...options }: Varied = {}): Promise<Ended> {
      workspace.use(certificate);
      return real.rehearse({
        program: varied ? VARIED : QUICKSTART,
        scenario,
        env: { REHEARSED: JSON.stringify(varied ?? {}) },
        ...options,
      });
    }

    it("the quickstart's renewal: as declared, with no connection to the real servers", async () => {
      const { code, out, err } = await rehearse();
      assert.equal(code, 0, out + err);
      const report = out.slice(out.indexOf("Changes, in their order"));
      assert.ok(report.indexOf("EDGE01   Start-Service") < report.indexOf("EDGE02   Suspend-Service"), report);
      assert.match(report, /EDGE01: about \d+ (s|min)\n {2}EDGE02: about/);
      if (process.env.PULUMI_EXCHANGE_WRITE_README) {
        const page = path.join(ROOT, "docs", "rehearse.md");
        writeFileSync(page, replaceSection(readFileSync(page, "utf8"), "report", `\`\`\`text\n${report.trimEnd()}\n\`\`\``));
      }
      const now = describeCertificate(issued(real.lab, "v2").pem).thumbprint;
      for (const door of ["STARTTLS", "LDAPS   "]) assert.match(report, new RegExp(`EDGE02 {3}${door} [0-9A-F]{40} → ${now}`));
      const [, sent, delivered] = /Mail: (\d+) sent meanwhile, (\d+) delivered, 0 waiting, 0 lost/.exec(report) ?? [];
      assert.ok(Number(sent) > 0 && sent === delivered, report);
      assert.ok(!(out + err).includes(CANARY));
    });

    it("stopped in the middle: what is owed, the way on; a load balancer is left alone", async () => {
      const { port } = bystander.address() as AddressInfo;
      const connection = {
        host: "127.0.0.1",
        port,
        user: "deploy",
        password: "of the load balancer",
        hostKey: "SHA256:none",
        dialErrorLimit: 1,
      };
      const loadBalancer = { takeOut: { connection, create: "disable edge01" }, putIn: { connection, create: "enable edge01" } };
      const page = path.join(temporary, ["change", "md"].join("."));
      const { code, out, err } = await rehearse({ varied: { loadBalancer }, options: ["--break-at", "EDGE01/enable", "--report", page] });
      assert.equal(code, 0, out + err);
      assert.match(out, /Stopped at EDGE01\/enable\.[\s\S]*steps done +drain, [\s\S]*its start is owed/);
      assert.match(out, /Load balancer commands, not run\n {2}127\.0\.0\.1: disable edge01\n {2}127\.0\.0\.1: enable edge01\n/);
      const text = readFileSync(page, "utf8");
      for (const said of [
        "As declared",
        "If it is stopped at EDGE01/enable",
        "The next `pulumi up` finished it",
        "(change.svg)",
        "127.0.0.1: disable edge01",
      ])
        assert.ok(text.includes(said), `${said}: ${text}`);
      assert.match(text, /step \d+: EDGE01: enable SMTP and make it the default/);
      assert.match(readFileSync(path.join(temporary, "change.svg"), "utf8"), /EDGE02 out of service/);
    });

    describe("faults of a program are found", () => {
      it("a connector that is not there", async () => {
        const { code, out, err } = await rehearse({ varied: { connector: "Outbound to nowhere", canary: CANARY } });
        assert.equal(code, 1, out + err);
        assert.match(out, /\[CONNECTOR_NOT_FOUND\]/);
        assert.match(out, /The run would fail/);
      });

      it("an issuer that no server trusts", async () => {
        const { pem: certificate, keyPem: privateKey } = issued(real.lab, "foreignRoot");
        const { code, out, err } = await rehearse({ varied: { pem: { certificate, privateKey } } });
        assert.equal(code, 1, out + err);
        assert.match(out, /\[CERTIFICATE_UNTRUSTED\]/);
      });

      it("a site that does not exist, of servers that are read right before", async () => {
        await workspace.stack.setConfig("site", { value: "Nowhere" });
        const changed = (): number => real.lab.history.entries.filter(({ mutating }) => mutating).length;
        const before = changed();
        const { code, out, err } = await rehearse({ scenario: "live" }).finally(() => workspace.stack.removeConfig("site"));
        assert.equal(code, 1, out + err);
        assert.match(out, /\[SITE_UNKNOWN\]/);
        assert.equal(changed(), before);
      });

      it("a server that the copy does not have", async () => {
        const { port } = bystander.address() as AddressInfo;
        const { code, out, err } = await rehearse({ varied: { edge02: { name: "EDGE09", port } } });
        assert.equal(code, 1, out + err);
        assert.match(out, /\[REHEARSAL_HOST_UNKNOWN\]/);
      });
    });

    describe("is refused before anything runs", () => {
      it("where another provider's resource would change", async () => {
        const { code, out, err } = await rehearse({ varied: { other: true } });
        assert.equal(code, 2, out + err);
        assert.match(err, /\[REHEARSAL_TOUCHES_OTHERS\] .*theirs \(pulumi-nodejs:dynamic:Resource, create\)/);
      });

      it("where the program refers to another stack", async () => {
        const { code, out, err } = await rehearse({ varied: { reference: "organization/network/prod" } });
        assert.equal(code, 2, out + err);
        assert.match(err, /\[REHEARSAL_IMPOSSIBLE\] .*organization\/network\/prod/);
      });

      it("where the project's package knows no rehearsal", async () => {
        // what ignores the variable, as an older version does
        const first = path.join(temporary, "older");
        mkdirSync(first);
        const launcher = path.join(first, "pulumi-resource-pulumi-nodejs");
        const original = path.join(ROOT, "node_modules", "@pulumi", "pulumi", "pulumi-resource-pulumi-nodejs");
        writeFileSync(launcher, `#!/bin/sh\nunset PULUMI_EXCHANGE_REHEARSAL\nexec "${original}" "$@"\n`);
        chmodSync(launcher, 0o755);
        const { code, out, err } = await rehearse({ first });
        assert.equal(code, 2, out + err);
        assert.match(err, /\[REHEARSAL_UNANSWERED\]/);
      });
    });

    it("a signal ends it, and nothing is left; secrets were never clear on disk", async () => {
      const { code, err } = await rehearse({
        meanwhile: async (child) => {
          let said = "";
          child.stderr!.on("data", (text: Buffer) => (said += text.toString()));
          await until("the run in the copy begins", () => said.includes("pulumi up in the copy"), 300_000);
          const texts = textsIn(path.join(temporary, "private"));
          assert.ok(texts.some((text) => text.includes("encryptionsalt")));
          for (const secret of [CANARY, ...workspace.secrets])
            assert.ok(!texts.some((text) => text.includes(secret)), "a secret is clear on disk");
          child.kill("SIGTERM");
        },
      });
      assert.equal(code, 2, err);
      assert.match(err, /ended by SIGTERM/);
    });
  },
);
