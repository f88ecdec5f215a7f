/** Resources that have a class but no handler yet: refused in `check`, in words, with nothing changed anywhere. */
import { ExchangeError } from "../base/errors";
import { failure } from "./validation";
import type { Handler } from "./types";

export function notBuiltYet(resource: string): Handler {
  const sentence = `${resource} is not built yet.`;
  const refuse = (): Promise<never> => Promise.reject(new ExchangeError("NOT_SUPPORTED", sentence));
  return {
    check: (_ctx, _olds, news) => Promise.resolve({ inputs: news, failures: [failure("NOT_SUPPORTED", "", sentence)] }),
    diff: () => Promise.resolve({ changes: false }),
    create: refuse,
    update: refuse,
    read: refuse,
    delete: refuse,
  };
}
