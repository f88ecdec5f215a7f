/** `npm run faults -- --runs N`: every family at its full size, N random runs, and the table. */
import { join } from "node:path";
import { Command } from "commander";
import Mocha from "mocha";
import { readdirSync } from "node:fs";
import { figuresTable, mergeFigures } from "../../tools/testing/figures";
import { takeFigures } from "../support/faults/report";

async function main(): Promise<number> {
  const command = new Command("npm run faults --")
    .option("--runs <number>", "random runs", "10000")
    .option("--seed <number>", "repeats the random runs of that seed")
    .option("--grep <pattern>", "only tests whose title matches")
    .option("--minutes <number>", "begins no case after so many minutes; names what was left out, and fails if anything was")
    .parse();
  const { runs, seed, grep, minutes } = command.opts<{ runs: string; seed?: string; grep?: string; minutes?: string }>();
  if (!/^[1-9]\d*$/.test(runs)) throw new RangeError(`--runs must be a number above 0, not ${runs}`);
  if (minutes !== undefined && !(Number(minutes) > 0)) throw new RangeError(`--minutes must be a number above 0, not ${minutes}`);
  process.env.FAULTS_RUNS = runs;
  if (minutes !== undefined) process.env.FAULTS_MINUTES = minutes;
  if (seed !== undefined) process.env.FAULTS_SEED = seed;
  const mocha = new Mocha({ reporter: "spec", timeout: 0, ...(grep === undefined ? {} : { grep: new RegExp(grep) }) });
  // Those of the real PowerShell too: their lists are complete here.
  for (const folder of [__dirname, join(__dirname, "..", "powershell")]) {
    const files = readdirSync(folder).filter((name) => name.endsWith(".test.js"));
    for (const file of files.sort()) mocha.addFile(join(folder, file));
  }
  await mocha.loadFilesAsync();
  const failures = await new Promise<number>((resolve) => mocha.run(resolve));
  const figures = mergeFigures([takeFigures()]);
  console.log(`\n${figuresTable(figures).join("\n")}\n`);
  // A run that left something out has not shown what it was to show.
  return failures === 0 && figures.omitted.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof RangeError ? error.message : error);
    process.exit(1);
  },
);
