import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkoutRoot, requireFromRoot } from "./fromRoot";

interface Tree {
  packages: Record<string, { version?: string; optional?: boolean; peer?: boolean }>;
}
interface Decisions {
  isAtLeast(found: string | undefined, floor: string): boolean;
  pinnedVersion(goMod: string): string;
  decideInstall(facts: { wanted: string; stamped?: string; lock: Tree; installed?: Tree }): { install: boolean; why: string };
  decideNode(facts: { running: string; floor: string; devBinary: boolean }): string;
  decideCli(facts: { onPath?: { version?: string }; cached: boolean; floor: string; canInstall: boolean; canBuild: boolean }): string[];
  goBuildArguments(version: string, output: string): string[];
  decideBuild(facts: { files: string[]; newest: number; built?: { files: string[]; newest: number } }): { build: boolean; why: string };
  joinPath(facts: Record<string, unknown>): string;
  lockIsStale(facts: Record<string, unknown>): boolean;
}

const decisions = requireFromRoot<Decisions>("tools/setup/decisions.js");

describe("set-up: versions", () => {
  const cases: [string | undefined, string, boolean][] = [
    ["v3.259.0", "3.251.0", true],
    ["3.251.0", "3.251.0", true],
    ["v3.250.9", "3.251.0", false],
    ["v3.9.0", "3.10.0", false],
    ["v4.0.0", "3.251.0", true],
    ["v2.999.999", "3.251.0", false],
    ["v3.260.0-alpha.x1234+dirty", "3.251.0", true],
    ["v20.20.2", "22.0.0", false],
    ["command not found", "3.251.0", false],
    ["", "3.251.0", false],
    [undefined, "3.251.0", false],
  ];
  for (const [found, floor, expected] of cases) {
    it(`${String(found)} is ${expected ? "" : "not "}at least ${floor}`, () => assert.equal(decisions.isAtLeast(found, floor), expected));
  }

  it("the Go module pins the CLI", () => {
    const goMod = readFileSync(join(checkoutRoot, "tools/pulumi-cli/go.mod"), "utf8");
    assert.match(decisions.pinnedVersion(goMod), /^v3\.\d+\.\d+$/);
    assert.throws(() => decisions.pinnedVersion("module x\n"), /does not pin/);
  });
});

describe("set-up: packages", () => {
  const lock: Tree = {
    packages: {
      "": { version: "0.1.0" },
      "examples/quickstart": {},
      "node_modules/a": { version: "1.0.0" },
      "node_modules/b": { version: "2.0.0", optional: true },
      "node_modules/pulumi-exchange": {},
    },
  };
  const complete: Tree = {
    packages: { "examples/quickstart": {}, "node_modules/a": { version: "1.0.0" }, "node_modules/pulumi-exchange": {} },
  };

  it("installs into a fresh clone", () => assert.equal(decisions.decideInstall({ wanted: "x", lock }).install, true));
  it("leaves what its own stamp vouches for", () =>
    assert.equal(decisions.decideInstall({ wanted: "x", stamped: "x", lock, installed: { packages: {} } }).install, false));
  it("installs again when the lock file has changed", () =>
    assert.deepEqual(decisions.decideInstall({ wanted: "new", stamped: "old", lock, installed: complete }), {
      install: true,
      why: "package-lock.json has changed",
    }));
  it("accepts a complete tree that somebody installed by hand", () =>
    assert.equal(decisions.decideInstall({ wanted: "x", lock, installed: complete }).install, false));
  it("does not accept another version", () => {
    const installed: Tree = { packages: { ...complete.packages, "node_modules/a": { version: "1.0.1" } } };
    assert.equal(decisions.decideInstall({ wanted: "x", lock, installed }).install, true);
  });
  it("does not accept a lacking package", () => {
    const packages = { ...complete.packages };
    delete packages["node_modules/a"];
    assert.equal(decisions.decideInstall({ wanted: "x", lock, installed: { packages } }).install, true);
  });
  it("the lock file names no registry's host", () => {
    const text = readFileSync(join(checkoutRoot, "package-lock.json"), "utf8");
    const hosts = [...text.matchAll(/"resolved": "(https?:[^"]*)"/g)].map((match) => match[1]);
    assert.deepEqual(hosts, []);
  });
});

