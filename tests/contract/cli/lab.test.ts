import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Ready } from "../../../lab/start";
import { until } from "../../support/lab";
import { cli, ended, MAIN, startCli } from "./support";

describe("lab and usage", function () {
  this.timeout(30_000);

  async function ready(child: ReturnType<typeof startCli>): Promise<{ ready: Ready; result: ReturnType<typeof ended> }> {
    let out = "";
    child.stdout!.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const result = ended(child);
    await until("the lab is ready", () => out.includes("\n"), 20_000);
    return { ready: JSON.parse(out) as Ready, result };
  }

  it("starts the lab, and ends it on SIGTERM", async () => {
    const child = startCli(["lab", "--scenario", "contoso"]);
    const { ready: line, result } = await ready(child);
    assert.equal(line.ready, true);
    assert.ok((await fetch(`${line.control}/state`)).ok);
    child.kill("SIGTERM");
    assert.equal((await result).code, 0);
    await assert.rejects(fetch(`${line.control}/state`));
  });

  it("passes standard input on", async () => {
    const child = spawn(process.execPath, [MAIN, "lab", "--until-stdin-closes"], { stdio: "pipe" });
    const { result } = await ready(child);
    child.stdin.end();
    assert.equal((await result).code, 0);
  });

  it("passes the lab's own help and its failures on", async () => {
    const help = await cli(["lab", "--help"]);
    assert.equal(help.code, 0);
    assert.match(help.out, /--write-certificates/);
    const scenario = await cli(["lab", "--scenario", "no-such-scenario"]);
    assert.equal(scenario.code, 2);
    assert.match(scenario.err, /no-such-scenario/);
  });

  it("has a first line that makes it a program, a version and a help text", async () => {
    assert.match(readFileSync(MAIN, "utf8"), /^#!\/usr\/bin\/env node\n/);
    assert.match((await cli(["--version"])).out, /^\d+\.\d+\.\d+/);
    const { code, out } = await cli(["--help"]);
    assert.equal(code, 0);
    for (const command of ["report", "resume", "host-key", "lab"]) assert.match(out, new RegExp(`^  ${command}`, "m"));
  });

  it("ends with 2 on wrong use", async () => {
    for (const args of [
      [],
      ["no-such-command"],
      ["report"],
      ["resume", "EDGE01"],
      ["host-key"],
      ["report", "--hosts"],
      ["report", "--hosts", "/none.json"],
      ["lab", "--speed", "0"],
      ["lab", "--no-such-option"],
      ["lab", "approve"],
      ["lab", "--toggles", "/none.json"],
      ["rehearse", "--scenario", "/none.json", "--", "pulumi", "up", "--yes"],
    ]) {
      const { code } = await cli(args);
      assert.equal(code, 2, args.join(" "));
    }
  });
});
