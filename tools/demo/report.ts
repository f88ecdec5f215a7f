/** The figures of a run: the line of JSON that `--json` prints. */
import type { MailCount } from "../../lab/mailstream";
import type { HistoryEntry } from "../../lab/doors/history";
import { processesOf, type StepReport } from "./steps";
import type { Report, StateFigures, Story } from "./types";

export interface Measured {
  pulumi: string;
  mail: MailCount;
  history: HistoryEntry[];
  seconds: number;
}

export function makeReport(story: Story, { pulumi, mail, history, seconds }: Measured): Report {
  const { before, after, afterDestroy, drift, state } = story;
  const calls = history.filter(({ session }) => session !== "operator");
  const sessionsByHost = processesOf(calls);
  const mutating = calls.filter((call) => call.mutating).length;
  const sessions = Object.values(sessionsByHost).reduce((sum, count) => sum + count, 0);
  const failures = [...story.failures, ...(state ? stateFailures(state) : []), ...mailFailures(mail)];
  return {
    ok: failures.length === 0,
    pulumi,
    node: process.version,
    steps: story.steps.map(stepReport),
    before,
    after,
    afterDestroy,
    drift,
    mail,
    history: { mutating, sessions, sessionsByHost },
    providerBytes: state?.providerBytes ?? null,
    secretsInState: state?.secretsInState ?? null,
    seconds,
    failures,
  };
}

function stepReport({ name, operation, changes, seconds, mutating, connections, processes }: StepReport): StepReport {
  return { name, operation, changes, seconds, mutating, connections, processes };
}

const PROVIDER_LIMIT = 4096;

function stateFailures({ providerBytes, secretsInState }: StateFigures): string[] {
  return [
    ...(providerBytes > 0 && providerBytes <= PROVIDER_LIMIT ? [] : [`state: the provider text has ${providerBytes} bytes`]),
    ...(secretsInState === 0 ? [] : [`state: ${secretsInState} passwords are in it`]),
  ];
}

function mailFailures({ sent, lost }: MailCount): string[] {
  if (sent === 0) return ["mail: none was sent"];
  return lost === 0 ? [] : [`mail: ${lost} of ${sent} did not arrive`];
}

/** Looks at a stack as it is stored, with its secrets decrypted. */
export function inspectState(exported: unknown, secrets: readonly string[]): StateFigures {
  const text = JSON.stringify(exported);
  const { resources = [] } = exported as { resources?: { inputs?: { __provider?: string } }[] };
  const sizes = resources.map(({ inputs }) => Buffer.byteLength(inputs?.__provider ?? ""));
  return { providerBytes: Math.max(0, ...sizes), secretsInState: secrets.filter((secret) => text.includes(secret)).length };
}
