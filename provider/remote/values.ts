/** Parameter values that JSON cannot say, tagged as the protocol asks. */
import type { Value } from "./protocol";

/** A byte array as a parameter. */
export function bytes(data: Uint8Array | string): { $bytes: string } {
  return { $bytes: typeof data === "string" ? data : Buffer.from(data).toString("base64") };
}

/** A SecureString as a parameter. */
export function secure(text: string): { $secure: string } {
  return { $secure: text };
}

/** A DateTime as a parameter. */
export function time(date: Date): { $time: string } {
  return { $time: date.toISOString() };
}

/** A TimeSpan as a parameter. */
export function timespan(seconds: number): { $timespan: number } {
  return { $timespan: seconds };
}

export type Parameters = { [name: string]: Value };
