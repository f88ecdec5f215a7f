/** Findings for people: symptom, cause, remedy, aligned; long lines wrapped. */
import { styleText } from "node:util";
import { plural } from "../../base/text";
import type { Finding, Severity } from "../../exchange/symptoms";
import { harmless } from "../output";
import type { Diagnosis } from "./report";

const LABEL = 10;
const WIDTH = 120;
const STYLES: { [severity in Severity]: Parameters<typeof styleText>[0] } = { error: "red", warning: "yellow", notice: "cyan" };

/** @param colour whether the output is a terminal that takes colours */
export function textDiagnosis({ findings, unread, hosts, hours, healthy }: Diagnosis, colour: boolean): string[] {
  const present = findings.filter(({ past }) => !past);
  const past = findings.filter((one) => one.past);
  return [
    ...present.flatMap((finding) => [...block(finding, colour), ""]),
    ...past.flatMap((finding) => [...wrapped("past", `${title(finding)}: the cause is gone. ${finding.seen[0] ?? ""}`)]),
    ...(past.length > 0 ? [""] : []),
    ...unread.flatMap(({ host, code, sentence, hint }) => [
      ...wrapped("not read", `${host}: [${code}] ${sentence}`),
      ...wrapped("", `Hint: ${hint}`),
    ]),
    summary(present, hosts, hours, healthy, unread.length),
  ];
}

function summary(present: Finding[], hosts: string[], hours: number, healthy: boolean, unread: number): string {
  const count = (severity: Severity): number => present.filter((one) => one.severity === severity).length;
  const looked = `${plural(hosts.length, "host")} (${hosts.join(", ") || "none"}), event logs of ${plural(hours, "hour")}`;
  const notices = count("notice");
  if (healthy && unread === 0) return `Healthy: ${looked}${notices > 0 ? `, ${plural(notices, "notice")}` : ""}.`;
  const found = [plural(count("error"), "error"), plural(count("warning"), "warning"), plural(notices, "notice")].join(", ");
  return `${found}: ${looked}${unread > 0 ? "; not everything could be read" : ""}.`;
}

/** `12017, 12018 on EDGE01, EDGE02 (379C…)` */
function title({ places, object }: Finding): string {
  const [ids, hosts] = [places.map(({ id }) => id), places.map(({ host }) => host)].map((all) => [...new Set(all)].sort().join(", "));
  return `${ids} on ${hosts}${object === hosts ? "" : ` (${object})`}`;
}

function block(finding: Finding, colour: boolean): string[] {
  const label = colour
    ? styleText(STYLES[finding.severity], finding.severity.padEnd(LABEL), { validateStream: false })
    : finding.severity.padEnd(LABEL);
  return [
    `${label}${harmless(title(finding))}`,
    ...finding.seen.flatMap((seen, index) => wrapped(index === 0 ? "symptom" : "", seen)),
    ...wrapped("cause", finding.cause),
    ...finding.remedy.flatMap((step, index) => wrapped(index === 0 ? "remedy" : "", /^\d+\. /.test(step) ? step : `- ${step}`)),
  ];
}

function wrapped(label: string, text: string): string[] {
  const lines: string[] = [];
  const indent = " ".repeat(/^(- |\d+\. )?/.exec(text)![0].length);
  let line = "";
  for (const word of harmless(text).split(/\s+/)) {
    if (line !== "" && LABEL + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = `${indent}${word}`;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((one, index) => `${(index === 0 ? label : "").padEnd(LABEL)}${one}`);
}
