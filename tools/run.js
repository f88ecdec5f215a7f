#!/usr/bin/env node
"use strict";
/** `node tools/run.js <test|demo|lab|bench|faults> …`: set-up, then the compiled program on the right Node. */
const { spawn } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { setUp, explain } = require("./setup");

const PROGRAMS = {
  test: "dist/tools/test.js",
  demo: "dist/tools/demo.js",
  lab: "dist/lab/cli.js",
  bench: "dist/bench/index.js",
  faults: "dist/tests/faults/cli.js",
};
/** What has no sense without the engine; the rest leaves out, by name, what needs it. */
const NEED_PULUMI = ["demo"];

async function main([name, ...args]) {
  const program = Object.hasOwn(PROGRAMS, name ?? "") ? PROGRAMS[name] : undefined;
  if (!program) {
    process.stderr.write(`usage: node tools/run.js <${Object.keys(PROGRAMS).join("|")}> [arguments]\n`);
    return 2;
  }
  const { root, node, env } = await setUp({ needsPulumi: NEED_PULUMI.includes(name) });
  const file = path.join(root, program);
  if (!fs.existsSync(file)) {
    process.stderr.write(`${program} is not there: ${name} is not part of this version\n`);
    return 2;
  }
  return passThrough(spawn(node, ["--enable-source-maps", file, ...args], { cwd: root, env, stdio: "inherit" }));
}

/** Signals go to the program, its end becomes ours. */
function passThrough(child) {
  // Ctrl-C reaches the program from the terminal itself; a second SIGINT would be taken as impatience
  const signals = process.stdin.isTTY ? ["SIGTERM", "SIGHUP"] : ["SIGTERM", "SIGHUP", "SIGINT"];
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  endWithNpm(() => child.kill("SIGTERM"));
  if (process.stdin.isTTY) process.on("SIGINT", () => undefined);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code, signal) => resolve(code ?? 128 + (require("node:os").constants.signals[signal] ?? 0)));
  });
}

/** npm passes a signal on to its shell alone; the program below would live on. Under npm, a lost parent is the end. */
function endWithNpm(end) {
  const parent = process.ppid;
  if (process.env.npm_lifecycle_event === undefined || parent <= 1) return;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    end();
  }, 250);
  watch.unref();
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error) => {
    explain(error);
    process.exit(1);
  },
);
