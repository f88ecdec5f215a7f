/** The handler of `EdgeSubscription`. */
import { isExchangeError } from "../../base/errors";
import { plain, same, type JsonObject } from "../../base/json";
import { readJournal } from "../../rotation/journal";
import type { Context, Handler, ReadResult } from "../types";
import { checkSubscription, diffSubscription } from "./check";
import { converge, observed } from "./converge";
import { gather } from "./gather";
import type { SubscriptionInputs } from "./inputs";
import { deleteSubscription } from "./remove";

function typed(inputs: JsonObject): SubscriptionInputs {
  return inputs as unknown as SubscriptionInputs;
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const inputs = typed(props);
  const [edge, organization] = await Promise.all([ctx.session(inputs.edge), ctx.session(inputs.organization)]);
  const now = await gather(inputs, edge, organization).catch(async (error: unknown) => {
    // Inside a window Exchange may be unable to answer; the next update heals that.
    if (isExchangeError(error, "CMDLET_FAILED") && (await readJournal(edge))?.open) return null;
    throw error;
  });
  if (!now) return { id, props: plain({ ...props, unfinished: true }) };
  if (!now.subscription && !now.journal?.open) return {};
  const { unfinished: _old, ...rest } = props;
  const unfinished = props.unfinished === true || now.journal?.open === true;
  return {
    id,
    props: plain({
      ...rest,
      ...observed(edge, now),
      site: now.subscription?.site ?? inputs.site,
      ...(unfinished ? { unfinished: true } : {}),
    }),
  };
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
  read,
  delete: deleteSubscription,
};
