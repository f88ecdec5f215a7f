/** The handler of `TransportService`. */
import { plain, type JsonObject } from "../../base/json";
import { readClaims, deleteRight, saveClaims, withoutClaim } from "../../rotation/claims";
import { healServices } from "../../rotation/directoryServices";
import { withHand, type Hand } from "../../rotation/hand";
import { Journal, readJournal } from "../../rotation/journal";
import { refuseForeign } from "../../rotation/opening";
import { whoIs } from "../../rotation/who";
import type { HostSession } from "../../remote/sessions";
import { deleteSession, refuseOtherServer } from "../outcome";
import type { Context, Handler, ReadResult } from "../types";
import { checkTransport, diffTransport } from "./check";
import { converge, observe } from "./converge";
import type { TransportInputs } from "./inputs";
import { putBack } from "./putBack";

type Props = TransportInputs & { claim?: string };
function typed(inputs: JsonObject): Props {
  return inputs as unknown as Props;
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const inputs = typed(props);
  const session = await ctx.session(inputs.host);
  refuseOtherServer(session, id);
  const journal = await readJournal(session);
  const { unfinished: _old, toleratedThumbprint: _seen, ...rest } = props;
  const unfinished = props.unfinished === true || journal?.open === true;
  return { id, props: plain({ ...rest, ...(await observe(session, inputs)), ...(unfinished ? { unfinished: true } : {}) }) };
}

/** With an open journal the Edge is put back first; else there is nothing on the server to undo. */
async function remove(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = typed(props);
  const session = await deleteSession(ctx, inputs.host, props);
  if (!session) return;
  refuseOtherServer(session, id);
  const who = whoIs(inputs.owner);
  await healServices(session, who, ctx.signal);
  await withHand(session, who, (hand) => removeUnderLease(ctx, inputs, session, hand), ctx.signal);
}

async function removeUnderLease(ctx: Context, inputs: Props, session: HostSession, hand: Hand): Promise<void> {
  const book = await readClaims(hand);
  const name = session.facts.name;
  const { right } = deleteRight(book, { kind: "transport", name, owner: inputs.owner, claim: inputs.claim ?? "", onDelete: null });
  if (right === "nothing") return;
  const who = whoIs(inputs.owner);
  const journal = await Journal.load(hand, who);
  if (journal.isOpen && journal.state?.stack === who.stack) {
    refuseForeign(journal.state, who, name);
    await putBack(ctx, inputs, session, hand, journal);
  }
  const fresh = await readClaims(hand);
  await saveClaims(hand, fresh, withoutClaim(fresh, "transport", name, inputs.owner));
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
