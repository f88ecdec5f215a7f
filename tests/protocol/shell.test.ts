import { deepStrictEqual, ok, strictEqual } from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import * as runtime from "../../provider/runtime";
import { skipUnless } from "../support/skip";
import { installedModules } from "./dynamicProvider";
import { GOLDEN } from "./golden";
import { shellTexts } from "./printShells";

const BUILT = path.resolve(__dirname, "..", "..");
const PROGRAM = path.join("tests", "protocol", "printShells.js");

/** What the program prints in another folder or under another Node. */
function printed(node: string, folder: string): unknown {
  return JSON.parse(
    execFileSync(node, [path.join(folder, PROGRAM)], { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }),
  );
}

/** Other Node versions on this machine: PULUMI_EXCHANGE_NODES (paths), the project's own, and those on PATH. */
function otherNodes(): { node: string; version: string }[] {
  const listed = (process.env.PULUMI_EXCHANGE_NODES ?? "").split(path.delimiter);
  const onPath = (process.env.PATH ?? "").split(path.delimiter).map((folder) => path.join(folder, "node"));
  const own = path.join(installedModules(), ".bin", "node");
  const found = new Map<string, string>();
  for (const node of [...listed, own, ...onPath].filter((file) => file !== "" && existsSync(file))) {
    const version = execFileSync(node, ["--version"], { encoding: "utf8" }).trim();
    if (version !== process.version && !found.has(version)) found.set(version, node);
  }
  return [...found].map(([version, node]) => ({ version, node }));
}

describe("the provider text in the state", () => {
  it("is the pinned one, for every class", async () => {
    deepStrictEqual(await shellTexts(), { ...GOLDEN });
  });

  it("calls nothing that the runtime does not have", () => {
    const called = Object.values(GOLDEN).flatMap((text) => [...text.matchAll(/runtime"\)\.(\w+)\(/g)].map(([, name]) => name));
    strictEqual(new Set(called).size, Object.keys(GOLDEN).length * 6 + 1);
    for (const name of called) strictEqual(typeof (runtime as Record<string, unknown>)[name], "function", name);
  });

  it("has at most 4 kB", async () => {
    for (const [kind, text] of Object.entries(await shellTexts())) ok(Buffer.byteLength(text) <= 4096, kind);
  });

  it("is the same from a checkout in another folder", () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), "another checkout "));
    try {
      for (const part of ["provider", "tests"]) cpSync(path.join(BUILT, part), path.join(folder, part), { recursive: true });
      symlinkSync(installedModules(), path.join(folder, "node_modules"));
      deepStrictEqual(printed(process.execPath, folder), { ...GOLDEN });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  const others = otherNodes();
  skipUnless(others.length > 0, "no other Node here; PULUMI_EXCHANGE_NODES can name some").it(
    "is the same under other versions of Node",
    () => {
      for (const { node, version } of others) deepStrictEqual(printed(node, BUILT), { ...GOLDEN }, version);
    },
  );
});
