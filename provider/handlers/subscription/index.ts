/** The handler of `EdgeSubscription`. */
import { lifecycle } from "../lifecycle";
import { work } from "./converge";
import { gather } from "./gather";
import type { SubscriptionInputs } from "./inputs";
import { look, REFUSALS, type Facts } from "./refusals";
import { deleteSubscription } from "./remove";
import { observed, readSubscription } from "./seen";
import { OFFLINE } from "./words";

export const edgeSubscription = lifecycle<SubscriptionInputs, Facts>({
  ...OFFLINE,
  kind: "subscription",
  home: ({ edge, organization }) => ({ connection: edge, role: { role: "Edge", argument: "edge" }, others: [organization] }),
  stands: { argument: "edge", fqdn: (_id, olds) => olds.server },
  heals: true,
  look,
  refusals: REFUSALS,
  isSettled: (_task, { need, now }) => need === "nothing" && !now.journal?.open,
  work,
  id: ({ home }) => home.facts.name,
  outputs: async ({ inputs, home, former }, { now, organization }, anew) =>
    observed(home, anew ? await gather(inputs, home, organization) : now, former?.olds.syncStatus),
  read: async (ctx, _id, inputs, home) => readSubscription(ctx, inputs, await home()),
  remove: deleteSubscription,
});
