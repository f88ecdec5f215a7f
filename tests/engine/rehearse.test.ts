/**
 * `npx pulumi-exchange rehearse` on the real engine, as it is typed: a plain `pulumi up` with the program in a process of its own. The "real"
 * servers are one lab, the copy that the command makes is another one; what reaches the first is counted at its doors.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo, type Server } from "node:net";
import os from "node:os";
import path from "node:path";
import { describeCertificate } from "pulumi-exchange";
import { issuedCertificates } from "../../lab/issued";
import type { Lab } from "../../lab/start";
import { replaceSection } from "../../tools/demo/readme";
import { findPulumi, openWorkspace, ROOT, type Workspace } from "../../tools/demo/workspace";
import { ended, hostsFile, removeFolders, cli, startCli, type Ended } from "../contract/cli/support";
import { languageHostIn } from "../support/engine/languageHost";
import type { Rehearsed } from "../support/engine/rehearsed";
import { issued } from "../support/engine/programs";
import { startTestLab, until } from "../support/lab";
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
    let real: Lab;
    let folder: string;
    let workspace: Workspace;
    let scenario: string;
    let temporary: string;
    let bystander: Server;
    let reached = 0;

    before(async () => {
      real = await startTestLab({ scenario: "contoso" });
      [folder, temporary] = ["real", "temporary"].map((name) => mkdtempSync(path.join(os.tmpdir(), `pulumi-exchange-${name}-`)));
      workspace = await openWorkspace(folder, await findPulumi(), real.ready.hosts, issuedCertificates(real.organisation));
      workspace.use("v1");
      await workspace.stack.up();
      await workspace.stack.setConfig("canary", { value: CANARY, secret: true });
      scenario = path.join(folder, "organisation.json");
      const taken = await cli(["snapshot", "--hosts", await hostsFile(real), "-o", scenario]);
      assert.equal(taken.code, 0, taken.out + taken.err);
      bystander = createServer((socket) => {
        reached += 1;
        socket.destroy();
      }).listen(0, "127.0.0.1");
      await once(bystander, "listening");
    });
    after(async () => {
      bystander?.close();
      await real?.close();
      for (const one of [folder, temporary]) if (one) rmSync(one, { recursive: true, force: true });
      await removeFolders();
    });

    const connections = (): number => reached + [...real.hosts.values()].reduce((sum, { ssh }) => sum + ssh.connections.length, 0);

    /** Everything of the user's that a run could write, by content; the CLI's own logs of what it read are left out. */
    function belongings(at = folder): { [file: string]: string } {
      const inside = readdirSync(at, { withFileTypes: true }).filter(({ name }) => name !== "logs");
      const entries = inside.flatMap((one): [string, string][] => {
        const full = path.join(at, one.name);
        if (one.isDirectory()) return Object.entries(belongings(full));
        return one.isFile() ? [[full, createHash("sha256").update(readFileSync(full)).digest("hex")]] : [];
      });
      return Object.fromEntries(entries);
    }

    interface Options {
      certificate?: string;
      varied?: Rehearsed;
      options?: string[];
      /** A folder that goes before all others on PATH. */
      first?: string;
      /** The servers are read first: one connection each. */
      live?: boolean;
      /** While it runs. */
      meanwhile?: (child: ReturnType<typeof startCli>) => Promise<void>;
    }

    async function rehearse({ certificate = "v2", varied, options = [], first, live, meanwhile }: Options = {}): Promise<Ended> {
      workspace.use(certificate);
      const host = languageHostIn(path.join(temporary, "host"), varied ? VARIED : QUICKSTART);
      const PATH = first ? `${first}${path.delimiter}${host.PATH}` : host.PATH;
      const TMPDIR = path.join(temporary, "private");
      mkdirSync(TMPDIR);
      const env = { ...workspace.stack.workspace.envVars, ...host, PATH, TMPDIR, REHEARSED: JSON.stringify(varied ?? {}) };
      const copy = live ? ["--hosts", await hostsFile(real)] : ["--scenario", scenario];
      const [before, dialled] = [belongings(), connections()];
      const child = startCli(["rehearse", ...copy, ...options, "--", "pulumi", "up", "--yes"], env, folder);
      try {
        const [result] = await Promise.all([ended(child), meanwhile?.(child)]);
        return result;
      } finally {
        assert.equal(connections() - dialled, live ? real.hosts.size : 0, "connections to the real servers");
        assert.deepEqual(belongings(), before, "the user's own files");
        const left = readdirSync(TMPDIR).filter((name) => name.startsWith("pulumi-exchange-rehearsal-"));
        rmSync(TMPDIR, { recursive: true });
        assert.deepEqual(left, [], "what is left behind");
      }
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
      const now = describeCertificate(issued(real, "v2").pem).thumbprint;
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
        const { pem: certificate, keyPem: privateKey } = issued(real, "foreignRoot");
        const { code, out, err } = await rehearse({ varied: { pem: { certificate, privateKey } } });
        assert.equal(code, 1, out + err);
        assert.match(out, /\[CERTIFICATE_UNTRUSTED\]/);
      });

      it("a site that does not exist, of servers that are read right before", async () => {
        await workspace.stack.setConfig("site", { value: "Nowhere" });
        const changed = (): number => real.history.entries.filter(({ mutating }) => mutating).length;
        const before = changed();
        const { code, out, err } = await rehearse({ live: true }).finally(() => workspace.stack.removeConfig("site"));
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
