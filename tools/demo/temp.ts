/** What must not be left behind, whatever ends the demo. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder for one run; gone when the process ends, also after an error or a signal. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-demo-"));
  process.once("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}

const SECOND_SIGNAL_MS = 1_000;

/** Aborts at the first signal, so that Pulumi can stop in order; a second one ends the process at once. */
export function abortOnSignals(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      // A terminal and npm may both pass the same Ctrl-C on.
      if (controller.signal.aborted && Date.now() - first > SECOND_SIGNAL_MS) process.exit(130);
      first ||= Date.now();
      controller.abort(new Error(`interrupted by ${signal}`));
    });
  }
  return controller.signal;
}
