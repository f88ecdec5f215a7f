/**
 * Tests that cannot run on this machine are skipped by name, with the reason in their title:
 * the runner lists them at its end.
 */
import type { Context, Runnable } from "mocha";

/** What the runner (tools/report.ts) looks for in a skipped test's full title. */
export function skippedTitle(title: string, reason: string): string {
  return `${title} [skipped: ${reason}]`;
}

type Body<Self> = (this: Self) => unknown;

export interface Conditional {
  describe(title: string, body: (this: Mocha.Suite) => void): void;
  it(title: string, body: Body<Context>): void;
}

/**
 * `describe` and `it` that run only when `condition` holds.
 *
 * @example
 * skipUnless(hasProgram("sshd"), "sshd is not installed").describe("real sshd", () => { … });
 */
export function skipUnless(condition: boolean, reason: string): Conditional {
  return {
    describe(title, body) {
      if (condition) describe(title, body);
      else describe.skip(skippedTitle(title, reason), body);
    },
    it(title, body) {
      if (condition) it(title, body);
      else it.skip(skippedTitle(title, reason), body);
    },
  };
}

/** Skips the running test, or from a `before` hook its whole suite, for a reason known only at run time. */
export function skipHere(context: Context, reason: string): never {
  const runnable: (Runnable & { type?: string }) | undefined = context.currentTest ?? context.test;
  const named = runnable?.type === "hook" ? runnable.parent : runnable;
  if (named) named.title = skippedTitle(named.title, reason);
  context.skip();
}
