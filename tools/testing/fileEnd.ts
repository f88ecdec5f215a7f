/** What has to be done at the end of each test file: close what tests left open, tell figures. Works without the runner too. */
import type { FileMessage } from "./messages";

type Work = () => void | Promise<void>;
const works: Work[] = [];
let byRunner = false;

/** Registers work for the end of each file; under mocha alone it is done at the end of the run. */
export function atFileEnd(work: Work): void {
  if (byRunner) works.push(work);
  else if (typeof after === "function") after(work);
}

/** The runner's process says that it will call `endFile` itself. */
export function underRunner(): void {
  byRunner = true;
}
export async function endFile(): Promise<void> {
  for (const work of works) await work();
}

/** Tells the runner; without one nobody hears it. */
export function tell(message: FileMessage): void {
  if (byRunner && process.connected) process.send?.(message);
}
/** Whether somebody hears what is told. */
export const isHeard = (): boolean => byRunner;
