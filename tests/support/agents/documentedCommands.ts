/** The command lines of docs/windows.md, as they are typed: one column of its table. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { packageRoot } from "../../../provider/remote/agentScript";

export type Shell = "PowerShell" | "cmd";
const COLUMNS: { [shell in Shell]: number } = { PowerShell: 1, cmd: 2 };
/** What a command line begins with; other snippets of a cell are words of it. */
const COMMAND = /^(\$env:\w+ =|set (\/p )?\w+=|pulumi |npx |npm(\.cmd)? run|for \/f|Get-Content|--hosts)/;
/** Asks a person. */
const ASKS = /Read-Host/;

/** In the order of the page; what the page leaves open is filled in. */
export function documentedCommands(shell: Shell): string[] {
  const page = readFileSync(join(packageRoot(__dirname), "docs", "windows.md"), "utf8");
  const table = /\n\| What \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)/.exec(page)![1];
  return table
    .trim()
    .split("\n")
    .flatMap((row) => {
      const cells = row.split(/(?<!\\)\|/).slice(1, -1);
      const cell = /^ the same/.test(cells[COLUMNS[shell]]) ? cells[COLUMNS.PowerShell] : cells[COLUMNS[shell]];
      return [...cell.matchAll(/`([^`]+)`/g)].map(([, snippet]) => snippet.replaceAll("\\|", "|"));
    })
    .filter((snippet) => COMMAND.test(snippet) && !ASKS.test(snippet))
    .map((snippet) => snippet.replace(/^--hosts/, "npx pulumi-exchange report --hosts"))
    .map((snippet) => snippet.replace(/-- …$/, "-- --scenario contoso").replace("…", "pass word"));
}
