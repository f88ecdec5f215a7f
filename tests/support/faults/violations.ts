/** What a checker is told to expect, and what it finds. */

export interface Expectation {
  /** Edges that were rotated → the thumbprint they should have. Others must be as before. */
  edges: { [edge: string]: string };
  /** An Edge that the program does not want drained. */
  undrained?: string;
  /** So many Edges may be out of service at once; nobody counts where it is not said. */
  unavailable?: number;
  /** Connector → properties that the program declared to change. */
  connectors?: { [connector: string]: { [property: string]: unknown } };
  /** `server\name` of a receive connector → properties that the program declared to change. */
  receive?: { [connector: string]: { [property: string]: unknown } };
  /** Thumbprints of certificates that the program had and has no more: where nothing uses them they may go. */
  replaced?: string[];
  /** PowerShell process → run that it served: two runs must never share a fence. */
  runs?: { [session: string]: number };
  /** What must turn up nowhere: passwords, keys. */
  canaries?: string[];
  /** Texts that left the provider (progress, errors, state). */
  texts?: string[];
}
export interface Violation {
  invariant: string;
  text: string;
}

export const violation = (invariant: string, text: string): Violation => ({ invariant, text });