describe("set-up: Node", () => {
  const floor = "22.0.0";
  it("stays on a new one", () => assert.equal(decisions.decideNode({ running: "v22.0.0", floor, devBinary: true }), "running"));
  it("takes the dev dependency's instead of an old one", () =>
    assert.equal(decisions.decideNode({ running: "v20.20.2", floor, devBinary: true }), "dev"));
  it("fetches its binary first when that is missing", () =>
    assert.equal(decisions.decideNode({ running: "v20.20.2", floor, devBinary: false }), "rebuild"));
});

describe("set-up: Pulumi CLI", () => {
  const facts = { cached: false, floor: "3.251.0", canInstall: true, canBuild: true };
  it("takes the one on PATH", () =>
    assert.deepEqual(decisions.decideCli({ ...facts, cached: true, onPath: { version: "v3.255.0" } }), ["path"]));
  it("passes over one on PATH that is too old", () =>
    assert.deepEqual(decisions.decideCli({ ...facts, cached: true, onPath: { version: "v3.200.0" } }), ["cache"]));
  it("passes over one on PATH that does not start", () =>
    assert.deepEqual(decisions.decideCli({ ...facts, onPath: {} }), ["installer", "go"]));
  it("takes the cached one before making another", () => assert.deepEqual(decisions.decideCli({ ...facts, cached: true }), ["cache"]));
  it("builds where there is no installer", () => assert.deepEqual(decisions.decideCli({ ...facts, canInstall: false }), ["go"]));
  it("has nothing to try without curl and Go", () =>
    assert.deepEqual(decisions.decideCli({ ...facts, canInstall: false, canBuild: false }), []));
  it("builds with the version in the binary", () => {
    const args = decisions.goBuildArguments("v3.259.0", "/out/pulumi");
    assert.equal(args[args.indexOf("-o") + 1], "/out/pulumi");
    assert.match(args[args.indexOf("-ldflags") + 1] ?? "", /version\.Version=v3\.259\.0$/);
    assert.equal(args.at(-1), "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi");
  });
});

describe("set-up: build", () => {
  const files = ["provider/index"];
  const built = { files, newest: 10 };
  it("builds a fresh clone", () => assert.equal(decisions.decideBuild({ files, newest: 10 }).build, true));
  it("does nothing when nothing changed", () => assert.equal(decisions.decideBuild({ files, newest: 10, built }).build, false));
  it("builds a changed file", () => assert.equal(decisions.decideBuild({ files, newest: 11, built }).build, true));
  it("builds when a file went", () => assert.equal(decisions.decideBuild({ files: [], newest: 9, built }).build, true));
});

describe("set-up: PATH and locks", () => {
  const facts = { nodeDir: "/n", pulumiDir: "/p", launcherDir: "/l", current: "/usr/bin::/p", delimiter: ":" };
  it("puts Node and CLI first and the launcher last", () =>
    assert.equal(decisions.joinPath({ ...facts, nodeDirHasPulumi: false }), "/n:/p:/usr/bin:/l"));
  it("puts the CLI before a Node whose folder has another one", () =>
    assert.equal(decisions.joinPath({ ...facts, nodeDirHasPulumi: true }), "/p:/n:/usr/bin:/l"));

  const lock = { holder: { pid: 7, host: "here" }, age: 1_000, patience: 60_000, host: "here" };
  it("respects a living holder", () => assert.equal(decisions.lockIsStale({ ...lock, alive: () => true }), false));
  it("takes over from a dead one", () => assert.equal(decisions.lockIsStale({ ...lock, alive: () => false }), true));
  it("cannot judge a process of another machine", () =>
    assert.equal(decisions.lockIsStale({ ...lock, host: "there", alive: () => false }), false));
  it("takes over from one that gave no sign of life", () =>
    assert.equal(decisions.lockIsStale({ ...lock, age: 61_000, alive: () => true }), true));
});
