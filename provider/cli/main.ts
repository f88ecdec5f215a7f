#!/usr/bin/env node
/** `npx pulumi-exchange …`: what an administrator does beside `pulumi up`. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError } from "commander";
import { packageRoot } from "../remote/agentScript";
import { closeAll } from "../remote/sessions";
import { releaseLeases } from "../rotation/leasedShell";
import { addConformance } from "./conformance/command";
import { addDoctor } from "./doctor/command";
import { exitCodeOf, inWords, type ExitCode } from "./exit";
import { addFollow } from "./follow";
import { addHostKey } from "./hostKey";
import { addInit } from "./init/command";
import { addLab } from "./lab";
import { addRehearse } from "./rehearse/command";
import { addReport } from "./report/command";
import { addResume } from "./resume/command";
import { addSnapshot } from "./snapshot/command";
import { say } from "./output";

function version(): string {
  const text = readFileSync(join(packageRoot(__dirname), "package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** All commands; `finish` takes the exit code of the one that ran. */
function program(finish: (code: ExitCode | number) => void): Command {
  const all = new Command("pulumi-exchange")
    .description("Beside `pulumi up`: look at certificates, pin host keys, take an Edge back into service, rehearse in a lab.")
    .version(version())
    .showHelpAfterError()
    .exitOverride()
    .enablePositionalOptions();
  addReport(all, finish);
  addDoctor(all, finish);
  addSnapshot(all, finish);
  addInit(all, finish);
  addConformance(all, finish);
  addRehearse(all, finish);
  addResume(all, finish);
  addHostKey(all, finish);
  addFollow(all, finish);
  addLab(all, finish);
  return all;
}

async function main(argv: string[]): Promise<number> {
  let code = 0;
  try {
    await program((ended) => (code = ended)).parseAsync(argv);
  } catch (error) {
    // commander has printed its own errors already
    if (!(error instanceof CommanderError)) say(inWords(error));
    code = exitCodeOf(error);
  }
  await releaseLeases();
  await closeAll();
  return code;
}

/** `report | head -1` closes our output early: nothing is wrong then, and the exit code stays the result's. */
function endQuietlyWhenCutOff(stream: NodeJS.WriteStream): void {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

endQuietlyWhenCutOff(process.stdout);
endQuietlyWhenCutOff(process.stderr);
void main(process.argv).then((code) => (process.exitCode = code));
