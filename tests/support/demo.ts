/** `npm run demo` as a process, with a folder of its own for what it leaves behind. */
import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { progress } from "../../tools/testing/patience";

const PROGRAM = join(__dirname, "..", "..", "tools", "demo.js");

export class Demo {
  readonly child: ChildProcess;
  private readonly folder = mkdtempSync(join(tmpdir(), "demo-test-"));
  private output = "";
  private readonly ended: Promise<number>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    const own = { TMPDIR: this.folder, TEMP: this.folder, TMP: this.folder };
    this.child = spawn(process.execPath, [PROGRAM, "--json", ...args], {
      env: { ...process.env, ...own, ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.child.stdout!.setEncoding("utf8").on("data", (text: string) => {
      this.output += text;
      progress();
    });
    this.ended = once(this.child, "close").then(([code]) => code as number);
  }

  end(): Promise<number> {
    return this.ended;
  }

  /** Waits until a text was printed; the test's own timeout is the deadline. */
  async says(text: string): Promise<void> {
    const over = this.ended.then((code) => assert.fail(`ended with code ${code} before it said "${text}"`));
    while (!this.output.includes(text)) await Promise.race([once(this.child.stdout!, "data"), over]);
    over.catch(() => undefined);
  }

  /** The last line. */
  report<T>(): T {
    return JSON.parse(this.output.trimEnd().split("\n").at(-1)!) as T;
  }

  /** What it left in the temporary folder. */
  left(): string[] {
    return readdirSync(this.folder);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
