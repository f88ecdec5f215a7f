/** Faults as hooks of one provider process. */
import type { Fault, RivalFault } from "./cases";
import { OPERATOR_EDITS } from "./operatorEdits";
import type { OperatorEdit } from "./outside";
import type { Hooks } from "./provider";
import type { Verdict } from "./wire";
import type { World } from "./world";

export function hooksOf(world: World, faults: Fault[], rival: (fault: RivalFault) => void): Hooks {
  let points = 0;
  let requests = 0;
  const used = new Set<Fault>();
  const calls = new Map<string, number>();
  return {
    onPoint: ({ host, step, position }) => {
      const index = points++;
      for (const one of faults) {
        if (one.at === "point" && one.index === index) return one.action;
        if (one.at === "named" && !used.has(one) && [`${step}.${position}`, `${host}/${step}.${position}`].includes(one.point)) {
          used.add(one);
          return one.action;
        }
      }
      return undefined;
    },
    onRequest: ({ call }) => {
      const index = requests++;
      calls.set(call, (calls.get(call) ?? 0) + 1);
      let verdict: Verdict = "pass";
      for (const one of faults) {
        if (one.at === "call" && one.call === call && one.nth === calls.get(call)) verdict = one.verdict;
        if (!("index" in one) || one.index !== index) continue;
        if (one.at === "request") verdict = one.verdict;
        else if (one.at === "clock") world.moveClock(one.seconds, one.host);
        else if (one.at === "operator") edit(world, one.edit);
        else if (one.at === "rival") rival(one);
        else if (one.at === "reboot") void world.reboot(one.host);
      }
      return verdict;
    },
  };
}

function edit(world: World, name: OperatorEdit): void {
  world.edits.add(name);
  OPERATOR_EDITS[name].run(world);
}
