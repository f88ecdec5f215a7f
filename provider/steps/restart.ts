/** `restart`: transport starts anew without a window, and what it presents is looked at where that is known. */
import { TRANSPORT, transportStatus } from "../exchange/transport";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";

/** Once: whether it is needed, the caller knows. `look` throws where what is presented afterwards must not be. */
export function restartStep(leased: LeasedShell, look: () => Promise<void>): Step {
  let done = false;
  return {
    id: "restart",
    text: `restart ${TRANSPORT}`,
    probe: () => Promise.resolve(done),
    run: async () => {
      const { status } = await transportStatus(leased);
      if (status === "Stopped") await leased.request("service.start", { name: TRANSPORT });
      else await leased.request("service.restart", { name: TRANSPORT, keepStopped: [] });
      await look();
      done = true;
    },
  };
}
