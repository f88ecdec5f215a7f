/** The quickstart as an ordinary Pulumi project: plain `pulumi preview`, `up` and `destroy`, without the Automation API. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../provider/remote/agentScript";
import type { Lab } from "../../lab/start";
import { control, startTestLab } from "../support/lab";
import { skipUnless } from "../support/skip";

/** Whether a program is on PATH, or beside the CLI, as the official installer puts it. */
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
      pulumi("stack", "init", "plain");
    });
    after(async () => {
      if (home) rmSync(home, { recursive: true, force: true });
      await lab?.close();
    });

    function pulumi(...args: string[]): string {
      const cwd = path.join(packageRoot(__dirname), "examples", "quickstart");
      const { status, stdout, stderr } = spawnSync("pulumi", [...args, "--non-interactive"], { cwd, env, encoding: "utf8" });
      assert.equal(status, 0, `pulumi ${args.join(" ")}: ${stdout}${stderr}`);
      return stdout;
    }

    it("previews, adopts with 0 mutating calls, and destroys", async () => {
      assert.match(pulumi("preview", "--stack", "plain"), /first deployment|to create/);
      pulumi("up", "--yes", "--skip-preview", "--stack", "plain");
      pulumi("destroy", "--yes", "--skip-preview", "--stack", "plain");
      assert.deepEqual(
        (await control(lab).history()).filter((call) => call.mutating),
        [],
      );
    });
  },
);
