/** One thing is said once: findings of one certificate that mean the same become one, with all the places where it shows. */
import type { Finding, Found, Severity } from "./types";

export const RANK: { [severity in Severity]: number } = { error: 0, warning: 1, notice: 2 };

/** The findings in their order; those that join stand where the first of them stood. */
export function together(found: Found[]): Finding[] {
  const groups = new Map<string, Found[]>();
  for (const [index, one] of found.entries()) {
    const { joins } = one.symptom;
    const { object, past } = one.finding;
    const key = joins ? `${joins.family}|${object}|${past}` : `|${index}`;
    groups.set(key, [...(groups.get(key) ?? []), one]);
  }
  return [...groups.values()].map((group) => (group.length === 1 ? group[0].finding : join(group)));
}

function join(group: Found[]): Finding {
  const findings = group.map(({ finding }) => finding);
  const [first] = [...findings].sort((a, b) => RANK[a.severity] - RANK[b.severity] || a.id.localeCompare(b.id));
  const places = findings.map(({ id, host }) => ({ id, host })).sort((a, b) => a.host.localeCompare(b.host) || a.id.localeCompare(b.id));
  const remedy = [...new Set(findings.flatMap((one) => one.remedy))];
  return { ...first, host: places[0].host, places, seen: seenBy(findings), cause: causeOf(group), remedy };
}

/** What several say alike stands once; what one host says alone stands with its name. */
function seenBy(findings: Finding[]): string[] {
  const several = new Set(findings.map(({ host }) => host)).size > 1;
  const count = (sentence: string): number => findings.filter(({ seen }) => seen.includes(sentence)).length;
  const lines = findings.flatMap(({ host, seen }) => seen.map((one) => (several && count(one) === 1 ? `${host}: ${one}` : one)));
  return [...new Set(lines)];
}

/** `CN=mail.contoso.com is about to expire. It is the default … of EDGE01, EDGE02; it is presented for STARTTLS by EDGE01.` */
function causeOf(group: Found[]): string {
  const uses = new Map<string, string[]>();
  for (const { symptom, finding } of group) uses.set(symptom.joins!.use, [...(uses.get(symptom.joins!.use) ?? []), finding.host]);
  const said = [...uses].map(([use, hosts]) => `it is ${use.replace("{hosts}", [...new Set(hosts)].sort().join(", "))}`);
  const words = said.join("; ");
  return `${group[0].fill(group[0].symptom.joins!.cause)}: ${words}.`;
}
