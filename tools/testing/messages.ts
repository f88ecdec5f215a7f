/** What the process that runs a tier tells its parent, over Node's IPC channel. */

export interface TierRequest {
  readonly files: readonly string[];
  readonly testMilliseconds: number;
  readonly grep?: string;
  readonly color: boolean;
}

/** Mocha's own count at the end of a run. */
export interface Counts {
  readonly passes: number;
  readonly failures: number;
  readonly pending: number;
}

export type TierMessage =
  | { readonly kind: "started"; readonly title: string }
  | { readonly kind: "passed" }
  | { readonly kind: "failed"; readonly title: string; readonly why: string }
  | { readonly kind: "skipped"; readonly title: string }
  | { readonly kind: "end"; readonly counts: Counts };
