"use strict";
/** Stages 1 and 2: the npm packages, and a Node that is new enough. */
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const { decideInstall, decideNode } = require("./decisions");
const { SetupError, run, ask, findProgram, npmCommand, WINDOWS } = require("./process");

/** `npm ci --ignore-scripts` when node_modules is not what the lock file asks for. */
async function installPackages({ root, say, npmEnv }) {
  const modules = path.join(root, "node_modules");
  const stampFile = path.join(modules, ".pulumi-exchange-setup");
  const lockText = fs.readFileSync(path.join(root, "package-lock.json"), "utf8");
  const wanted = `${crypto.createHash("sha256").update(lockText).digest("hex")} ${process.platform} ${process.arch}\n`;
  const decision = decideInstall({
    wanted,
    stamped: readIfThere(stampFile),
    lock: JSON.parse(lockText),
    installed: parseIfThere(path.join(modules, ".package-lock.json")),
  });
  if (decision.install) {
    say(`npm ci (${decision.why})`);
    const npm = npmCommand(nodeOutsideModules());
    // A Node that is too old is the next stage's business: npm would warn of it package by package.
    const args = [...npm.prefix, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
    const { code } = await run(npm.command, args, { cwd: root, env: npmEnv, deadlineSeconds: 900, what: "npm ci", say });
    if (code !== 0)
      throw new SetupError("npm ci failed", "run `npm ci --ignore-scripts` here and see what it says (registry, proxy, free space)");
  }
  writeIfChanged(stampFile, wanted);
  return decision.install ? `installed, because ${decision.why}` : decision.why;
}

/** The Node for everything that follows: this one when it is new enough, else the dev dependency's. */
async function chooseNode({ root, say, npmEnv, floor }) {
  const binary = path.join(root, "node_modules", "node", "bin", WINDOWS ? "node.exe" : "node");
  const usable = fs.existsSync(binary) && fs.statSync(binary).size > 1_000_000;
  const running = fs.existsSync(process.execPath) ? process.version : "gone with the old node_modules";
  const decision = decideNode({ running, floor, devBinary: usable });
  if (decision === "running") return { node: process.execPath, why: `${process.version} (the running one)` };
  if (decision === "rebuild") await fetchNode({ root, say, npmEnv });
  const version = decision === "dev" ? "" : ask(binary, ["--version"]);
  if (version === undefined) throw new SetupError("the dev dependency `node` has no working binary", byHand(floor));
  return { node: binary, why: `${version || "the dev dependency's"} (the running one is ${running}; ${floor} is needed)` };
}

async function fetchNode({ root, say, npmEnv }) {
  say("npm rebuild node: its install script fetches the binary for this platform");
  const npm = npmCommand(nodeOutsideModules());
  const args = [...npm.prefix, "rebuild", "node", "--ignore-scripts=false", "--foreground-scripts", "--loglevel=error"];
  await run(npm.command, args, { cwd: root, env: npmEnv, deadlineSeconds: 300, what: "npm rebuild node", say });
}

function byHand(floor) {
  return `install Node ${floor} or newer (nodejs.org), put it first on PATH and run again`;
}

/** npm ci removes the Node below node_modules, so npm itself should run on another one. */
function nodeOutsideModules() {
  const inside = `${path.sep}node_modules${path.sep}`;
  if (!process.execPath.includes(inside) && fs.existsSync(process.execPath)) return process.execPath;
  const dirs = (process.env.PATH ?? "").split(path.delimiter).filter((dir) => !dir.includes("node_modules"));
  return findProgram("node", dirs.join(path.delimiter)) ?? process.execPath;
}

function readIfThere(file) {
  return fs.existsSync(file) ? fs.readFileSync(file, "utf8") : undefined;
}

function parseIfThere(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined; // absent or cut off: install again
  }
}

function writeIfChanged(file, text) {
  if (readIfThere(file) !== text) fs.writeFileSync(file, text);
}

module.exports = { installPackages, chooseNode };
