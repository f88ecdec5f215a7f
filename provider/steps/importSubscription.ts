/** `import-subscription`: the file goes over the existing subscription, or the subscription is removed before (exchange.md 4.2, 15.6). */
import { ExchangeError } from "../base/errors";
import { hostTime, knownTime, waitUntilPast } from "../exchange/clocks";
import { findSubscription, importSubscription, removeSubscription } from "../exchange/subscriptions";
import type { Last, Step } from "../rotation/engine";
import { IMPORT } from "../rotation/journal";
import { withLease, type LeasedShell } from "../rotation/leasedShell";
import type { Carried, Subscribing } from "./tasks";

export function importSubscriptionStep(task: Subscribing, carried: Carried): Step {
  const { organization, actor, site, edge, createInternet, createInbound, journal, signal, method } = task;
  let asked: Promise<Date> | undefined;
  return {
    id: IMPORT,
    text: method === "recreate" ? "remove the subscription and import the file" : "import the file over the existing subscription",
    probe: async () => {
      const done = carried.file === null || journal.state?.done.has(IMPORT) === true;
      return done && (await findSubscription(organization, edge.facts.name)) !== null;
    },
    ahead: () => {
      asked = hostTime(organization);
      return Promise.all([asked, findSubscription(organization, edge.facts.name)]);
    },
    // Not where the clocks still have to be waited for: a lease is not held over a wait.
    beside: async () => {
      const now = knownTime(organization);
      if (now && now > carried.made) await withLease(organization, actor, () => Promise.resolve(), signal, { lingers: true });
    },
    run: async (last) => {
      const file = carried.file;
      if (!file)
        throw new ExchangeError("SUBSCRIPTION_REFUSED", `${edge.facts.name}: the subscription file is gone; run again.`, {
          host: edge.facts.name,
        });
      await waitUntilPast(organization, carried.made, signal, { seen: asked, edge: edge.facts.name });
      await withLease(organization, actor, (leased) => subscribe(leased, file, last), signal, { lingers: true });
      carried.file = null;
    },
  };
  async function subscribe(leased: LeasedShell, file: Buffer, last: Last): Promise<void> {
    if (method === "recreate" && (await findSubscription(leased, edge.facts.name))) await removeSubscription(leased, edge.facts.name);
    await last(() => importSubscription(leased, { file, site, createInternet, createInbound }));
  }
}
