/** The handler of `SendConnectorTls`. */
import { isExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { findSendConnector, type ConnectorBag } from "../../exchange/sendConnectors";
import { ofConnector } from "../../directory";
import { fromDirectory, sessionIfUp } from "../directory";
import type { Context, Handler, ReadResult } from "../types";
import { checkConnector, diffConnector } from "./check";
import { converge, observed } from "./converge";
import { owesFlip } from "../../rotation/flips";
import type { ConnectorInputs } from "./inputs";
import { deleteConnector } from "./remove";

function typed(inputs: JsonObject): ConnectorInputs {
  return inputs as unknown as ConnectorInputs;
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const inputs = typed(props);
  try {
    const inShell = async (): Promise<ConnectorBag> => findSendConnector(await ctx.session(inputs.host), id);
    const connector = await fromDirectory(ctx, inputs.host, `send connector "${id}"`, (view) => ofConnector(view, id), inShell);
    const { unfinished: _old, ...rest } = props;
    const organization = await sessionIfUp(ctx, inputs.host);
    const unfinished = props.unfinished === true || (organization !== null && (await owesFlip(organization, id)));
    return { id, props: plain({ ...rest, ...observed(inputs, connector), ...(unfinished ? { unfinished: true } : {}) }) };
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return {};
    throw error;
  }
}

export const sendConnectorTls: Handler = {
  check: (ctx, olds, news) => Promise.resolve(checkConnector(ctx, olds, news)),
  diff: (ctx, id, olds, news) => Promise.resolve(diffConnector(ctx, id, olds, news)),
  create: (ctx, inputs) => converge(ctx, typed(inputs), null),
  update: async (ctx, _id, olds, news) => {
    const former = {
      claim: String(olds.claim),
      revision: String(olds.revision),
      owner: String(olds.owner),
      unfinished: olds.unfinished === true,
    };
    return { outs: (await converge(ctx, typed(news), former)).outs };
  },
  read,
  delete: deleteConnector,
};
