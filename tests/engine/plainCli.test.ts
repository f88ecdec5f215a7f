/** The quickstart as an ordinary Pulumi project: plain `pulumi preview`, `up` and `destroy`, without the Automation API. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../provider/remote/agentScript";
import type { Lab } from "../../lab/start";
import { progress } from "../../tools/testing/patience";
import { control, startTestLab } from "../support/lab";
import { skipUnless } from "../support/skip";

/** Whether the language host is on PATH: beside the CLI, where the official installer puts it, or elsewhere. */
function hasLanguageHost(): boolean {
  const folders = (process.env.PATH ?? "").split(path.delimiter);
  return folders.some((folder) => existsSync(path.join(folder, "pulumi-language-nodejs")));
}

skipUnless(hasLanguageHost(), "the Pulumi CLI here has no Node language host (it comes with the official installer)").describe(
  "the quickstart with the plain CLI",
  function () {
    this.timeout(300_000);
    let lab: Lab;
    let home: string;
    let env: NodeJS.ProcessEnv;

    before(async () => {
      lab = await startTestLab({ scenario: "contoso" });
      home = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-plain-"));
      mkdirSync(path.join(home, "backend"));
      const v1 = (await control(lab).certificates()).find((one) => one.name === "v1")!;
      writeFileSync(path.join(home, "v1.pfx"), Buffer.from(v1.pfx, "base64"));
      const hosts = lab.ready.hosts.map(({ name, ssh }) => [name, { ...ssh, password: { env: "LAB_PASSWORD_" + name } }]);
      env = {
        ...process.env,
        ...Object.fromEntries(lab.ready.hosts.map(({ name, ssh }) => ["LAB_PASSWORD_" + name, ssh.password])),
        EXCHANGE_HOSTS: JSON.stringify(Object.fromEntries(hosts)),
        EXCHANGE_PFX_FILE: path.join(home, "v1.pfx"),
        EXCHANGE_PFX_PASSWORD: v1.password,
        PULUMI_BACKEND_URL: `file://${path.join(home, "backend")}`,
        PULUMI_CONFIG_PASSPHRASE: "only for tests",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      };
      await pulumi("stack", "init", "plain");
    });
    after(async () => {
      if (env) await pulumi("stack", "rm", "plain", "--yes", "--force");
      if (home) rmSync(home, { recursive: true, force: true });
      await lab?.close();
    });

    /** Runs the CLI beside the lab, which answers from this process. */
    async function pulumi(...args: string[]): Promise<string> {
      const cwd = path.join(packageRoot(__dirname), "examples", "quickstart");
      const child = spawn("pulumi", [...args, "--non-interactive"], { cwd, env, stdio: ["ignore", "pipe", "pipe"] });
      const said = { stdout: "", stderr: "" };
      for (const name of ["stdout", "stderr"] as const)
        child[name].setEncoding("utf8").on("data", (text: string) => {
          said[name] += text;
          progress();
        });
      const [code] = (await once(child, "close")) as [number | null];
      assert.equal(code, 0, `pulumi ${args.join(" ")}: ${said.stdout}${said.stderr}`);
      return said.stdout;
    }

    it("previews, adopts with 0 mutating calls, and destroys", async () => {
      assert.match(await pulumi("preview", "--stack", "plain"), /first deployment|to create/);
      await pulumi("up", "--yes", "--skip-preview", "--stack", "plain");
      await pulumi("destroy", "--yes", "--skip-preview", "--stack", "plain");
      assert.deepEqual(
        (await control(lab).history()).filter((call) => call.mutating),
        [],
      );
    });
  },
);
