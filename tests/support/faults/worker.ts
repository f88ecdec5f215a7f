/** A process that runs cases: one message in, one message out. */
import { runCase, type Case } from "./cases";
import type { Answer } from "./pool";
import { installVirtualTime } from "./virtualTime";

installVirtualTime();
process.on("message", (spec: Case) => {
  runCase(spec).then(
    (outcome) => process.send!({ outcome } satisfies Answer),
    (error: Error) => process.send!({ error: error.stack ?? error.message } satisfies Answer),
  );
});
