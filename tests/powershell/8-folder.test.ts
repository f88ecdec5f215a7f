/** The working folder under bad conditions: races of several agents with deaths, a damaged fence, a full disk, a read-only one. */
import { strict as assert } from "node:assert";
import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isRoot } from "../../lab/interop/programs";
import type { ChildAgent } from "../support/agents/child";
import { COMPLETE, random, SEED } from "../support/agents/choice";
import { FakeOrganisation } from "../support/agents/fakeOrganisation";
import { pwshMissing, stageForAll } from "../support/agents/stage";
import { skipHere, skipUnless } from "../support/skip";

const AGENTS = COMPLETE ? 8 : 4;
const ROUNDS = COMPLETE ? 60 : 15;
const base64 = (text: string): string => Buffer.from(text).toString("base64");

skipUnless(pwshMissing === undefined, pwshMissing ?? "").describe("the working folder of a real PowerShell's agents", () => {
  const stage = stageForAll(() => ({ scenario: undefined, organisation: new FakeOrganisation() }));

  it("several agents, killed one by one: one winner, no append lost, no lower fence", async function () {
    this.timeout(COMPLETE ? 0 : 300_000);
    const next = random("deaths");
    console.log(`      deaths: seed ${SEED}`);
    const agents = await Promise.all(Array.from({ length: AGENTS }, () => stage().agent("EDGE01")));
    const alive = (): ChildAgent[] => agents.filter((one) => !one.closed);
    const expected: string[] = [];
    let fence = 0;
    for (let round = 0; round < ROUNDS; round++) {
      const crew = alive();
      fence++;
      const races = crew.map((one) => one.request("file.createNew", { path: `race/${round}`, data: base64(`${round}`) }, { fence }));
      const lines = crew.map((one, index) => ({ one, text: `${round}:${index}\n` }));
      const appends = lines.map(({ one, text }) => one.request("file.append", { path: "log", data: base64(text) }, { fence }));
      // two stay: somebody has to see what became of it
      const victim = round % 4 === 3 && crew.length > 2 ? crew[2 + Math.floor(next() * (crew.length - 2))] : undefined;
      victim?.destroy();
      const won = await Promise.all(races);
      const winners = won.filter((reply) => reply?.ok && (reply.value as { created: boolean }).created).length;
      const { found } = await crew[0].value<{ found: boolean }>("file.read", { path: `race/${round}` });
      assert.ok(found && winners <= 1 && (winners === 1 || victim !== undefined), `round ${round}: ${winners} winners`);
      const done = await Promise.all(appends);
      done.forEach((reply, index) => reply?.ok && expected.push(lines[index].text));
    }
    const { data } = await agents[0].value<{ data: string }>("file.read", { path: "log" });
    const kept = Buffer.from(data, "base64")
      .toString()
      .split("\n")
      .map((line) => `${line}\n`);
    for (const text of expected) assert.equal(kept.filter((one) => one === text).length, 1, text);
    assert.equal((await agents[0].value("hello")).fence, fence);
    console.log(`      figure: ${AGENTS} agents, ${ROUNDS} races with one winner each, ${expected.length} appends kept`);
    await Promise.all(alive().map((one) => one.end()));
  });

  it("a damaged fence lets nobody write, and reads go on", async () => {
    const agent = await stage().agent("MBX01");
    await agent.value("fence.raise", { fence: 5 });
    writeFileSync(join(agent.ready.folder, ".agent", "fence"), "garbage\n");
    assert.equal(await agent.refusal("service.stop", { name: "W3SVC" }, { fence: 9 }), "FenceDamaged");
    assert.equal(await agent.refusal("file.write", { path: "a", data: "" }, { fence: 9 }), "FenceDamaged");
    assert.equal((await agent.value("hello")).fence, 0);
    assert.equal((await agent.value("service.status", { name: "W3SVC" })).status, "Running");
    await agent.end();
  });

  it("a full disk: what was there stays, and with room made writing goes on", async function () {
    if (!isRoot()) skipHere(this, "only root can mount a small disk");
    const disk = join(stage().folder, "small");
    mkdirSync(disk);
    try {
      execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], { stdio: "ignore" });
    } catch {
      skipHere(this, "this machine mounts no small disk");
    }
    try {
      const agent = await stage().agent("EDGE01", { environment: { PULUMI_EXCHANGE_FOLDER: join(disk, "work") } });
      await agent.value("file.write", { path: "kept", data: base64("before") }, { fence: 1 });
      const large = Buffer.alloc(400_000, 1).toString("base64");
      for (const path of ["kept", "new"])
        assert.equal(await agent.refusal("file.write", { path, data: large }, { fence: 1 }), "FileFailed", path);
      assert.equal(await agent.refusal("file.createNew", { path: "new", data: large }, { fence: 1 }), "FileFailed");
      assert.deepEqual(await agent.value("file.read", { path: "kept" }), { found: true, data: base64("before") });
      assert.deepEqual(await agent.value("file.list", { path: "" }), { files: ["kept"] });
      await agent.value("file.write", { path: "kept", data: base64("after") }, { fence: 2 });

      execFileSync("mount", ["-o", "remount,ro", disk], { stdio: "ignore" });
      const refused: [string, object][] = [
        ["file.write", { path: "kept", data: "" }],
        ["file.append", { path: "kept", data: "" }],
        ["file.createNew", { path: "b", data: "" }],
        ["file.remove", { path: "kept" }],
        ["service.stop", { name: "W3SVC" }],
      ];
      for (const [op, params] of refused) assert.equal(await agent.refusal(op, params, { fence: 3 }), "FileFailed", op);
      assert.equal(await agent.refusal("fence.raise", { fence: 4 }), "FileFailed");
      assert.deepEqual(await agent.value("file.read", { path: "kept" }), { found: true, data: base64("after") });
      assert.equal((await agent.value("service.status", { name: "W3SVC" })).status, "Running", "nothing was changed");
      await agent.end();
    } finally {
      execFileSync("umount", ["-l", disk], { stdio: "ignore" });
    }
  });
});
