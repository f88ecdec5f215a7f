/**
 * The one writer for lines that leave the process. Every line is redacted and goes to stdout, where Pulumi shows it
 * as an information message of the running update.
 */
import { every } from "./clock";
import { withoutControls } from "./hostText";
import { redact } from "./redact";

/** Position of a step in its plan. */
export interface Position {
  step: number;
  of: number;
}

/** A slow task says that it is alive this often: where somebody watches, and in a log that is read afterwards. */
export const HEARTBEAT_MS = 15_000;
export const UNWATCHED_HEARTBEAT_MS = 300_000;
/** In such a log a step that took less is not worth its line; a look that changes nothing, and finds nothing, not if it took less than that. */
const WORTH_A_LINE_MS = 1_000;
export const LOOK_WORTH_A_LINE_MS = 60_000;

type Writer = (line: string) => void;
const toStdout: Writer = (line) => void process.stdout.write(line + "\n");
let writer: Writer = toStdout;
let copy: Writer | undefined;
let watched = true;
const said = new Set<string>();

/** Sends lines somewhere else (tests, the command line); without an argument back to stdout. Returns the previous writer. */
export function setWriter(next: Writer = toStdout): Writer {
  const previous = writer;
  writer = next;
  return previous;
}

/** Sends every line a second way too (a file), whether or not somebody watches; without an argument no more. */
export function setCopy(next?: Writer): void {
  copy = next;
}

/** The one way out: redacted, and without what could steer a terminal, since a host's words may be part of it. */
function send(text: string, shown = true): void {
  const line = withoutControls(redact(text));
  copy?.(line);
  if (shown) writer(line);
}

/**
 * Whether somebody watches the lines as they come (the default). If not, a step has one line, at its end, and none when it took
 * under a second; a heartbeat comes every five minutes only; and no other line comes twice.
 */
export function setWatched(value: boolean): void {
  watched = value;
  said.clear();
}
export function isWatched(): boolean {
  return watched;
}

/** One redacted line. */
export function note(text: string): void {
  const again = !watched && said.has(text);
  said.add(text);
  send(text, !again);
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
 * and a heartbeat with the seconds so far for anything over 15 s. Where nobody watches the first line is left out, the last one
 * too when the task took less than `worthMs` (a second), and the heartbeat comes every five minutes.
 */
export async function withProgress<T>(
  label: string,
  task: Promise<T> | (() => Promise<T>),
  heartbeatMs = watched ? HEARTBEAT_MS : UNWATCHED_HEARTBEAT_MS,
  worthMs = WORTH_A_LINE_MS,
): Promise<T> {
  const started = performance.now();
  const elapsed = (): string => `${Math.round((performance.now() - started) / 1000)} s`;
  const line = (text: string, shown = true): void => send(`${label} … ${text}`.trimEnd(), shown);
  line("", watched);
  const end = every(heartbeatMs, () => line(`still running after ${elapsed()}`));
  try {
    const value = await (typeof task === "function" ? task() : task);
    line(elapsed(), watched || performance.now() - started >= worthMs);
    return value;
  } catch (error) {
    line(`failed after ${elapsed()}`);
    throw error;
  } finally {
    end();
  }
}
