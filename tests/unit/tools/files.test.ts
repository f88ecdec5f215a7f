import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { checkoutRoot, requireFromRoot } from "./fromRoot";

interface Locks {
  withLock<T>(file: string, options: { deadlineSeconds: number; say: (text: string) => void }, work: () => Promise<T>): Promise<T>;
}
interface Build {
  sources(root: string): { files: string[]; newest: number };
  removeOrphans(dist: string, known: Set<string>): void;
}
interface Cli {
  moveInPlace(bin: string, home: string): void;
}

const { withLock } = requireFromRoot<Locks>("tools/setup/lock.js");
const { sources, removeOrphans } = requireFromRoot<Build>("tools/setup/build.js");
const { moveInPlace } = requireFromRoot<Cli>("tools/setup/pulumi-cli.js");
const quiet = { deadlineSeconds: 10, say: () => undefined };

describe("set-up: files", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-tools-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it("lets one work at a time and frees the lock", async () => {
    const lock = join(folder, "lock");
    let inside = 0;
    let most = 0;
    const work = async (): Promise<void> => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    };
    await Promise.all([withLock(lock, quiet, work), withLock(lock, quiet, work), withLock(lock, quiet, work)]);
    assert.equal(most, 1);
    assert.equal(existsSync(lock), false);
  });

  it("frees the lock when the work fails", async () => {
    const lock = join(folder, "lock");
    await assert.rejects(
      withLock(lock, quiet, () => Promise.reject(new Error("broken"))),
      /broken/,
    );
    assert.equal(existsSync(lock), false);
  });

  it("takes over the lock of a process that is gone", async () => {
    const lock = join(folder, "lock");
    const gone = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(lock, JSON.stringify({ pid: gone, host: hostname() }));
    assert.equal(await withLock(lock, quiet, () => Promise.resolve("done")), "done");
  });

  it("gives up on a living holder, and says which file", async () => {
    const lock = join(folder, "lock");
    writeFileSync(lock, JSON.stringify({ pid: process.pid, host: hostname() }));
    await assert.rejects(
      withLock(lock, { ...quiet, deadlineSeconds: 0 }, () => Promise.resolve()),
      (error: Error & { byHand?: string }) => error.message.includes(lock) && error.byHand !== undefined,
    );
  });

  it("moves a new CLI over half an old one", () => {
    mkdirSync(join(folder, "new"));
    writeFileSync(join(folder, "new", "pulumi"), "new");
    mkdirSync(join(folder, "v1", "bin"), { recursive: true });
    writeFileSync(join(folder, "v1", "bin", "leftover"), "old");
    moveInPlace(join(folder, "new"), join(folder, "v1"));
    assert.deepEqual(readdirSync(join(folder, "v1", "bin")), ["pulumi"]);
    assert.equal(readFileSync(join(folder, "v1", "bin", "pulumi"), "utf8"), "new");
  });

  it("removes the output of sources that are gone, and nothing else", () => {
    for (const name of ["kept.js", "kept.js.map", "kept.d.ts", "gone.test.js", "gone.test.js.map", "gone.test.d.ts", "data.json"]) {
      writeFileSync(join(folder, name), "");
    }
    removeOrphans(folder, new Set(["kept"]));
    assert.deepEqual(readdirSync(folder).sort(), ["data.json", "kept.d.ts", "kept.js", "kept.js.map"]);
  });

  it("sees a newer source", () => {
    for (const name of ["tsconfig.json", "package.json", "package-lock.json"]) writeFileSync(join(folder, name), "{}");
    mkdirSync(join(folder, "lab"));
    writeFileSync(join(folder, "lab", "a.ts"), "");
    const before = sources(folder);
    assert.deepEqual(before.files, ["lab/a"]);
    const later = new Date(before.newest + 60_000);
    utimesSync(join(folder, "lab", "a.ts"), later, later);
    assert.ok(sources(folder).newest > before.newest);
  });
});

describe("program runner", () => {
  const runner = join(checkoutRoot, "tools", "run.js");
  for (const name of ["", "nothing", "constructor"]) {
    it(`refuses "${name}" before any set-up`, () => {
      const result = spawnSync(process.execPath, name ? [runner, name] : [runner], { encoding: "utf8" });
      assert.equal(result.status, 2);
      assert.match(result.stderr, /usage: .*test\|demo\|lab/);
      assert.equal(result.stdout, "");
    });
  }
});
