/** The handler of `TransportService`. */
import { plain, type JsonObject } from "../../base/json";
import { healServices } from "../../rotation/directoryServices";
import { Journal, readJournal } from "../../rotation/journal";
import { actorOf } from "../../rotation/actor";
import type { HostSession } from "../../remote/sessions";
import { deleteClaimed } from "../deletion";
import { refuseOtherServer } from "../outcome";
import { registerPeer } from "../peers";
import type { Context, Handler, ReadResult } from "../types";
import { checkTransport, diffTransport } from "./check";
import { converge, observe } from "./converge";
import type { TransportInputs } from "./inputs";
import { putBack } from "../../steps/wayBack";

function typed(inputs: JsonObject): TransportInputs {
  return inputs as unknown as TransportInputs;
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const inputs = typed(props);
  const session = await ctx.session(inputs.host);
  refuseOtherServer(session, id);
  if (session.facts.role === "Edge") registerPeer(props.owner, inputs.host);
  const journal = session.facts.role === "Edge" ? await readJournal(session) : null;
  const { unfinished: _old, toleratedThumbprint: _seen, ...rest } = props;
  const unfinished = props.unfinished === true || journal?.open === true;
  return { id, props: plain({ ...rest, ...(await observe(session, inputs)), ...(unfinished ? { unfinished: true } : {}) }) };
}

/** With an open journal the Edge is put back first; else there is nothing on the server to undo. */
async function remove(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = typed(props);
  const actor = actorOf(inputs.owner);
  const name = (session: HostSession): string => session.facts.name;
  const prepare = async (session: HostSession): Promise<void> => void (await healServices(session, actor, ctx.signal));
  await deleteClaimed(ctx, { kind: "transport", name, host: inputs.host, props, fqdn: id, prepare }, async ({ leased, session }) => {
    if (session.facts.role !== "Edge") return;
    const journal = await Journal.load(leased, actor);
    if (!journal.isOpen || journal.state?.stack !== actor.stack) return;
    await putBack(ctx, inputs, session, leased, journal);
  });
}

export const transportService: Handler = {
  check: (ctx, olds, news) => Promise.resolve(checkTransport(ctx, olds, news)),
  diff: (ctx, id, olds, news) => Promise.resolve(diffTransport(ctx, id, olds, news)),
  create: (ctx, inputs) => converge(ctx, typed(inputs), null),
  update: async (ctx, id, olds, news) => {
    const former = {
      fqdn: id,
      claim: String(olds.claim),
      revision: String(olds.revision),
      owner: String(olds.owner),
      unfinished: olds.unfinished === true,
    };
    return { outs: (await converge(ctx, typed(news), former)).outs };
  },
  read,
  delete: remove,
};
