"use strict";
/**
 * Stage 3: a Pulumi CLI. From PATH, else the one kept in the cache, else the official installer, else `go build` of the
 * module in tools/pulumi-cli that pins it. The dynamic provider's launcher lies beside it, as in the official distribution.
 */
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { decideCli, goBuildArguments, pinnedVersion } = require("./decisions");
const { withLock } = require("./lock");
const { SetupError, run, ask, findProgram, isExecutable, WINDOWS } = require("./process");

const FLOOR = "3.251.0"; // the peer dependency's floor
const LAUNCHERS = ["pulumi-resource-pulumi-nodejs", "pulumi-resource-pulumi-nodejs.cmd"];
const EXE = WINDOWS ? "pulumi.exe" : "pulumi";

/** @returns {Promise<{pulumiBin: string, why: string}>} the CLI's path, and where it came from */
async function providePulumi({ root, say, cacheRoot, alsoLookIn = [], env }) {
  const version = pinnedVersion(fs.readFileSync(path.join(root, "tools", "pulumi-cli", "go.mod"), "utf8"));
  const present = lookAround([cacheRoot, ...alsoLookIn], version, env);
  if (present) return present;
  const home = path.join(cacheRoot, version);
  return withLock(path.join(cacheRoot, `.${version}.lock`), { deadlineSeconds: 1800, say }, async () => {
    const meanwhile = lookAround([cacheRoot], version, env);
    if (meanwhile) return meanwhile;
    return makePulumi({ root, say, home, version, env });
  });
}

/** What is there already: on PATH and new enough, or in a cache (both spellings of the version). */
function lookAround(caches, version, env) {
  const found = findProgram("pulumi", env.PATH);
  const homes = caches.flatMap((cache) => [version, version.slice(1)].map((name) => path.join(cache, name, "bin")));
  const cached = homes.find((dir) => isExecutable(path.join(dir, EXE)) && fs.existsSync(path.join(dir, LAUNCHERS[0])));
  // the cache's own folder is put on PATH by run.js; no need to ask it for its version
  const foreign = found && path.dirname(found) !== cached;
  const onPath = foreign ? { version: ask(found, ["version"], { ...env, PULUMI_SKIP_UPDATE_CHECK: "true" }) } : undefined;
  const [source] = decideCli({ onPath, cached: cached !== undefined, floor: FLOOR, canInstall: false, canBuild: false });
  if (source === "path") return { pulumiBin: fs.realpathSync(found), why: `${onPath.version} on PATH` };
  if (source === "cache") return { pulumiBin: path.join(cached, EXE), why: `${version} in the cache` };
  return undefined;
}

async function makePulumi({ root, say, home, version, env }) {
  const go = findProgram("go", env.PATH);
  const sources = decideCli({
    cached: false,
    floor: FLOOR,
    canInstall: !WINDOWS && !!findProgram("curl", env.PATH),
    canBuild: go !== undefined,
  });
  const temp = fs.mkdtempSync(path.join(path.dirname(home), ".making-"));
  try {
    for (const source of sources) {
      const made = source === "installer" ? await install({ say, temp, version, env }) : await build({ root, say, temp, version, go, env });
      if (!made) continue;
      copyLaunchers(root, path.join(temp, "bin"));
      moveInPlace(path.join(temp, "bin"), home);
      return {
        pulumiBin: path.join(home, "bin", EXE),
        why: `${version}, made by ${source === "go" ? "go build" : "the official installer"}`,
      };
    }
  } finally {
    fs.rmSync(temp, { recursive: true, force: true });
  }
  const tried = sources.length > 0 ? `tried: ${sources.join(", ")}` : "neither curl nor Go is on this machine";
  throw new SetupError(
    `no Pulumi CLI (${tried})`,
    `install Pulumi ${FLOOR} or newer (pulumi.com/docs/install) or Go 1.26, put it on PATH and run again`,
  );
}

/** The official installer, when its address answers within seconds. */
async function install({ say, temp, version, env }) {
  const script = path.join(temp, "install.sh");
  const fetch = ["-fsSL", "--connect-timeout", "4", "--max-time", "8", "-o", script, "https://get.pulumi.com"];
  const reach = await run("curl", fetch, { env, deadlineSeconds: 12, what: "asking get.pulumi.com", say, quiet: true });
  if (reach.code !== 0) {
    say("the official installer cannot be reached from here");
    return false;
  }
  say(`official installer of Pulumi ${version}`);
  const args = [script, "--version", version.slice(1), "--install-root", temp, "--no-edit-path"];
  const { code } = await run("sh", args, { env, deadlineSeconds: 600, what: "installing Pulumi", say });
  return code === 0 && isExecutable(path.join(temp, "bin", EXE));
}

/** `go build` of the pinned module; needs the Go module proxy or a filled module cache. */
async function build({ root, say, temp, version, go, env }) {
  say(`go build of Pulumi ${version}: some 5 minutes on 2 cores, once`);
  const output = path.join(temp, "bin", EXE);
  const options = { cwd: path.join(root, "tools", "pulumi-cli"), env, deadlineSeconds: 1800, what: "go build", say };
  const { code } = await run(go, goBuildArguments(version, output), options);
  return code === 0 && isExecutable(output);
}

function copyLaunchers(root, dir) {
  for (const name of LAUNCHERS) {
    const target = path.join(dir, name);
    if (fs.existsSync(target)) continue;
    fs.copyFileSync(path.join(root, "node_modules", "@pulumi", "pulumi", name), target);
    fs.chmodSync(target, 0o755);
  }
}

/** One rename, so that nobody ever sees half a CLI. */
function moveInPlace(bin, home) {
  fs.mkdirSync(home, { recursive: true });
  fs.rmSync(path.join(home, "bin"), { recursive: true, force: true });
  fs.renameSync(bin, path.join(home, "bin"));
}

/** `~/.cache/pulumi-exchange`, or a folder of the checkout when the home directory cannot be written. */
function chooseCache(root, say) {
  const fallback = path.join(root, ".cache");
  const wanted = path.join(os.homedir(), ".cache", "pulumi-exchange");
  try {
    fs.mkdirSync(wanted, { recursive: true });
    fs.accessSync(wanted, fs.constants.W_OK);
    return { cacheRoot: wanted, homeWritable: true };
  } catch {
    say(`${wanted} cannot be written; everything is kept in ${fallback} instead`);
    fs.mkdirSync(fallback, { recursive: true });
    return { cacheRoot: path.join(fallback, "pulumi-exchange"), alsoLookIn: [wanted], homeWritable: false };
  }
}

module.exports = { providePulumi, chooseCache, moveInPlace };
