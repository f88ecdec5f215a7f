/**
 * `npm run bench`: figures of this machine as a table, and as JSON in a file (`--json FILE`, default dist/bench/report.json).
 * Takes about four minutes, most of them simulated and real starts of PowerShell.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command } from "commander";
import { benchCalls } from "./calls";
import { benchOffline } from "./offline";
import { benchPowerShell } from "./powershell";
import { benchDistance } from "./distance";
import { machine, page, table, type Report } from "./report";

const note = (text: string): void => void process.stderr.write(`[bench] ${text}\n`);

async function main(): Promise<void> {
  const program = new Command("bench")
    .option("--json <file>", "where the report goes", resolve(__dirname, "report.json"))
    .option("--results <file>", "the table as a page, with the machine named (bench/RESULTS.md)");
  const { json, results } = program.parse().opts<{ json: string; results?: string }>();
  const offline = await benchOffline(note);
  const { server, figures, ratio } = await benchCalls(note);
  const far = await benchDistance(note);
  const real = await benchPowerShell(note);
  const all = [...figures, ...far, ...real, ...offline];
  const report: Report = { machine: machine(), utc: new Date().toISOString(), server, figures: all, ratio };
  mkdirSync(dirname(resolve(json)), { recursive: true });
  writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (results !== undefined) writeFileSync(results, page(report));
  process.stdout.write(`${table(report)}\n\nJSON: ${json}\n`);
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    process.exit(1);
  },
);
