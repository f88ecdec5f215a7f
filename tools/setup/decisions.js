"use strict";
/** What the set-up decides, as pure functions: the stages next door only carry it out. */

/** `[major, minor, patch]` of `v3.259.0`, `3.259.0-alpha.1+x` and the like; undefined when it is no version. */
function parseVersion(text) {
  const match = /^\s*v?(\d+)\.(\d+)\.(\d+)/.exec(text ?? "");
  return match ? match.slice(1).map(Number) : undefined;
}

/** True when `found` is a version and not older than `floor`. */
function isAtLeast(found, floor) {
  const have = parseVersion(found);
  const want = parseVersion(floor);
  if (!have || !want) return false;
  const at = have.findIndex((part, index) => part !== want[index]);
  return at === -1 || have[at] > want[at];
}

/** The CLI's version (`v3.259.0`), pinned in one place only: the Go module. */
function pinnedVersion(goMod) {
  const match = /github\.com\/pulumi\/pulumi\/pkg\/v3 (v\d+\.\d+\.\d+)/.exec(goMod);
  if (!match) throw new Error("tools/pulumi-cli/go.mod does not pin github.com/pulumi/pulumi/pkg/v3");
  return match[1];
}

/**
 * Must `npm ci` run? A tree that somebody installed by hand counts too, when npm's own record of it agrees with the lock file.
 * @param {{wanted: string, stamped?: string, lock: object, installed?: object}} facts
 * @returns {{install: boolean, why: string}}
 */
function decideInstall({ wanted, stamped, lock, installed }) {
  if (!installed) return { install: true, why: "nothing was installed yet" };
  if (stamped === wanted) return { install: false, why: "up to date" };
  if (stamped === undefined && sameTree(lock, installed)) return { install: false, why: "installed by hand, and complete" };
  return { install: true, why: "package-lock.json has changed" };
}

/** True when npm's record of node_modules holds what the lock file asks for; other platforms' optional packages may lack. */
function sameTree(lock, installed) {
  const want = lock.packages ?? {};
  const have = installed.packages ?? {};
  const strange = Object.keys(have).some((path) => want[path]?.version !== have[path].version);
  const lacking = Object.keys(want).some(
    (path) => path.includes("node_modules/") && !have[path] && !want[path].optional && !want[path].peer,
  );
  return !strange && !lacking;
}

/**
 * Which Node runs everything after the set-up?
 * @param {{running: string, floor: string, devBinary: boolean}} facts `running`: this process's version
 * @returns {"running" | "dev" | "rebuild"} `rebuild`: the dev dependency's binary must be fetched first
 */
function decideNode({ running, floor, devBinary }) {
  if (isAtLeast(running, floor)) return "running";
  return devBinary ? "dev" : "rebuild";
}

/**
 * Where does the Pulumi CLI come from? The first that is there; what must be made is tried in this order.
 * @param {{onPath?: {version?: string}, cached: boolean, floor: string, canInstall: boolean, canBuild: boolean}} facts
 * @returns {("path" | "cache" | "installer" | "go")[]} the sources to try, best first; empty: do it by hand
 */
function decideCli({ onPath, cached, floor, canInstall, canBuild }) {
  if (onPath && isAtLeast(onPath.version, floor)) return ["path"];
  if (cached) return ["cache"];
  return [...(canInstall ? ["installer"] : []), ...(canBuild ? ["go"] : [])];
}

/** The command line that builds the pinned CLI; run in tools/pulumi-cli. Tags as in the official builds. */
function goBuildArguments(version, output) {
  const symbol = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
  const flags = ["-tags", "osusergo,grpcnotrace", "-trimpath", "-ldflags", `-s -w -X ${symbol}=${version}`];
  return ["build", ...flags, "-o", output, "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"];
}

/**
 * Must tsc run? `built` is what the last complete build saw.
 * @param {{files: string[], newest: number, built?: {files: string[], newest: number}}} facts times in ms
 */
function decideBuild({ files, newest, built }) {
  if (!built) return { build: true, why: "nothing was built yet" };
  if (files.join("\n") !== built.files.join("\n")) return { build: true, why: "files came or went" };
  if (newest > built.newest) return { build: true, why: "sources have changed" };
  return { build: false, why: "up to date" };
}

/** The PATH for everything that follows: the chosen Node and CLI first, the dynamic provider's launcher last. */
function joinPath({ nodeDir, pulumiDir, nodeDirHasPulumi, launcherDir, current, delimiter }) {
  const first = nodeDirHasPulumi ? [pulumiDir, nodeDir] : [nodeDir, pulumiDir];
  return [...new Set([...first, ...current.split(delimiter).filter(Boolean), launcherDir])].join(delimiter);
}

/**
 * May a lock be taken from its holder? When its process is gone (same machine), or it gave no sign of life for `patience` ms.
 * @param {{holder?: {pid: number, host: string}, age: number, patience: number, host: string, alive: (pid: number) => boolean}} facts
 */
function lockIsStale({ holder, age, patience, host, alive }) {
  if (age > patience) return true;
  return holder !== undefined && holder.host === host && !alive(holder.pid);
}

module.exports = {
  parseVersion,
  isAtLeast,
  pinnedVersion,
  decideInstall,
  sameTree,
  decideNode,
  decideCli,
  goBuildArguments,
  decideBuild,
  joinPath,
  lockIsStale,
};
