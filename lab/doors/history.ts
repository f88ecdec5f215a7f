/** The record of everything that was asked of the simulated hosts: what checkers and figures are taken from. */
import { createHash } from "node:crypto";
import { SecureText, TimeSpan } from "../model/contract";

export type Outcome = "ok" | "error" | "unknown";

/** One call. `seq` follows the order in which calls began. */
export interface HistoryEntry {
  seq: number;
  host: string;
  /** One id per PowerShell process; `operator` for what a person typed. */
  session: string;
  pid: number;
  fence: number | null;
  /** Cmdlet for `invoke`, Windows verb for services (`Stop-Service`), the operation's name for the rest. */
  cmdlet: string;
  parameters: { [name: string]: unknown };
  /** Changes Exchange when it runs (files in the working folder do not). Refused calls (fence, validation) are not mutating. */
  mutating: boolean;
  /** What the caller was told: `unknown` = nothing (yet). */
  outcome: Outcome;
  /** Whether the model carried it out, whatever the caller was told. */
  executed: boolean;
  /** Class of the error that the caller got. */
  error?: string;
  /** Server clock when the call began, ISO 8601. */
  utc: string;
}

export type NewEntry = Omit<HistoryEntry, "seq" | "outcome" | "executed">;

/** Append-only; an entry is completed in place when its call ends. */
export class History {
  readonly entries: HistoryEntry[] = [];

  begin(entry: NewEntry): HistoryEntry {
    const full: HistoryEntry = { seq: this.entries.length + 1, ...entry, outcome: "unknown", executed: false };
    this.entries.push(full);
    return full;
  }
}

/** Bytes as the history shows them. */
export function digest(bytes: Uint8Array): { bytes: number; sha256: string } {
  return { bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}

const SECRET_NAME = /password|secret|privatekey|^\$secure$/i;

/** A copy without secrets and without bulk: bytes become length and hash, SecureStrings `***`. */
export function forHistory(value: unknown, name = ""): unknown {
  if (value instanceof SecureText) return "***";
  if (value instanceof Uint8Array) return digest(value);
  if (value instanceof Date) return value.toISOString();
  if (value instanceof TimeSpan) return { seconds: value.seconds };
  if (typeof value === "string" && SECRET_NAME.test(name)) return "***";
  if (Array.isArray(value)) return value.map((item) => forHistory(item, name));
  if (value && typeof value === "object") {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, forHistory(inner, key)]));
  }
  return value ?? null;
}
