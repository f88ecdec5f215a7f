/**
 * The one writer for lines that leave the process. Every line is redacted and goes to stdout, where Pulumi shows it
 * as an information message of the running update.
 */
import { redact } from "./redact";

/** Position of a step in its plan. */
export interface Position {
  step: number;
  of: number;
}

/** A slow task says that it is alive this often. */
export const HEARTBEAT_MS = 15_000;

type Writer = (line: string) => void;
const toStdout: Writer = (line) => void process.stdout.write(line + "\n");
let writer: Writer = toStdout;

/** Sends lines somewhere else (tests, the command line); without an argument back to stdout. Returns the previous writer. */
export function setWriter(next: Writer = toStdout): Writer {
  const previous = writer;
  writer = next;
  return previous;
}

/** One redacted line. */
export function note(text: string): void {
  writer(redact(text));
}

/** One redacted line that asks for attention. */
export function warn(text: string): void {
  note(`warning: ${text}`);
}

/** `[EDGE01 3/9] restart AD LDS` */
export function progress(host: string, at: Position, text: string): void {
  note(label(host, at, text));
}

/** The text in front of a step's lines. */
export function label(host: string, at: Position, text: string): string {
  return `[${host} ${at.step}/${at.of}] ${text}`;
}

/**
 * Runs a task between two lines: `label …` at its start, `label … 12 s` at its end (`label … failed after 12 s`),
 * and a heartbeat with the seconds so far for anything over 15 s.
 */
export async function withProgress<T>(label: string, task: Promise<T> | (() => Promise<T>), heartbeatMs = HEARTBEAT_MS): Promise<T> {
  const started = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  note(`${label} …`);
  const heartbeat = setInterval(() => note(`${label} … still running after ${elapsed()}`), heartbeatMs);
  heartbeat.unref();
  try {
    const value = await (typeof task === "function" ? task() : task);
    note(`${label} … ${elapsed()}`);
    return value;
  } catch (error) {
    note(`${label} … failed after ${elapsed()}`);
    throw error;
  } finally {
    clearInterval(heartbeat);
  }
}
