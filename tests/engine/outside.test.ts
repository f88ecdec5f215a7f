/**
 * The examples and what `init` writes, copied out of the repository: installed from the packed tarball, compiled with their own TypeScript,
 * previewed on the real engine with the SDK that was installed there (inline, so that no language host is needed).
 */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { projectFiles } from "../../provider/cli/init/command";
import { planProject } from "../../provider/cli/init/plan";
import { parseHosts } from "../../provider/cli/hostsFile";
import type { Lab } from "../../lab/start";
import { control, startTestLab } from "../support/lab";
import { Outside, packInto, run, type Manager } from "../support/outside";
import { NodeModulesRegistry } from "../support/registry";
import { snapshotOf } from "../support/snapshot";

const EXAMPLES = ["quickstart", "edge-hybrid", "hub-renewal", "signed-request", "adcs-approval", "auth-certificate"];
/** Needs the plugin of another provider, which Pulumi would have to download. */
const WITHOUT_PREVIEW = ["signed-request"];
const INIT = "from-init";
const PREVIEWED = [...EXAMPLES.filter((one) => !WITHOUT_PREVIEW.includes(one)), INIT];

/** Previews every project, one after the other, from the folder that holds their packages. */
const DRIVER = `
const { LocalWorkspace } = require("@pulumi/pulumi/automation");
const path = require("node:path");
(async () => {
  for (const project of process.argv.slice(2)) {
    const workDir = path.join(__dirname, project);
    process.chdir(workDir);
    const program = () => Promise.resolve(require(path.join(workDir, "index.js")));
    const settings = { name: project, runtime: "nodejs", backend: { url: "file://" + path.join(__dirname, "state") } };
    const stack = await LocalWorkspace.createStack({ stackName: "dev", projectName: project, program }, { workDir: path.join(__dirname, "work-" + project), projectSettings: settings });
    const { changeSummary } = await stack.preview();
    console.log("PREVIEW " + project + " " + JSON.stringify(changeSummary));
  }
})().catch((error) => { console.error(error); process.exit(1); });
`;

describe("outside of the repository", function () {
  this.timeout(600_000);
  let lab: Lab;
  let registry: NodeModulesRegistry;
  let tarball: string;
  let fromInit: { [file: string]: string };
  const packed = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-packed-"));
  before(async () => {
    lab = await startTestLab({ scenario: "contoso" });
    registry = await NodeModulesRegistry.start();
    [tarball, fromInit] = await Promise.all([packInto(packed), written()]);
  });
  after(async () => {
    registry.close();
    await lab.close();
    rmSync(packed, { recursive: true, force: true });
  });

  for (const manager of ["npm", "pnpm", "yarn"] satisfies Manager[])
    it(`${manager}: every project installs, compiles and previews`, async () => {
      const outside = new Outside(tarball, registry.url);
      try {
        for (const example of EXAMPLES) outside.copy(example);
        outside.write(INIT, fromInit);
        await outside.install(manager);
        assert.equal(await outside.compile(), "");
        await previews(outside, PREVIEWED);
      } finally {
        outside.remove();
      }
    });

  async function written(): Promise<{ [file: string]: string }> {
    const hosts = parseHosts(JSON.stringify(lab.ready), "lab.json");
    const snapshot = await snapshotOf(lab);
    return projectFiles(snapshot, planProject(snapshot), hosts, new Date());
  }

  async function previews(outside: Outside, projects: string[]): Promise<void> {
    const { folder } = outside;
    writeFileSync(path.join(folder, "driver.js"), DRIVER);
    for (const name of ["state", "home", ...projects.map((one) => `work-${one}`)]) mkdirSync(path.join(folder, name));
    // A hosts file for the commands beside the program must not stand in for a module: Node takes hosts.json before hosts.ts.
    for (const project of projects)
      if (project !== INIT) writeFileSync(path.join(folder, project, "hosts.json"), JSON.stringify(connections()));
    const { ran, pfx } = await previewed(folder, projects);
    assert.equal(ran.code, 0, ran.output);
    for (const project of projects) assert.match(ran.output, new RegExp(`^PREVIEW ${project} \\{"create":\\d+`, "m"), ran.output);
    assert.ok(!ran.output.includes(pfx.password));
  }

  async function previewed(folder: string, projects: string[]) {
    const pfx = (await control(lab).certificates()).find(({ name }) => name === "v1")!;
    const file = path.join(folder, "v1.pfx");
    writeFileSync(file, Buffer.from(pfx.pfx, "base64"));
    const env = {
      EXCHANGE_HOSTS: JSON.stringify(connections()),
      EXCHANGE_PFX_FILE: file,
      EXCHANGE_PFX_PASSWORD: pfx.password,
      ...Object.fromEntries(lab.ready.hosts.map(({ name, ssh }) => [`${name}_PASSWORD`, ssh.password])),
      PULUMI_CONFIG_PASSPHRASE: "only for tests",
      PULUMI_HOME: path.join(folder, "home"),
      PULUMI_SKIP_UPDATE_CHECK: "true",
      PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    };
    return { pfx, ran: await run(process.execPath, [path.join(folder, "driver.js"), ...projects], folder, env) };
  }

  /** A preview contacts nobody: the names of all examples lead to servers of this lab. */
  function connections(): { [name: string]: object } {
    const [{ ssh }] = lab.ready.hosts;
    const one = { ...ssh, password: { env: "MBX01_PASSWORD" } };
    return Object.fromEntries(["EDGE01", "EDGE02", "MBX01", "EDGE1", "EDGE2", "EX01", "MESSAGING", "SECURITY"].map((name) => [name, one]));
  }
});
