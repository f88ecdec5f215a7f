/** The handler of `EdgeSubscription`. */
import { same, type JsonObject } from "../../base/json";
import type { Handler } from "../types";
import { checkSubscription, diffSubscription } from "./check";
import { converge } from "./converge";
import type { SubscriptionInputs } from "./inputs";
import { deleteSubscription } from "./remove";
import { readSubscription } from "./seen";

function typed(inputs: JsonObject): SubscriptionInputs {
  return inputs as unknown as SubscriptionInputs;
}

export const edgeSubscription: Handler = {
  check: (ctx, olds, news) => Promise.resolve(checkSubscription(ctx, olds, news)),
  diff: (ctx, id, olds, news) => Promise.resolve(diffSubscription(ctx, id, olds, news)),
  create: (ctx, inputs) => converge(ctx, typed(inputs), null),
  update: async (ctx, _id, olds, news) => {
    const former = {
      fqdn: String(olds.server),
      claim: String(olds.claim),
      revision: String(olds.revision),
      owner: String(olds.owner),
      unfinished: olds.unfinished === true,
      organizationChanged: !same(olds.organizationThumbprints, news.organizationThumbprints),
    };
    return { outs: (await converge(ctx, typed(news), former)).outs };
  },
  read: readSubscription,
  delete: deleteSubscription,
};
