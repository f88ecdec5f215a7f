/** The handler of `TransportService`. */
import { same, type Json, type JsonObject } from "../../base/json";
import type { HostSession } from "../../remote/sessions";
import { actorOf } from "../../rotation/actor";
import { healServices } from "../../rotation/directoryServices";
import { Journal, readJournal } from "../../rotation/journal";
import { ANY, planLines } from "../../rotation/order";
import { short } from "../../rotation/reasons";
import { putBack } from "../../steps/wayBack";
import { deleteClaimed } from "../deletion";
import { lifecycle, type Seen } from "../lifecycle";
import { serverName } from "../outcome";
import { registerPeer } from "../peers";
import type { Context } from "../types";
import { isGood, work } from "./converge";
import { ARGUMENTS, type TransportInputs } from "./inputs";
import { observe } from "./observe";
import { look, REFUSALS, type Facts } from "./refusals";

export const transportService = lifecycle<TransportInputs, Facts>({
  name: "TransportService",
  arguments: ARGUMENTS,
  needs: ["expectThumbprint", "expectConnectors"],
  words,
  unfinished: () => "out of service: the open rotation is taken up again",
  drift: (olds, news, pending) => (pending.length > 0 ? null : drift(olds, news)),
  kind: "transport",
  home: ({ host, organization }) => ({ connection: host, others: [organization] }),
  stands: { argument: "host", fqdn: (id) => id },
  heals: true,
  look,
  refusals: REFUSALS,
  isSettled: isGood,
  work,
  id: ({ home }) => home.facts.fqdn,
  outputs: async ({ home, inputs, former }, { mail }) => ({
    server: home.facts.fqdn,
    presentedThumbprint: null,
    ...(await observe(home, inputs)),
    ...keptMail(former?.olds.mailFlow),
    ...mail,
  }),
  unseen: ({ home }) => ({ server: home.facts.fqdn, status: "Stopped", presentedThumbprint: null }),
  read: async (_ctx, _id, inputs, home) => read(inputs, await home()),
  remove,
});

/** What the last start saw stays until the next one. */
const keptMail = (mailFlow: Json | undefined): JsonObject => (mailFlow === undefined ? {} : { mailFlow });

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const server = serverName(news.host);
  const leaf = typeof news.expectThumbprint === "string" ? short(news.expectThumbprint) : "its certificate";
  const rotation =
    Object.keys(olds).length === 0
      ? `first deployment: adopts ${server} if transport runs and presents ${leaf}`
      : `back into service: ${server} presents ${leaf} afterwards`;
  const ends = news.organization !== undefined;
  return { rotation, plan: planLines({ ...ANY, host: server }, ends ? ["invariants", "predecessor", "start"] : ["stand"]) };
}

function drift(olds: JsonObject, news: JsonObject): string | null {
  const { status, presentedThumbprint: presented, toleratedThumbprint: tolerated } = olds;
  if (status !== undefined && status !== "Running") return `drift: transport is ${String(status)}; \`pulumi up\` starts it`;
  if (news.expectThumbprint === undefined || presented === undefined || presented === tolerated) return null;
  if (same(presented, news.expectThumbprint)) return null;
  return `drift: STARTTLS presents ${presented === null ? "nothing" : short(String(presented))}`;
}

async function read(inputs: TransportInputs, session: HostSession): Promise<Seen> {
  const edge = session.facts.role === "Edge";
  if (edge) registerPeer(inputs.owner, inputs.host);
  const [journal, seen] = await Promise.all([edge ? readJournal(session) : null, observe(session, inputs)]);
  return { outputs: { toleratedThumbprint: undefined, ...seen }, open: journal?.open === true };
}

/** With an open journal the Edge is put back first; else there is nothing on the server to undo. */
async function remove(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as TransportInputs;
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
