/** The result as tables: point, what the lab assumes, what was seen; then what else is not as expected. */
import { styleText } from "node:util";
import { harmless } from "../output";
import { tableLines } from "../table";
import type { Outcome } from "./answers";
import type { Conformance, PointReport } from "./file";
import type { PointClass } from "./points";

const HEADINGS = ["POINT", "CLASS", "LAB", "SEEN", ""];
const ORDER: readonly PointClass[] = ["read-only", "this Edge", "the organisation", "not askable"];
const STYLES: { [verdict in Outcome["verdict"]]: Parameters<typeof styleText>[0] } = {
  "as assumed": "green",
  differs: ["bold", "yellow"],
  contradictory: ["bold", "yellow"],
  open: "cyan",
  "not seen": "dim",
  "not asked": "dim",
};

/** @param colour whether the output is a terminal that takes colours */
export function textConformance(found: Conformance, colour: boolean): string[] {
  const points = Object.entries(found.points).sort(([, a], [, b]) => ORDER.indexOf(a.class) - ORDER.indexOf(b.class));
  const rows = points.map(([name, report]) => [name, report.class, String(report.assumed), seenOf(report), saidOf(report)]);
  const { heading, lines } = tableLines(HEADINGS, rows);
  const painted = lines.map((line, index) => {
    const { verdict } = points[index][1];
    return colour ? styleText(STYLES[verdict], line, { validateStream: false }) : line;
  });
  return [heading, ...painted, "", ...others(found), summary(found)];
}

function seenOf({ verdict, value, observations }: PointReport): string {
  if (value !== null) return String(value);
  if (verdict === "open") return [...new Set(observations.flatMap(({ fits }) => fits))].join(" or ");
  return verdict;
}

/** One word for all hosts that say the same. */
function saidOf(report: PointReport): string {
  if (report.class === "not askable") return harmless(report.how);
  const groups = new Map<string, string[]>();
  for (const { host, seen } of report.observations) groups.set(seen, [...(groups.get(seen) ?? []), host]);
  return harmless([...groups].map(([seen, hosts]) => `${hosts.join(", ")}: ${seen}`).join("; "));
}

function others({ looks, closed }: Conformance): string[] {
  const different = looks.filter(({ expected, seen }) => expected !== seen);
  return [
    ...different.map(({ host, what, expected, seen }) => `${host}: ${what}: expected ${expected}, seen ${seen}`).map(harmless),
    ...closed.map(({ name, code, sentence }) => harmless(`not entered: ${name}: [${code}] ${sentence}`)),
    ...(different.length + closed.length > 0 ? [""] : []),
  ];
}

function summary({ points, looks, hosts }: Conformance): string {
  const all = Object.values(points);
  const count = (verdict: Outcome["verdict"]): number => all.filter((one) => one.verdict === verdict).length;
  const verdicts = (["as assumed", "differs", "contradictory", "open", "not seen", "not asked"] as const)
    .filter((verdict) => count(verdict) > 0)
    .map((verdict) => `${count(verdict)} ${verdict}`);
  const fitting = looks.filter(({ expected, seen }) => expected === seen).length;
  return `${all.length} points on ${hosts.length} hosts: ${verdicts.join(", ")}. ${fitting} of ${looks.length} looks at services, cmdlets, parameters, objects and events are as expected.`;
}
