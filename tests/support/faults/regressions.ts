/** Cases that failed once, as they were when they were smallest. */
import type { Labelled } from "./families";
import { SHAPES } from "./programs";

export const REGRESSIONS: Labelled[] = [
  [
    "a failed append broke the journal's chain for the line after it",
    {
      shape: SHAPES.overwrite,
      attempts: [[{ at: "lab", fault: { host: "EDGE01", cmdlet: "file.append", nth: 21, at: "before", kind: "kill" } }]],
    },
  ],
  [
    "a killed import counted as a finished re-subscription: connectors stayed without their source",
    { shape: SHAPES.recreate, attempts: [[{ at: "named", point: "EDGE01/import-subscription.after-result", action: "kill" }]] },
  ],
  [
    "the subscription file of a killed export stayed on the Edge",
    { shape: SHAPES.recreate, attempts: [[{ at: "call", call: "New-EdgeSubscription", nth: 1, verdict: "dieAfter" }]] },
  ],
  [
    "resume refused an Edge whose receive connector still carried the old name",
    {
      shape: SHAPES.flip,
      goal: { ...SHAPES.flip, certificate: "v1" },
      attempts: [[{ at: "named", point: "EDGE02/mend.before-intent", action: "error" }]],
    },
  ],
  [
    "a run that was killed while it gave its leases back was waited for without end",
    {
      shape: SHAPES.recreate,
      attempts: [
        [
          { at: "lab", fault: { host: "EDGE01", nth: 99, at: "reply", kind: "hang", ms: 0 } },
          { at: "request", index: 254, verdict: "dieBefore" },
        ],
      ],
      noQuiet: true,
    },
  ],
];
