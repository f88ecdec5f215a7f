/** What the typed cmdlets need of a host: reads go through a session, mutations through a leased shell that adds the fence. */
import type { HostFacts, Operation, Operations, Value, Where } from "../remote/protocol";

export interface CallOptions {
  fence?: number;
  key?: string;
  timeoutMs?: number;
  /** Of `invoke`: only the output objects that have one of these texts in one of these properties, which need not be selected. */
  where?: Where;
}
export interface Shell {
  readonly facts: HostFacts;
  request<Op extends Operation>(op: Op, params: Operations[Op]["params"], options?: CallOptions): Promise<Operations[Op]["value"]>;
  invoke(
    cmdlet: string,
    parameters: { [name: string]: Value },
    select: string[],
    options?: CallOptions,
  ): Promise<{ objects: { [property: string]: unknown }[]; warnings: string[] }>;
}

/** Text of a projected property; null and undefined become the empty string. */
export function text(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "string"
    ? value
    : typeof value === "number" || typeof value === "boolean"
      ? String(value)
      : JSON.stringify(value);
}

/** A projected multi-valued property as strings. */
export function list(value: unknown): string[] {
  if (value === null || value === undefined || value === "") return [];
  return (Array.isArray(value) ? value : [value]).map(text);
}

/** Made once: it costs more than thousands of comparisons. */
const names = new Intl.Collator("en", { sensitivity: "accent" });

/** Case-insensitive equality, as Exchange compares names and thumbprints. */
export function equalNames(a: string, b: string): boolean {
  return names.compare(a, b) === 0;
}

/** A timeout in milliseconds for calls that Exchange may take long for. */
export const SLOW_CALL_MS = 600_000;
