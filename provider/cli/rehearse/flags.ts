/** Options of `rehearse`. */
import type { BreakPoint } from "./breakAt";

export interface Flags {
  scenario?: string;
  hosts?: string;
  speed: number;
  breakAt?: BreakPoint;
  report?: string;
}
