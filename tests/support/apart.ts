/** Work in a process of its own, where the clock is not ours: one order in, one answer out, then it ends. */
import { fork } from "node:child_process";

/** Starts a compiled script that answers (below), and waits for what it tells. */
export function askApart<Answer>(script: string, order: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const child = fork(script);
    child.once("message", (told) => resolve(told as Answer));
    child.once("exit", (code) => reject(new Error(`it ended with ${code} and told nothing`)));
    child.send(order);
  });
}

/** In that script: what `work` makes of the order, or what `failed` makes of the error's text. */
export function answerApart<Order, Answer>(work: (order: Order) => Promise<Answer>, failed: (error: string) => Answer): void {
  process.once("message", (order: Order) => {
    void work(order)
      .catch((error: Error) => failed(error.stack ?? error.message))
      .then((told) => process.send!(told, () => process.disconnect()));
  });
}
