import { strict as assert } from "node:assert";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Ready } from "../../../../lab/start";
import { checkoutRoot } from "../../tools/fromRoot";
import { control, until } from "../../../support/lab";

/** The compiled command line, as `npm run lab` starts it. */
const CLI = path.join(__dirname, "../../../../lab/cli.js");

interface Running {
  child: ChildProcess;
  out: () => string;
  err: () => string;
  code: Promise<number | null>;
}

function start(...args: string[]): Running {
  const child = spawn(process.execPath, [CLI, ...args], { stdio: "pipe" });
  let out = "";
  let err = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (err += chunk.toString()));
  const code = new Promise<number | null>((resolve) => child.once("close", resolve));
  return { child, out: () => out, err: () => err, code };
}

async function ready({ child, out, err }: Running): Promise<Ready> {
  await until(`the ready line (stderr: ${err()})`, () => out().includes("\n") || child.exitCode !== null, 15_000);
  return JSON.parse(out()) as Ready;
}

describe("lab: the command line", () => {
  const running: Running[] = [];
  const run = (...args: string[]): Running => {
    const one = start(...args);
    running.push(one);
    return one;
  };
  afterEach(() => running.splice(0).forEach(({ child }) => child.kill("SIGKILL")));

  it("prints one line when ready, writes the certificates, and ends on SIGTERM", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "lab-cli-"));
    try {
      const lab = run("--scenario", "contoso", "--write-certificates", folder);
      const line = await ready(lab);
      assert.equal(line.ready, true);
      assert.deepEqual(line.hosts.map(({ name, role }) => `${name} ${role}`).sort(), ["EDGE01 Edge", "EDGE02 Edge", "MBX01 Mailbox"]);
      assert.equal((await control(line.control).state()).servers.length, 3);
      const index = JSON.parse(await readFile(path.join(folder, "certificates.json"), "utf8")) as { file: string }[];
      const files = await readdir(folder);
      assert.ok(index.length > 0 && index.every(({ file }) => files.includes(file)));
      lab.child.kill("SIGTERM");
      assert.equal(await lab.code, 0);
      assert.equal(lab.out().split("\n").length, 2);
      assert.match(lab.err(), /opening the doors of EDGE01/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("under npm, ends with npm: SIGTERM reaches npm's shell alone", async () => {
    const npm = spawn("npm", ["run", "lab", "--", "--scenario", "single-edge"], { cwd: checkoutRoot, stdio: ["ignore", "pipe", "ignore"] });
    let out = "";
    npm.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
    const json = (): string[] => out.split("\n").filter((line) => line.startsWith("{"));
    await until("the ready line", () => json().length > 0, 60_000);
    const { control: url } = JSON.parse(json()[0]) as Ready;
    npm.kill("SIGTERM");
    npm.stdout.destroy();
    const closed = () =>
      fetch(`${url}/clock`).then(
        () => false,
        () => true,
      );
    await until("the lab's end", closed, 15_000);
    assert.equal(json().length, 1);
  }).timeout(90_000);

  it("ends when stdin closes, if asked to", async () => {
    const lab = run("--until-stdin-closes");
    await ready(lab);
    lab.child.stdin!.end();
    assert.equal(await lab.code, 0);
  });

  it("ends when it cannot start, although stdin stays open", async () => {
    const lab = run("--until-stdin-closes", "--scenario", "no-such-scenario");
    assert.equal(await lab.code, 2);
  });

  it("says how it is called", async () => {
    const help = run("--help");
    assert.equal(await help.code, 0);
    assert.match(help.out(), /^Usage: npx pulumi-exchange lab \[options\]/);
  });

  it("says in one line what is wrong with its arguments", async () => {
    const unknown = run("--scenario", "no-such-scenario");
    assert.equal(await unknown.code, 2);
    assert.match(unknown.err(), /no-such-scenario/);
    const speed = run("--speed", "0");
    assert.equal(await speed.code, 2);
    assert.match(speed.err(), /above 0/);
  });
});
