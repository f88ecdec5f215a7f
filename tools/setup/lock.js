"use strict";
/** Two set-ups at once: the second waits for the first. A lock whose holder died is taken over. */
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { lockIsStale } = require("./decisions");
const { SetupError } = require("./process");

const HEARTBEAT = 5_000;
const PATIENCE = 60_000;

/** Runs `work` while holding the lock `file`; waits at most `deadlineSeconds` for it. */
async function withLock(file, { deadlineSeconds, say }, work) {
  fs.mkdirSync(path.dirname(file), { recursive: true });
  await acquire(file, deadlineSeconds, say);
  const heartbeat = setInterval(() => touch(file), HEARTBEAT);
  const release = () => fs.rmSync(file, { force: true });
  process.once("exit", release);
  try {
    return await work();
  } finally {
    clearInterval(heartbeat);
    process.removeListener("exit", release);
    release();
  }
}

async function acquire(file, deadlineSeconds, say) {
  const deadline = Date.now() + deadlineSeconds * 1000;
  for (let told = false; !tryTake(file); told = true) {
    if (removeStale(file)) continue;
    if (!told) say("another set-up is at work here; waiting for it");
    if (Date.now() > deadline) throw new SetupError(`another set-up holds ${file} for too long`, `end it, or remove ${file}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

function tryTake(file) {
  try {
    fs.writeFileSync(file, JSON.stringify({ pid: process.pid, host: os.hostname() }), { flag: "wx" });
    return true;
  } catch (error) {
    if (error.code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a stale lock aside: of two that see it, only one rename succeeds with the file that both saw. */
function removeStale(file) {
  try {
    const age = Date.now() - fs.statSync(file).mtimeMs;
    if (!lockIsStale({ holder: readHolder(file), age, patience: PATIENCE, host: os.hostname(), alive: isAlive })) return false;
    const aside = `${file}.${process.pid}`;
    fs.renameSync(file, aside);
    fs.rmSync(aside, { force: true });
    return true;
  } catch (error) {
    return error.code === "ENOENT"; // released meanwhile
  }
}

function readHolder(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined; // being written: its age decides
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

function touch(file) {
  try {
    fs.utimesSync(file, new Date(), new Date());
  } catch {
    // taken over or removed by hand: nothing to keep alive
  }
}

module.exports = { withLock };
