"use strict";
/**
 * The rule of the house: imports go downward only (docs/adr/0002-rooms.md). One definition for the lint rule
 * (eslint.config.mjs) and for the test that reads every import of the tree (tests/unit/architecture).
 */
const path = require("node:path");

/** The provider's rooms from the user down. `surface` is index.ts, runtime.ts and the command line. */
const ROOMS = [
  "surface",
  "resources",
  "handlers",
  "steps",
  "rotation",
  "exchange",
  "directory",
  "probes",
  "remote",
  "rehearsal",
  "pki",
  "base",
];

/** What the lab may take from the provider: never what it is the second opinion on. */
const LAB_MAY_USE = [/^provider\/base\//, /^provider\/pki(\/|$)/, /^provider\/remote\/protocol$/, /^provider\/remote\/command$/];

/** Rooms above this line speak Pulumi; those below are plain JSON in, plain JSON out. */
const SPEAK_PULUMI = ["surface", "resources"];

/** @returns {string | undefined} the provider room of a path from the root, undefined outside the provider */
function roomOf(file) {
  const [house, room] = file.split("/");
  if (house !== "provider") return undefined;
  return ROOMS.includes(room) ? room : "surface";
}

/**
 * Why `file` must not import `specifier`; undefined when it may.
 * @param {string} file path from the root, with slashes
 * @param {string} specifier as written in the import
 * @returns {string | undefined}
 */
function refusal(file, specifier) {
  const house = file.split("/")[0];
  if (!specifier.startsWith(".")) return refusePackage(house, file, specifier);
  const target = path.posix.normalize(path.posix.join(path.posix.dirname(file), specifier)).replace(/\.(ts|js)$/, "");
  if (house === "provider") return refuseFromProvider(file, target);
  if (house === "lab") return refuseFromLab(target);
  if (house === "examples") return refuseFromExample(file, target);
  return undefined;
}

function refusePackage(house, file, specifier) {
  const pulumi = specifier.startsWith("@pulumi/");
  if (house === "lab" && (pulumi || /^pulumi-exchange(\/|$)/.test(specifier))) return `the lab must not know ${specifier}`;
  const room = roomOf(file);
  if (room && pulumi && !SPEAK_PULUMI.includes(room))
    return `${room} must know nothing of Pulumi's types; ${specifier} belongs into resources`;
  return undefined;
}

function refuseFromProvider(file, target) {
  const from = roomOf(file);
  const to = roomOf(target) ?? (target.startsWith("provider") ? "surface" : undefined);
  if (!to) {
    const commandLine = file.startsWith("provider/cli/") && target.startsWith("lab/");
    return commandLine ? undefined : `the provider must not import ${target}`;
  }
  if (ROOMS.indexOf(to) < ROOMS.indexOf(from)) return `imports go downward only: ${from} lies below ${to}`;
  const [own, other] = [handlerOf(file), handlerOf(target)];
  const lists = file === "provider/handlers/index.ts";
  if (other && own !== other && from === "handlers" && !lists)
    return `no handler imports another: what they share with ${other} lies in steps, rotation or handlers itself`;
  return undefined;
}

/** The handler that a path from the root belongs to; undefined for what handlers share. */
function handlerOf(file) {
  return /^provider\/handlers\/([^/]+)\//.exec(file)?.[1];
}

function refuseFromLab(target) {
  if (target.startsWith("lab/") || target === "lab") return undefined;
  if (LAB_MAY_USE.some((allowed) => allowed.test(target))) return undefined;
  return `the lab is the second opinion and must not share ${target}`;
}

function refuseFromExample(file, target) {
  const own = file.split("/").slice(0, 2).join("/");
  return target === own || target.startsWith(`${own}/`) ? undefined : "an example imports pulumi-exchange, as a user would";
}

module.exports = { ROOMS, roomOf, refusal };
