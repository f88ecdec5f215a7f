/** An Edge that anybody needs is refused. */
import { DAY_MS } from "../../../base/clock";
import { ExchangeError } from "../../../base/errors";
import { hostTime } from "../../../exchange/clocks";
import { trackedSince } from "../../../exchange/mailFlow";
import { listSendConnectors, sourcesOf } from "../../../exchange/sendConnectors";
import { equalNames, text } from "../../../exchange/shell";
import { filledQueues } from "../../../exchange/transport";
import { openJournal } from "../../../rotation/situation";
import type { Lookout, Server } from "../servers";
import { MARK } from "./bench";

function inUse(host: string, why: string): ExchangeError {
  return new ExchangeError("EDGE_IN_USE", `${host} is no throw-away Edge: ${why}.`, { host });
}

/** @throws EDGE_IN_USE; INVALID_ARGUMENT where nobody of the organisation can be asked */
export async function refuseInUse(edge: Server, lookout: Lookout): Promise<void> {
  const { session, name } = edge;
  const inside = lookout.servers.filter(({ role }) => role === "Mailbox");
  if (inside.length === 0)
    throw new ExchangeError(
      "INVALID_ARGUMENT",
      `Which connectors ${name} is a source of only the organisation knows, and no Mailbox server was entered.`,
      {
        hint: "Name a Mailbox server of the Edge's organisation in the hosts file.",
      },
    );
  if (await openJournal(session)) throw inUse(name, "a rotation is open on it");
  for (const { session: asked } of [edge, ...inside]) {
    const others = (await listSendConnectors(asked)).filter((bag) => text(bag.Name) !== MARK);
    const own = asked === session ? others : others.filter((bag) => sourcesOf(bag).some((source) => equalNames(source, name)));
    if (own.length > 0) throw inUse(name, `it is a source of the connector ${own.map((bag) => `"${text(bag.Name)}"`).join(", ")}`);
  }
  await refuseMail(edge);
}

async function refuseMail({ session, name }: Server): Promise<void> {
  const until = await hostTime(session);
  const { received, delivered } = await trackedSince(session, new Date(until.getTime() - DAY_MS), until).catch((error: unknown) => {
    throw new ExchangeError("EDGE_IN_USE", `${name} may be no throw-away Edge: whether it carried mail within a day cannot be counted.`, {
      host: name,
      hint: "Start MSExchangeTransportLogSearch on it, and have message tracking turned on.",
      cause: error,
    });
  });
  const carried = received + delivered;
  if (carried > 0) throw inUse(name, `it carried mail within a day (${carried} events of message tracking)`);
  const queues = await filledQueues(session);
  if (queues.length > 0) throw inUse(name, "its queues hold mail");
}
