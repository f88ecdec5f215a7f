/** What `init` writes, run on the real engine: the first `up` adopts, and changes nothing in Exchange. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import ts from "typescript";
import { scenarioNames } from "../../lab/model/scenarioFile";
import type { Lab } from "../../lab/start";
import { projectFiles } from "../../provider/cli/init/command";
import { planProject, type Plan } from "../../provider/cli/init/plan";
import { parseHosts } from "../../provider/cli/hostsFile";
import { packageRoot } from "../../provider/remote/agentScript";
import { count, isNoOp, named, Story } from "../support/engine";
import { startTestLab } from "../support/lab";
import { Dice, disturb, generated } from "../support/organisations";
import { seedOf } from "../support/seed";
import { snapshotOf } from "../support/snapshot";

const GENERATED = 1;

describe("npx pulumi-exchange init", function () {
  this.timeout(300_000);
  let folder: string;
  before(() => {
    folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-init-"));
    symlinkSync(path.join(packageRoot(__dirname), "node_modules"), path.join(folder, "node_modules"));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** The project of what the lab is, compiled. */
  async function project(lab: Lab, name: string): Promise<{ plan: Plan; program: string; files: { [path: string]: string } }> {
    const hosts = parseHosts(JSON.stringify(lab.ready), "lab.json");
    const snapshot = await snapshotOf(lab);
    const plan = planProject(snapshot);
    const files = projectFiles(snapshot, plan, hosts, new Date());
    const own = path.join(folder, name);
    mkdirSync(path.join(own, "certificates"), { recursive: true });
    for (const [file, text] of Object.entries(files)) writeFileSync(path.join(own, file), text);
    const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };
    const { outputText, diagnostics = [] } = ts.transpileModule(files["index.ts"], { compilerOptions: options, reportDiagnostics: true });
    assert.deepEqual(
      diagnostics.map(({ messageText }) => messageText),
      [],
      files["index.ts"],
    );
    writeFileSync(path.join(own, "index.js"), outputText);
    for (const { ssh } of lab.ready.hosts)
      assert.ok(
        Object.values(files).every((text) => !text.includes(ssh.password)),
        "a password in a file",
      );
    return { plan, files, program: path.join(own, "index.js") };
  }

  async function adopts(lab: Lab, name: string, note = ""): Promise<Plan> {
    const { plan, program, files } = await project(lab, name);
    const story = await Story.over(lab);
    const env = Object.fromEntries(
      lab.ready.hosts.map((host) => [`${host.name.replace(/[^A-Za-z0-9]/g, "_")}_PASSWORD`, host.ssh.password]),
    );
    const run = () => Promise.resolve(require(program) as Record<string, unknown>);
    const fresh = () => {
      delete require.cache[program];
      return run();
    };
    try {
      const told = `${note}\n${files["index.ts"]}`;
      const up = await story.up(fresh, { env });
      assert.ok(up.ok, `${told}\n${up.output}`);
      assert.deepEqual(named(up.seen.mutating), [], told);
      const again = await story.preview(fresh, { env });
      assert.ok(again.ok && isNoOp(again), `${told}\n${again.output}`);
      const declared = plan.fleets.flatMap(({ edges }) => edges).length + plan.mailbox.length;
      assert.ok(count(up, "create") >= declared, up.output);
    } finally {
      await story.end();
    }
    return plan;
  }

  const found: { [scenario: string]: Plan } = {};
  for (const name of scenarioNames())
    it(`adopts ${name} and changes nothing`, async () => {
      found[name] = await adopts(await startTestLab({ scenario: name }), name);
    });

  it("declares what is sound, and leaves what is not to a person", () => {
    assert.deepEqual(found.contoso.open, []);
    assert.deepEqual(
      found.contoso.fleets.map(({ edges, sendConnectors }) => [edges.map(({ server }) => server), sendConnectors]),
      [[["EDGE01", "EDGE02"], ["Outbound to Office 365"]]],
    );
    assert.ok(found.contoso.hybrid);
    assert.equal(found["two-sites"].fleets.length, 2);
    assert.deepEqual(found.ebs2008.fleets, []);
    assert.match(found.ebs2008.open.join(), /SECURITY is left out: EdgeSync does not synchronise it/);
  });

  it("adopts generated organisations and changes nothing", async () => {
    const seed = seedOf("INIT_SEED");
    console.log(`      seed ${seed} (INIT_SEED repeats it)`);
    for (let round = 0; round < Number(process.env.INIT_ROUNDS ?? GENERATED); round++) {
      const dice = new Dice(seed + round);
      const lab = await startTestLab({ scenario: generated(dice) });
      const done = dice.chance(0.5) ? await disturb(lab, dice) : [];
      await adopts(lab, `generated-${round}`, `seed ${seed + round}\n${done.join("\n")}`);
    }
  });
});
