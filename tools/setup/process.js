"use strict";
/** Child processes of the set-up: their output goes to stderr, they have a deadline, and long ones give signs of life. */
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const WINDOWS = process.platform === "win32";

/** A stage that failed, with what to do by hand. */
class SetupError extends Error {
  constructor(message, byHand) {
    super(message);
    this.name = "SetupError";
    this.byHand = byHand;
  }
}

/**
 * Runs a program to its end; resolves with its exit code (null when it was ended at the deadline).
 * @param {string} command
 * @param {string[]} args
 * @param {{cwd?: string, env?: NodeJS.ProcessEnv, deadlineSeconds: number, what: string, say: (text: string) => void, quiet?: boolean}} options
 * @returns {Promise<{code: number | null, output: string}>} `output`: its last lines
 */
function run(command, args, { cwd, env, deadlineSeconds, what, say, quiet }) {
  return new Promise((resolve, reject) => {
    // .cmd files need a shell on Windows; nothing here is user input
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"], shell: WINDOWS && command.endsWith(".cmd") });
    const started = Date.now();
    let output = "";
    const heartbeat = setInterval(() => say(`${what} … ${seconds(started)} s`), 15_000);
    const deadline = setTimeout(() => child.kill("SIGKILL"), deadlineSeconds * 1000);
    const forward = (chunk) => {
      output = (output + chunk).slice(-4000);
      if (!quiet) process.stderr.write(chunk);
    };
    child.stdout.on("data", forward);
    child.stderr.on("data", forward);
    const settle = (done) => (value) => {
      clearInterval(heartbeat);
      clearTimeout(deadline);
      done(value);
    };
    child.on("error", settle(reject));
    child.on(
      "close",
      settle((code) => resolve({ code, output })),
    );
  });
}

/** What a program prints, or undefined when it is not there, fails or takes longer than 10 s. */
function ask(command, args, env = process.env) {
  const result = spawnSync(command, args, { env, encoding: "utf8", timeout: 10_000, stdio: ["ignore", "pipe", "ignore"] });
  return result.status === 0 ? result.stdout.trim() : undefined;
}

/** The first executable file of this name in a PATH, or undefined. */
function findProgram(name, searchPath = process.env.PATH ?? "") {
  const names = WINDOWS ? [`${name}.exe`, `${name}.cmd`] : [name];
  for (const dir of searchPath.split(path.delimiter).filter(Boolean)) {
    const found = names.map((each) => path.join(dir, each)).find(isExecutable);
    if (found) return found;
  }
  return undefined;
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK);
    return fs.statSync(file).isFile();
  } catch {
    return false;
  }
}

/** npm as a command: the one that runs us, through `node`; else the one on PATH. */
function npmCommand(node) {
  const script = process.env.npm_execpath;
  if (script && /\.c?js$/.test(script) && fs.existsSync(script)) return { command: node, prefix: [script] };
  return { command: WINDOWS ? "npm.cmd" : "npm", prefix: [] };
}

function seconds(since) {
  return ((Date.now() - since) / 1000).toFixed(1);
}

module.exports = { SetupError, run, ask, findProgram, isExecutable, npmCommand, seconds, WINDOWS };
