/** Puts Edge and organisation back, from the outside in: defaults, subscription, mail, connector, certificates. */
import { defaultThumbprint, enableServices, listCertificates, removeCertificate, type Service } from "../../../exchange/certificates";
import { listSendConnectors } from "../../../exchange/sendConnectors";
import { text } from "../../../exchange/shell";
import { filledQueues } from "../../../exchange/transport";
import { comesSurely, kitsOwn, makeDefault, MARK, restart } from "../edge/bench";
import { mendAll, type Mend } from "../edge/questions";
import { mendBefore, wayBack } from "../edge/wayBack";
import { removeMadeUp } from "./madeUp";
import { subscribe, synchronises, type Site } from "./site";

const never = (): AbortSignal => new AbortController().signal;

const mailboxDefault: Mend<Site> = async ({ insideLeased, before }) => {
  if (before.default === null || (await defaultThumbprint(insideLeased)) === before.default) return;
  await makeDefault(insideLeased, before.default);
};

const byName: Mend<Site> = async ({ insideLeased, before }) => {
  const all = await listCertificates(insideLeased);
  for (const service of ["POP", "IMAP"] as const satisfies Service[]) {
    const wanted = before.byName[service];
    const has = all.find(({ thumbprint }) => thumbprint === wanted)?.services?.includes(service);
    if (wanted !== null && has === false) await enableServices(insideLeased, wanted, [service], false);
  }
};

/** Subscribed once more where another certificate is bound, or EdgeSync does not get through. */
const subscription: Mend<Site> = async (site) => {
  const { inside, edge, before } = site;
  if ((await defaultThumbprint(inside.session, edge.name)) === before.bound && (await synchronises(site, never(), 1))) return;
  if (await subscribe(site, never())) return;
  throw new Error(`EdgeSync does not get through to ${edge.name}`);
};

/** Mail of the kit leaves before the connector that it goes over. */
const mail: Mend<Site> = async (site) => {
  if (await hasConnector(site))
    await comesSurely({ ...site, signal: never() }, async () => (await filledQueues(site.edge.session)).length === 0);
};

const hasConnector = async ({ inside }: Site): Promise<boolean> =>
  (await listSendConnectors(inside.session)).some((bag) => text(bag.Name) === MARK);

const connector: Mend<Site> = async (site) => {
  if (await hasConnector(site)) await site.insideLeased.invoke("Remove-SendConnector", { Identity: MARK, Confirm: false }, []);
  const onEdge = (await listSendConnectors(site.edge.session)).some((bag) => text(bag.Name) === MARK);
  if (!onEdge) return;
  if (!(await synchronises(site, never()))) throw new Error(`${site.edge.name} still has the kit's connector`);
  // What the running process has taken counts until it notices, or is started anew.
  await restart(site);
};

const mailboxCertificates: Mend<Site> = async ({ insideLeased, before }) => {
  for (const thumbprint of await kitsOwn(insideLeased, before.certificates)) await removeCertificate(insideLeased, thumbprint);
};

const MENDS: { [what: string]: Mend<Site> } = {
  "the default certificate of the Mailbox server": mailboxDefault,
  "POP and IMAP of the Mailbox server": byName,
  "the Edge's default certificate": mendBefore,
  "made-up subscriptions": removeMadeUp,
  "the subscription": subscription,
  "mail of the kit": mail,
  "the kit's connector": connector,
  "the kit's certificates on the Mailbox server": mailboxCertificates,
};

/** @returns what could not be put back, with the reason */
export async function wholeWayBack(site: Site): Promise<string[]> {
  return [...(await mendAll(MENDS, site)), ...(await wayBack(site))];
}
