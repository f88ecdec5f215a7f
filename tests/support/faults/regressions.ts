/** Cases that failed once, as they were when they were smallest. */
import type { Labelled } from "./families";
import { SHAPES } from "./programs";

export const REGRESSIONS: Labelled[] = [
  [
    "a failed append broke the journal's chain for the line after it",
    { shape: SHAPES.overwrite!, attempts: [[{ at: "lab", fault: { host: "EDGE01", cmdlet: "file.append", nth: 21, at: "before", kind: "kill" } }]] },
  ],
];
