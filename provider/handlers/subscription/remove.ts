/** Delete of an Edge Subscription: never hurts. Connectors that would vanish keep it (exchange.md 4.3). */
import type { JsonObject } from "../../base/json";
import { listSendConnectors, sourcesOf } from "../../exchange/sendConnectors";
import { text } from "../../exchange/shell";
import { findSubscription, removeSubscription } from "../../exchange/subscriptions";
import { deleteClaimed } from "../deletion";
import type { Context } from "../types";
import type { SubscriptionInputs } from "./inputs";

export async function deleteSubscription(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as SubscriptionInputs;
  await deleteClaimed(ctx, { kind: "subscription", name: id, host: inputs.organization, props }, async ({ leased, right }) => {
    if (right !== "act" || !(await findSubscription(leased, id))) return;
    const lost = (await listSendConnectors(leased))
      .filter((one) => sourcesOf(one).join() === id.toUpperCase())
      .map((one) => text(one.Name));
    if (lost.length === 0 || inputs.allowConnectorLoss) return removeSubscription(leased, id);
    const named = lost.map((one) => `"${one}"`).join(", ");
    ctx.warn(`[DELETE_KEPT] ${id}: the Edge Subscription stays, because ${named} would be deleted with it (allowConnectorLoss).`);
  });
}
