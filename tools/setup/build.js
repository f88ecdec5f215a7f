"use strict";
/** Stage 4: tsc, when sources are newer than the last complete build. */
const fs = require("node:fs");
const path = require("node:path");
const { decideBuild } = require("./decisions");
const { SetupError, run } = require("./process");

const ROOMS = ["provider", "lab", "examples", "tests", "bench", "tools"];
const OUTPUTS = [".js", ".js.map", ".d.ts"];

async function buildSources({ root, say, node, env }) {
  const stampFile = path.join(root, "dist", ".setup-stamp");
  const { files, newest } = sources(root);
  const decision = decideBuild({ files, newest, built: readStamp(stampFile) });
  if (!decision.build) return decision.why;
  say(`tsc (${decision.why})`);
  fs.rmSync(stampFile, { force: true });
  // the record of tsc speaks of outputs; when those are gone it would write nothing
  if (!fs.existsSync(path.join(root, "dist", "tools"))) fs.rmSync(path.join(root, "dist", ".tsbuildinfo"), { force: true });
  const args = [path.join(root, "node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.json"];
  const { code } = await run(node, args, { cwd: root, env, deadlineSeconds: 600, what: "tsc", say });
  if (code !== 0) throw new SetupError("the sources do not compile", "see the errors above; `npm run build` shows them again");
  removeOrphans(path.join(root, "dist"), new Set(files));
  makeExecutable(path.join(root, "dist", "provider", "cli", "main.js"));
  fs.writeFileSync(stampFile, JSON.stringify({ files, newest }));
  return `compiled, because ${decision.why}`;
}

/** Every TypeScript file by its path without the ending, and the time of the newest file that tsc looks at. */
function sources(root) {
  const fixed = ["tsconfig.json", "package.json", "package-lock.json"];
  let newest = Math.max(...fixed.map((name) => fs.statSync(path.join(root, name)).mtimeMs));
  const files = [];
  for (const file of ROOMS.flatMap((room) => walk(path.join(root, room)))) {
    if (!file.endsWith(".ts") && !file.endsWith(".json")) continue;
    newest = Math.max(newest, fs.statSync(file).mtimeMs);
    if (file.endsWith(".ts")) files.push(path.relative(root, file).replace(/\.ts$/, "").split(path.sep).join("/"));
  }
  return { files: files.sort(), newest };
}

function walk(dir) {
  if (!fs.existsSync(dir)) return [];
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    if (entry.name === "node_modules" || entry.name.startsWith(".")) return [];
    const full = path.join(dir, entry.name);
    return entry.isDirectory() ? walk(full) : [full];
  });
}

/** tsc leaves the output of removed sources behind, and mocha would still run it. */
function removeOrphans(dist, known) {
  for (const file of walk(dist)) {
    const ending = OUTPUTS.find((each) => file.endsWith(each));
    if (!ending) continue;
    const name = path.relative(dist, file).slice(0, -ending.length).split(path.sep).join("/");
    if (!known.has(name)) fs.rmSync(file, { force: true });
  }
}

/** npm links the command before it is built, so its mode is set here. */
function makeExecutable(file) {
  if (fs.existsSync(file)) fs.chmodSync(file, 0o755);
}

function readStamp(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return undefined; // never built to the end
  }
}

module.exports = { buildSources, sources, removeOrphans };
