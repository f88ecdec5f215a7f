/** One message through the throw-away Edge, over a connector of the kit's own. */
import { randomBytes } from "node:crypto";
import { listSendConnectors } from "../../../exchange/sendConnectors";
import { text } from "../../../exchange/shell";
import { AUTHENTICATION } from "../../../exchange/symptoms/replies";
import { filledQueues } from "../../../exchange/transport";
import { smtpDoor } from "../../../probes/doors";
import { probeRecipient } from "../../../probes/recipient";
import { comesSurely, edgeNow, MARK } from "../edge/bench";
import { makeConnector, synchronises, type Site } from "./site";

/** Over it the Edge hands on what comes in for accepted domains. False where it does not come to the Edge. */
export async function inbound(site: Site): Promise<boolean> {
  await makeConnector(site, {
    AddressSpaces: ["SMTP:--;100"],
    SmartHosts: ["--"],
    DNSRoutingEnabled: false,
    SmartHostAuthMechanism: "ExchangeServer",
    SourceTransportServers: [site.edge.name],
  });
  await synchronises(site);
  return comesSurely(site, async () => (await listSendConnectors(site.edge.session)).some((bag) => text(bag.Name) === MARK));
}

export interface Message {
  id: string;
  since: Date;
}

/** The null sender gets no report, whatever becomes of it; nobody has the recipient's name. @returns why it was not taken, in words */
export async function sent(site: Site): Promise<Message | string> {
  const { inside, edge } = site;
  const { objects } = await inside.session.invoke("Get-AcceptedDomain", {}, ["DomainName"]);
  const domain = objects.map(({ DomainName }) => text(DomainName)).find((one) => one !== "" && !one.startsWith("*"));
  if (domain === undefined) return "the organisation accepts no domain";
  const since = await edgeNow(site);
  const local = `px-${randomBytes(6).toString("hex")}`;
  const id = `<${local}@conformance.invalid>`;
  const envelope = { sender: "", recipient: `${local}@${domain}`, messageId: id };
  const { accepted, code } = await probeRecipient(smtpDoor(edge.host, edge.session), { name: edge.session.facts.fqdn }, envelope);
  return accepted ? { id, since } : `the Edge answers a message to an unknown recipient of an accepted domain with ${code}`;
}

export async function wentOn(site: Site, { id, since }: Message): Promise<boolean> {
  const until = new Date((await edgeNow(site)).getTime() + 1000);
  const params = { since: since.toISOString(), until: until.toISOString(), messageId: id };
  const { events } = await site.edge.session.request("tracking.count", params);
  return events.some(({ eventId, count }) => eventId === "SEND" && count > 0);
}

export const waitsForTrust = async ({ edge }: Site): Promise<boolean> =>
  (await filledQueues(edge.session)).some(({ lastError }) => AUTHENTICATION.test(lastError));
