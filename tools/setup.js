#!/usr/bin/env node
"use strict";
/**
 * Set-up from a fresh clone: packages, Node, Pulumi CLI, compiled sources. Plain JavaScript for Node 20 and newer, because
 * it runs before anything is installed. Everything it says goes to stderr; with --json one line of timings goes to stdout.
 */
const fs = require("node:fs");
const path = require("node:path");
const { joinPath } = require("./setup/decisions");
const { withLock } = require("./setup/lock");
const { SetupError, seconds } = require("./setup/process");
const { installPackages, chooseNode } = require("./setup/packages");
const { providePulumi, chooseCache } = require("./setup/pulumi-cli");
const { buildSources } = require("./setup/build");

const ROOT = path.resolve(__dirname, "..");
const NODE_FLOOR = "22.0.0";
const STAGES = ["packages", "node", "pulumi", "build"];

/**
 * Brings the checkout into a state in which everything can run; cheap when it is already.
 * @param {{say?: (line: string) => void, needsPulumi?: boolean}} options `needsPulumi`: a machine that can get no CLI is an error
 * @returns {Promise<{root: string, node: string, pulumiBin?: string, env: NodeJS.ProcessEnv, seconds: Record<string, number>}>}
 *   `env`: this process's environment with the chosen Node and CLI first on PATH; without a CLI PULUMI_EXCHANGE_NO_CLI says why
 * @throws {SetupError} with `byHand`: what to do by hand
 */
async function setUp({ say = (line) => process.stderr.write(`${line}\n`), needsPulumi = true } = {}) {
  const { homeWritable, ...caches } = chooseCache(ROOT, (text) => say(`[setup] ${text}`));
  const base = environment(homeWritable);
  const timings = {};
  const stage = (name, work) => timed(name, work, say, timings);
  return withLock(path.join(ROOT, ".cache", "setup.lock"), { deadlineSeconds: 2400, say: (text) => say(`[setup] ${text}`) }, async () => {
    await stage("packages", (tell) => installPackages({ root: ROOT, say: tell, npmEnv: base }));
    const { node } = await stage("node", (tell) => chooseNode({ root: ROOT, say: tell, npmEnv: base, floor: NODE_FLOOR }));
    const cli = await stage("pulumi", (tell) => pulumiIfItCanBe({ root: ROOT, say: tell, ...caches, env: base }, needsPulumi));
    const { pulumiBin, missing } = cli;
    const env = { ...base, PATH: searchPath(node, pulumiBin), PULUMI_SKIP_UPDATE_CHECK: "true" };
    if (missing !== undefined) env.PULUMI_EXCHANGE_NO_CLI = missing;
    await stage("build", (tell) => buildSources({ root: ROOT, say: tell, node, env }));
    return { root: ROOT, node, pulumiBin, env, seconds: timings };
  });
}

/** A machine without the CLI still does what needs no engine; `missing` says why it has none, and what to install. */
async function pulumiIfItCanBe(facts, needed) {
  try {
    return await providePulumi(facts);
  } catch (error) {
    if (needed || !(error instanceof SetupError)) throw error;
    const missing = `${error.message}; ${error.byHand}`;
    return { missing, why: `none, so what needs the engine is left out: ${missing}` };
  }
}

/** One stage with its progress lines: `[setup 2/4] node: v24.21.0 (0.1 s)`. */
async function timed(name, work, say, timings) {
  const started = Date.now();
  const prefix = `[setup ${STAGES.indexOf(name) + 1}/${STAGES.length}] ${name}:`;
  const result = await work((text) => say(`${prefix} ${text}`));
  timings[name] = Number(seconds(started));
  say(`${prefix} ${typeof result === "string" ? result : result.why} (${seconds(started)} s)`);
  return result;
}

/** When the home directory cannot be written, npm, Go and Pulumi keep their files in the checkout. */
function environment(homeWritable) {
  if (homeWritable) return { ...process.env };
  const own = (name) => path.join(ROOT, ".cache", name);
  const instead = { npm_config_cache: own("npm"), GOPATH: own("go"), GOCACHE: own("go-build"), PULUMI_HOME: own("pulumi-home") };
  return { ...instead, ...process.env };
}

function searchPath(node, pulumiBin) {
  const nodeDir = path.dirname(node);
  if (pulumiBin === undefined) return [...new Set([nodeDir, ...(process.env.PATH ?? "").split(path.delimiter)])].join(path.delimiter);
  const nodeDirHasPulumi = fs.existsSync(path.join(nodeDir, path.basename(pulumiBin)));
  const launcherDir = path.join(ROOT, "node_modules", "@pulumi", "pulumi");
  const facts = { nodeDir, pulumiDir: path.dirname(pulumiBin), nodeDirHasPulumi, launcherDir };
  return joinPath({ ...facts, current: process.env.PATH ?? "", delimiter: path.delimiter });
}

/** Says what failed and what to do by hand; the exit code is the caller's. */
function explain(error) {
  process.stderr.write(`[setup] failed: ${error.message}\n`);
  if (error instanceof SetupError) process.stderr.write(`[setup] by hand: ${error.byHand}\n`);
  else process.stderr.write(`${error.stack}\n`);
}

async function main() {
  const done = await setUp({ needsPulumi: false });
  const { node, pulumiBin, seconds: timings } = done;
  if (process.argv.includes("--json"))
    process.stdout.write(`${JSON.stringify({ ok: true, node, pulumiBin: pulumiBin ?? null, seconds: timings })}\n`);
}

module.exports = { setUp, explain, pulumiIfItCanBe };

if (require.main === module) {
  main().catch((error) => {
    explain(error);
    process.exitCode = 1;
  });
}
