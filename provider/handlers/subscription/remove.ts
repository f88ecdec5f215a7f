/** Delete of an Edge Subscription: never hurts. Connectors that would vanish keep it (exchange.md 4.3). */
import type { JsonObject } from "../../base/json";
import { listSendConnectors, sourcesOf } from "../../exchange/sendConnectors";
import { text } from "../../exchange/shell";
import { findSubscription, removeSubscription } from "../../exchange/subscriptions";
import { askedDelete, deleteRight, readClaims, saveClaims, withoutClaim } from "../../rotation/claims";
import { withHand } from "../../rotation/hand";
import { whoIs } from "../../rotation/who";
import { deleteSession } from "../outcome";
import type { Context } from "../types";
import type { SubscriptionInputs } from "./inputs";

export async function deleteSubscription(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as SubscriptionInputs & { claim?: string };
  const organization = await deleteSession(ctx, inputs.organization, props);
  if (!organization) return;
  await withHand(
    organization,
    whoIs(inputs.owner),
    async (hand) => {
      const book = await readClaims(hand);
      const onDelete = askedDelete(inputs.onDelete);
      const { right } = deleteRight(book, { kind: "subscription", name: id, owner: inputs.owner, claim: inputs.claim ?? "", onDelete });
      if (right === "nothing") return;
      if (right === "act" && (await findSubscription(hand, id))) {
        const lost = (await listSendConnectors(hand))
          .filter((one) => sourcesOf(one).join() === id.toUpperCase())
          .map((one) => text(one.Name));
        if (lost.length > 0 && !inputs.allowConnectorLoss) {
          ctx.warn(
            `[DELETE_KEPT] ${id}: the Edge Subscription stays, because ${lost.map((one) => `"${one}"`).join(", ")} would be deleted with it (allowConnectorLoss).`,
          );
        } else {
          await removeSubscription(hand, id);
        }
      }
      await saveClaims(hand, book, withoutClaim(book, "subscription", id, inputs.owner));
    },
    ctx.signal,
  );
}
