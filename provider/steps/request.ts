/** `request`: a key and a request on the host, and the authority's answer; nothing is interrupted, and nothing installed yet. */
import type { Step } from "../rotation/engine";

export interface Requesting<T> {
  step: Step;
  /** Set once the step is done. */
  answer: () => T | null;
}

/** `obtain` makes the request, or takes up a pending one, and submits it. */
export function requestStep<T>(authority: string, obtain: () => Promise<T>): Requesting<T> {
  let answer: T | null = null;
  const step: Step = {
    id: "request",
    text: `request a certificate from ${authority}`,
    probe: () => Promise.resolve(answer !== null),
    run: async () => {
      answer = await obtain();
    },
  };
  return { step, answer: () => answer };
}
