/** The same figures for people and for programs. */
import { arch, cpus, release, totalmem, type } from "node:os";
import type { Figure } from "./measure";

export interface Report {
  machine: { cpu: string; cores: number; memoryGB: number; system: string; node: string };
  utc: string;
  /** What answered SSH. */
  server: "sshd" | "lab";
  figures: Figure[];
  /** One process per call ÷ one process per run, for the same calls in the same run. */
  ratio: number;
}

export function machine(): Report["machine"] {
  const [first] = cpus();
  return {
    cpu: first?.model.trim() ?? arch(),
    cores: cpus().length,
    memoryGB: Math.round(totalmem() / 2 ** 30),
    system: `${type()} ${release()} ${arch()}`,
    node: process.version,
  };
}

/** An aligned table with the machine above it. */
export function table(report: Report): string {
  const { cpu, cores, memoryGB, system, node } = report.machine;
  const head = ["", "median", "p90", "", "of"];
  const rows = report.figures.map(({ name, median, p90, unit, samples }) => [name, shown(median), shown(p90), unit, String(samples)]);
  const widths = head.map((_title, column) => Math.max(...[head, ...rows].map((row) => row[column].length)));
  const line = (row: string[]): string =>
    row.map((cell, column) => (column === 0 || column === 3 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join("  ");
  const server = report.server === "sshd" ? "OpenSSH's sshd" : "the lab's SSH server (sshd is not installed)";
  return [
    `${cpu}, ${cores} cores, ${memoryGB} GB, ${system}, Node ${node}`,
    `SSH through ${server}; PowerShell starts in 0.5 s, Exchange's shell in 3 s (simulated)`,
    "",
    ...[head, ...rows].map((row) => line(row).trimEnd()),
    "",
    `one process per call takes ${report.ratio} times as long as one process per run`,
  ].join("\n");
}

/** The table as a page of the repository. */
export function page(report: Report): string {
  return `# Results of a run\n\nWritten by \`npm run bench -- --results bench/RESULTS.md\` at ${report.utc}; what the lines mean: [docs/performance.md](../docs/performance.md).\n\n\`\`\`text\n${table(report)}\n\`\`\`\n`;
}

const shown = (value: number): string => value.toLocaleString("en", { maximumFractionDigits: 2 });
