/** The provider's progress lines, kept from the test's output. */
import { setWriter } from "../../../provider/base/progress";

/** Declares hooks for the suite or file: progress lines go into the returned list instead of stdout. */
export function quietly(): string[] {
  const lines: string[] = [];
  let previous: ReturnType<typeof setWriter> | undefined;
  before(() => {
    previous = setWriter((line) => void lines.push(line));
  });
  after(() => {
    setWriter(previous);
  });
  return lines;
}
