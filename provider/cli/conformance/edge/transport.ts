/** Which certificate transport takes, when it notices one, and what shuts its door. */
import { removeCertificate } from "../../../exchange/certificates";
import { listReceiveConnectors, setReceiveConnector } from "../../../exchange/receiveConnectors";
import { list, text } from "../../../exchange/shell";
import { makeSelfSigned, type Certificate } from "../../../pki";
import { notSeen, seen, type Answer } from "../answers";
import { comesSurely, comesTo, datesOf, freshName, giveAccess, imported, importPair, restart, starttlsOf, type Bench } from "./bench";
import { one, type Question } from "./questions";
import { setComponent } from "./wayBack";

/** The connector that answers on port 25. */
async function connectorOn25({ leased }: Bench): Promise<string | null> {
  const all = await listReceiveConnectors(leased);
  const found = all.find((bag) => bag.Enabled !== false && list(bag.Bindings).some((binding) => binding.endsWith(":25")));
  return found ? text(found.Name) : null;
}

const nameIt = (bench: Bench, connector: string, { tlsCertificateName }: Certificate): Promise<void> =>
  setReceiveConnector(bench.leased, connector, { TlsCertificateName: tlsCertificateName });

/** Days until the end of each certificate, in the order of their import: neither the first nor the last of them is the latest. */
const ENDS = [200, 100, 500, 300, 400];

/**
 * The order of a store cannot be read: five certificates are looked at, the latest is taken out as long as it was presented. With no
 * eye for dates the latest would be first five times with a chance of one in 120.
 */
async function tlsNameChoice(bench: Bench): Promise<Answer> {
  const connector = await connectorOn25(bench);
  if (connector === null) return notSeen("no receive connector answers on port 25");
  const name = freshName();
  let left: Certificate[] = [];
  for (const forDays of ENDS) {
    const one = await imported(bench, name, { forDays });
    await giveAccess(bench, one);
    left.push(one);
  }
  await nameIt(bench, connector, left[0]);
  await restart(bench);
  for (; left.length > 1;) {
    const latest = left.reduce((a, b) => (a.notAfter > b.notAfter ? a : b));
    let shown = "";
    const own = (): boolean => left.some(({ thumbprint }) => thumbprint === shown);
    await comesSurely(bench, async () => {
      shown = await starttlsOf(bench);
      return own();
    });
    if (!own()) return notSeen(`STARTTLS presents none of them (${/^[0-9A-F]{40}$/.test(shown) ? "another certificate" : shown})`);
    if (shown !== latest.thumbprint)
      return seen("store", `of ${left.length} certificates another than the one that ends last is presented`);
    left = left.filter((one) => one !== latest);
    await remove(bench, latest, left[0], connector);
  }
  return seen("latest", `of ${ENDS.length} certificates the one that ends last is presented, each time that one is taken away`);
}

/** Without the connector's name nothing holds a certificate back. */
async function remove(bench: Bench, certificate: Certificate, next: Certificate, connector: string): Promise<void> {
  await setReceiveConnector(bench.leased, connector, { TlsCertificateName: null });
  await removeCertificate(bench.leased, certificate.thumbprint);
  await nameIt(bench, connector, next);
  await restart(bench);
}

/** Named first, installed afterwards: what STARTTLS presents then was noticed by the running process. */
async function restartNeededForCertificates(bench: Bench): Promise<Answer> {
  const connector = await connectorOn25(bench);
  if (connector === null) return notSeen("no receive connector answers on port 25");
  const pair = await makeSelfSigned(freshName(), ...(await datesOf(bench, { sinceHours: 24 })));
  await nameIt(bench, connector, pair.certificate);
  await restart(bench);
  if (!(await comesSurely(bench, async () => (await starttlsOf(bench)) === "no STARTTLS")))
    return notSeen("a name that nothing carries does not end STARTTLS");
  await importPair(bench.leased, pair);
  await giveAccess(bench, pair.certificate);
  const presented = async (): Promise<boolean> => (await starttlsOf(bench)) === pair.certificate.thumbprint;
  if (await comesTo(bench, presented)) return seen(false, "the new certificate is presented without a restart");
  await restart(bench);
  return (await comesSurely(bench, presented))
    ? seen(true, `presented after a restart, and not within ${bench.patienceMs / 1000} s before it`)
    : notSeen("not presented after a restart either");
}

async function edgeComponentState(bench: Bench): Promise<Answer> {
  if ((await starttlsOf(bench)) === "closed") return notSeen("port 25 does not answer");
  await setComponent(bench.leased, "Inactive");
  const closed = await comesTo(bench, async () => (await starttlsOf(bench)) === "closed");
  return closed ? seen("closesDoor", "port 25 takes no connection") : seen("recorded", `port 25 answers for ${bench.patienceMs / 1000} s`);
}

export const TRANSPORT_QUESTIONS: readonly Question[] = [
  one("edgeComponentState", edgeComponentState),
  one("restartNeededForCertificates", restartNeededForCertificates),
  one("tlsNameChoice", tlsNameChoice),
];
