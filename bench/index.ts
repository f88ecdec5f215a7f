/**
 * `npm run bench`: figures of this machine as tables, and as JSON in a file (`--json FILE`, default dist/bench/report.json). Whole it takes
 * some 40 minutes; `--only distance,fleet` runs parts, which take the places of their former results in that file, and on the page.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { Command, InvalidArgumentError } from "commander";
import { PARTS, type Part } from "./parts";
import { machine, merged, page, text, type PartReport, type Report } from "./report";

const NAMES = PARTS.map(({ name }) => name);

async function main(): Promise<void> {
  const list = PARTS.map(({ name, takes, title }) => `  ${name.padEnd(12)} ${takes.padEnd(8)} ${title}`).join("\n");
  const program = new Command("bench")
    .option("--only <parts>", "only these parts, with commas between them", chosen, [...PARTS])
    .option("--json <file>", "where the report goes", resolve(__dirname, "report.json"))
    .option("--results <file>", "the tables as a page, with the machine named (bench/RESULTS.md)")
    .addHelpText("after", `\nParts, and how long they take on two quiet cores:\n${list}`);
  const { only, json, results } = program.parse().opts<{ only: Part[]; json: string; results?: string }>();
  const now: PartReport[] = [];
  for (const { name, title, run } of only) {
    const note = (line: string): void => void process.stderr.write(`[bench ${name}] ${line}\n`);
    const utc = new Date().toISOString();
    note("begins");
    const { notes = [], ...rest } = await run(note);
    now.push({ part: name, title, utc, machine: machine(), notes, ...rest });
    keep(json, results, merged(former(json), now, NAMES));
  }
  process.stdout.write(`${text({ parts: now })}\n\nJSON: ${json}\n`);
}

function chosen(value: string): Part[] {
  return value.split(",").map((name) => {
    const found = PARTS.find((one) => one.name === name.trim());
    if (!found) throw new InvalidArgumentError(`There is no part ${name}; there are ${NAMES.join(", ")}.`);
    return found;
  });
}

/** After each part: one that fails loses nothing of those before it. */
function keep(json: string, results: string | undefined, report: Report): void {
  mkdirSync(dirname(resolve(json)), { recursive: true });
  writeFileSync(json, `${JSON.stringify(report, undefined, 2)}\n`);
  if (results !== undefined) writeFileSync(results, page(report));
}

function former(json: string): Report | undefined {
  if (!existsSync(json)) return undefined;
  const found = JSON.parse(readFileSync(json, "utf8")) as Partial<Report>;
  return Array.isArray(found.parts) ? { parts: found.parts } : undefined;
}

main().then(
  () => process.exit(0),
  (error: unknown) => {
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    process.exit(1);
  },
);
