/** The handler of `SendConnectorTls`. */
import { isExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { connectorAmongAll, findSendConnector, sourcesOf, type ConnectorBag } from "../../exchange/sendConnectors";
import { claimRecord } from "../../rotation/claimFiles";
import { owesFlip } from "../../rotation/flips";
import { ofConnector } from "../../directory";
import { fromDirectory, sessionIfUp } from "../directory";
import { lifecycle, type Seen, type Task } from "../lifecycle";
import { observedSettings, previousSettings } from "../settings";
import { look, work } from "./converge";
import { OWNED, type ConnectorInputs } from "./inputs";
import { REFUSALS, type Facts } from "./refusals";
import { deleteConnector } from "./remove";
import { oneFlipAtATime } from "./siteWindows";
import type { Context } from "../types";
import { OFFLINE } from "./words";

export const sendConnectorTls = lifecycle<ConnectorInputs, Facts, null>({
  ...OFFLINE,
  kind: "sendConnector",
  point: "connector",
  home: ({ host }) => ({ connection: host, role: { role: "Mailbox", argument: "host" } }),
  look,
  refusals: REFUSALS,
  isSettled: (_task, { changes, owed }) => Object.keys(changes).length === 0 && !owed,
  alone: ({ home }, flip) => oneFlipAtATime(home, flip),
  work,
  id: ({ inputs }) => inputs.connector,
  outputs,
  unseen: ({ inputs }, { connector }) => observed(inputs, connector),
  read: (ctx, id, inputs) => read(ctx, id, inputs),
  remove: deleteConnector,
});

async function outputs({ inputs, home }: Task<ConnectorInputs>, facts: Facts, anew: boolean): Promise<JsonObject> {
  const connector = anew ? await findSendConnector(home, inputs.connector) : facts.connector;
  const record = await claimRecord(home, { kind: "sendConnector", name: inputs.connector });
  return { ...observed(inputs, connector), previous: previousSettings(OWNED, inputs, record?.previous) };
}

/** Declared arguments with the connector's real values, and its sources. */
function observed(inputs: ConnectorInputs, connector: ConnectorBag): JsonObject {
  return { sourceTransportServers: sourcesOf(connector), ...observedSettings(OWNED, inputs, connector) };
}

async function read(ctx: Context, id: string, inputs: ConnectorInputs): Promise<Seen | null> {
  try {
    const inShell = async (): Promise<ConnectorBag> => connectorAmongAll(await ctx.session(inputs.host), id);
    const connector = await fromDirectory(ctx, inputs.host, `send connector "${id}"`, (view) => ofConnector(view, id), inShell);
    const organization = await sessionIfUp(ctx, inputs.host);
    return { outputs: observed(inputs, connector), open: organization !== null && (await owesFlip(organization, id)) };
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return null;
    throw error;
  }
}
