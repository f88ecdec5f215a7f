/** Beside the open points: what every host has, and whether it is there and looks as the package expects. */
export interface Look {
  host: string;
  what: string;
  expected: string;
  /** Equal to `expected` where all is as expected. */
  seen: string;
}

export const THERE = "there";
export const MISSING = "missing";
