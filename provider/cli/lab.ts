/** `lab`: the simulated organisation, in a process of its own; the provider's rooms share no code with it. */
import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { join } from "node:path";
import type { Command } from "commander";
import { SIGNALS } from "./exit";

const PROGRAM = join(__dirname, "..", "..", "lab", "cli.js");

export function addLab(program: Command, finish: (code: number) => void): void {
  program
    .command("lab")
    .description("start a simulated Exchange organisation (the same as `npm run lab`; `lab --help` lists its options)")
    .argument("[arguments...]", "arguments of the lab")
    .helpOption(false)
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (args: string[]) => finish(await passThrough(spawn(process.execPath, [PROGRAM, ...args], { stdio: "inherit" }))));
}

/** Signals go to the lab, its end becomes ours. */
function passThrough(child: ChildProcess): Promise<number> {
  // Ctrl-C in a terminal reaches the lab by itself; it is only kept from ending this process first.
  const terminal = process.stdin.isTTY;
  const handlers = SIGNALS.map((signal) => {
    const handler = (): void => void (terminal && signal === "SIGINT" ? undefined : child.kill(signal));
    process.on(signal, handler);
    return () => process.off(signal, handler);
  });
  return new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  }).finally(() => handlers.forEach((off) => off()));
}
