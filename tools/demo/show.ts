/** What the demo shows of doors, pending rotations and mail. */
import type { Ready } from "../../lab/start";
import type { Look } from "./doors";
import type { Report } from "./types";
import { type StepResult, summary } from "./steps";
import { table } from "./text";

/** Who takes part. */
export function introduction({ hosts }: Ready, pulumi: string): string[] {
  const rows = hosts.map(({ name, role, fqdn, ssh }) => [name, role, fqdn, `ssh ${ssh.host}:${ssh.port}`]);
  return [...table(rows).map((row) => `   ${row}`), "", `Pulumi ${pulumi}, Node ${process.version}. The program is examples/quickstart.`];
}

const HEAD = ["Server", "Door", "Thumbprint", "Subject", "Not after", "Days left"];

export function doorTable(looks: readonly Look[]): string[] {
  const rows = looks.map(({ server, door, thumbprint, subject, notAfter, daysLeft }) => [
    server,
    door,
    thumbprint,
    subject,
    notAfter.slice(0, 10),
    String(daysLeft),
  ]);
  return table([HEAD, ...rows], [5]);
}

/** The sentence of each resource and its plan below it. */
export function pendingLines(preview: StepResult): string[] {
  const lines = preview.pending.flatMap(({ resource, rotation, plan }) => [
    ...(rotation ? [`${resource}`, `  ${rotation}`] : [`${resource}`]),
    ...plan.map((step) => `    ${step}`),
  ]);
  return [...lines, summary(preview)];
}

/** The figures at the end. */
export function ending({ ok, mail, history, failures, seconds, providerBytes, secretsInState }: Report): string[] {
  const rows = [
    [
      "Mail",
      `${mail.sent} sent, ${mail.delivered} delivered, ${mail.lost} lost (${mail.retries} attempts met an Edge out of service and were repeated)`,
    ],
    ["Exchange", `${history.mutating} changes through ${history.sessions} PowerShell processes, one a server and run`],
    ["State", `${secretsInState ?? "?"} of the passwords in it; provider text ${providerBytes ?? "?"} bytes`],
    ["Time", `${seconds} s`],
  ];
  return ["", ...table(rows), "", verdict(ok, failures)];
}

export function verdict(ok: boolean, failures: readonly string[]): string {
  return ok ? "Everything was as it should be." : ["Not as it should be:", ...failures.map((one) => `   ${one}`)].join("\n");
}
