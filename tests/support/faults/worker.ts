/** A process that runs cases: one order in; outcomes out, the last of them with `done`. */
import { learnEnding, shareEndings } from "./known";
import type { Answer, Order } from "./pool";
import { runCase } from "./play";
import { runTree } from "./tree";
import { installVirtualTime } from "./virtualTime";

installVirtualTime();
const tell = (answer: Answer): void => void process.send!(answer);

shareEndings((key, ending) => tell({ known: [key, ending] }));

process.on("message", (order: Order) => {
  if ("known" in order) return learnEnding(...order.known);
  const began = process.cpuUsage();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1000;
  };
  const work =
    "case" in order
      ? runCase(order.case).then((outcome): Answer => ({ done: { outcome }, cpu: cpu() }))
      : runTree(order.tree, (branch) => tell({ branch })).then((tree): Answer => ({ done: { tree }, cpu: cpu() }));
  work.then(tell, (error: Error) => tell({ error: error.stack ?? error.message }));
});
