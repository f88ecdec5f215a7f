/** Puts Edge and organisation back, from the outside in: defaults, subscription, mail, connector, certificates. */
import { asExchangeError } from "../../../base/errors";
import { redact } from "../../../base/redact";
import { defaultThumbprint, enableServices, listCertificates, type Service } from "../../../exchange/certificates";
import { listSendConnectors } from "../../../exchange/sendConnectors";
import { text } from "../../../exchange/shell";
import { filledQueues } from "../../../exchange/transport";
import { comesSurely, MARK, restart } from "../edge/bench";
import { mendBefore, wayBack } from "../edge/wayBack";
import { removeMadeUp } from "./madeUp";
import { subscribe, synchronises, type Site } from "./site";

type Mend = (site: Site) => Promise<void>;

const never = (): AbortSignal => new AbortController().signal;

const mailboxDefault: Mend = async ({ insideLeased, before }) => {
  if (before.default === null || (await defaultThumbprint(insideLeased)) === before.default) return;
  await enableServices(insideLeased, before.default, ["SMTP"], true);
};

const byName: Mend = async ({ insideLeased, before }) => {
  const all = await listCertificates(insideLeased);
  for (const service of ["POP", "IMAP"] as const satisfies Service[]) {
    const wanted = before.byName[service];
    const has = all.find(({ thumbprint }) => thumbprint === wanted)?.services?.includes(service);
    if (wanted !== null && has === false) await enableServices(insideLeased, wanted, [service], false);
  }
};

const edgeDefault: Mend = (site) => mendBefore(site);

/** Subscribed once more where another certificate is bound, or EdgeSync does not get through. */
const subscription: Mend = async (site) => {
  const { inside, edge, before } = site;
  if ((await defaultThumbprint(inside.session, edge.name)) === before.bound && (await synchronises(site, never(), 1))) return;
  if (await subscribe(site, never())) return;
  throw new Error(`EdgeSync does not get through to ${edge.name}`);
};

/** Mail of the kit leaves before the connector that it goes over. */
const mail: Mend = async (site) => {
  if (await hasConnector(site))
    await comesSurely({ ...site, signal: never() }, async () => (await filledQueues(site.edge.session)).length === 0);
};

const hasConnector = async ({ inside }: Site): Promise<boolean> =>
  (await listSendConnectors(inside.session)).some((bag) => text(bag.Name) === MARK);

const connector: Mend = async (site) => {
  if (await hasConnector(site)) await site.insideLeased.invoke("Remove-SendConnector", { Identity: MARK, Confirm: false }, []);
  const onEdge = (await listSendConnectors(site.edge.session)).some((bag) => text(bag.Name) === MARK);
  if (!onEdge) return;
  if (!(await synchronises(site, never()))) throw new Error(`${site.edge.name} still has the kit's connector`);
  // What the running process has taken counts until it notices, or is started anew.
  await restart(site);
};

const mailboxCertificates: Mend = async ({ insideLeased, before }) => {
  const own = (await listCertificates(insideLeased)).filter(
    ({ thumbprint, friendlyName }) => friendlyName === MARK && !before.certificates.includes(thumbprint),
  );
  for (const { thumbprint } of own) await insideLeased.invoke("Remove-ExchangeCertificate", { Thumbprint: thumbprint, Confirm: false }, []);
};

const MENDS: { [what: string]: Mend } = {
  "the default certificate of the Mailbox server": mailboxDefault,
  "POP and IMAP of the Mailbox server": byName,
  "the Edge's default certificate": edgeDefault,
  "made-up subscriptions": removeMadeUp,
  "the subscription": subscription,
  "mail of the kit": mail,
  "the kit's connector": connector,
  "the kit's certificates on the Mailbox server": mailboxCertificates,
};

/** @returns what could not be put back, with the reason */
export async function wholeWayBack(site: Site): Promise<string[]> {
  const owed: string[] = [];
  for (const [what, mend] of Object.entries(MENDS))
    await mend(site).catch((error: unknown) => {
      const { code, sentence } = asExchangeError(error);
      owed.push(redact(`${what}: [${code}] ${sentence}`));
    });
  return [...owed, ...(await wayBack(site))];
}
