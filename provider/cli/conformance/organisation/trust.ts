/** What EdgeSync and direct trust compare, and what a Mailbox server's default does to EdgeSync. */
import { delay, HOUR_MS } from "../../../base/clock";
import { listCertificates } from "../../../exchange/certificates";
import { SLOW_CALL_MS, text } from "../../../exchange/shell";
import { exportSubscription } from "../../../exchange/subscriptions";
import { ADLDS } from "../../../exchange/transport";
import { makeSelfSigned, type SelfSigned } from "../../../pki";
import { notSeen, seen, type Answer } from "../answers";
import { comesSurely, comesTo, datesOf, edgeNow, freshName, importPair, ldapsOf, made, makeDefault, MARK, restart } from "../edge/bench";
import { one, type Question } from "../edge/questions";
import { inbound, sent, waitsForTrust, wentOn } from "./mail";
import { eventsSince, imported, insideNow, subscribe, synchronises, type Site } from "./site";

const EDGESYNC = "MSExchange EdgeSync";

/** With -Force, because the question about the default would end the call before it has come to POP and IMAP. */
async function newDefaultServices({ insideLeased }: Site): Promise<Answer> {
  const parameters = { DomainName: [freshName()], FriendlyName: MARK, Force: true, Confirm: false };
  const { objects } = await insideLeased.invoke("New-ExchangeCertificate", parameters, ["Thumbprint", "RawData"], {
    timeoutMs: SLOW_CALL_MS,
  });
  const raw = text(objects[0]?.RawData);
  const made = (await listCertificates(insideLeased)).find(({ der }) => der.toString("base64") === raw);
  const services = [...(made?.services ?? [])].sort().join(", ");
  if (services === "SMTP" || services === "IMAP, POP, SMTP") return seen(services, services);
  return notSeen(made?.services ? `its services are ${services || "None"}` : "its services are not shown");
}

async function mailboxDefaultReencrypts(site: Site): Promise<Answer> {
  const { insideLeased } = site;
  const begun = await insideNow(site);
  await makeDefault(insideLeased, (await made(insideLeased)).thumbprint);
  if (await synchronises(site)) return seen(true, "EdgeSync gets through with another default of the Mailbox server");
  const ids = await eventsSince(site, begun, EDGESYNC, [1033]);
  return ids.length > 0
    ? seen(false, "EdgeSync cannot decrypt its credentials any more (1033)")
    : notSeen("EdgeSync does not get through, and no 1033 says why");
}

/** Two certificates with one key, the first of which the organisation knows. */
async function sameKey(site: Site): Promise<(readonly ["edgeSyncCompares" | "directTrust", Answer])[]> {
  const name = freshName();
  const made = async (sinceHours: number, privateKey?: SelfSigned["privateKey"]) => {
    const pair = await makeSelfSigned(name, ...(await datesOf(site, { sinceHours })), privateKey);
    await importPair(site.leased, pair);
    return pair;
  };
  const both = (why: string) => [["directTrust", notSeen(why)] as const, ["edgeSyncCompares", notSeen(why)] as const];
  const known = await made(2);
  await makeDefault(site.leased, known.certificate.thumbprint);
  if (!(await subscribe(site))) return both("EdgeSync does not get through after the Edge was subscribed with a certificate of the kit");
  // After the import, which may take the Edge out of its connectors.
  if (!(await inbound(site))) return both("the connector of the kit does not come to the Edge");
  await restart(site);
  const other = (await made(1, known.privateKey)).certificate;
  await makeDefault(site.leased, other.thumbprint);
  const trust = await directTrust(site);
  return [
    ["directTrust", trust],
    ["edgeSyncCompares", await edgeSyncCompares(site, other.thumbprint)],
  ];
}

async function directTrust(site: Site): Promise<Answer> {
  const message = await sent(site);
  if (typeof message === "string") return notSeen(message);
  let answer: Answer = notSeen("the message neither went on nor waits for direct trust");
  await comesSurely(site, async () => {
    if (await wentOn(site, message)) answer = seen("publicKey", "mail goes on with another certificate of the known key");
    else if (await waitsForTrust(site))
      answer = seen("certificate", "mail waits for direct trust (454 4.7.0) with another certificate of the known key");
    return answer.fits.length > 0;
  });
  return answer;
}

/**
 * Whether mail waits for EdgeSync after an import. EdgeSync cannot come in between: what AD LDS presents is pinned by an export before, and is
 * the certificate of no Edge.
 */
async function directTrustLearns(site: Site): Promise<Answer> {
  if (!(await inbound(site))) return notSeen("the connector of the kit does not come to the Edge");
  const pinned = (await made(site.leased)).thumbprint;
  await makeDefault(site.leased, pinned);
  await exportSubscription(site.leased);
  await restart(site, ADLDS);
  if ((await ldapsOf(site)) !== pinned) return notSeen("AD LDS does not present the certificate that was exported");
  await makeDefault(site.leased, (await made(site.leased)).thumbprint);
  await restart(site);
  await imported(site, await exportSubscription(site.leased));
  const message = await sent(site);
  if (typeof message === "string") return notSeen(message);
  let answer: Answer = notSeen("the message neither went on nor waits for direct trust");
  await comesSurely(site, async () => {
    if (await wentOn(site, message)) answer = seen("import", "mail goes on right after the import, while EdgeSync cannot succeed");
    else if (await waitsForTrust(site)) answer = seen("edgeSync", "mail waits for direct trust (454 4.7.0) after the import");
    return answer.fits.length > 0;
  });
  return answer;
}

/** Mail for accepted domains has nowhere to go until the running process takes the connector. */
async function restartNeededForConnectors(site: Site): Promise<Answer> {
  if (!(await inbound(site))) return notSeen("the connector of the kit does not come to the Edge");
  const message = await sent(site);
  if (typeof message === "string") return notSeen(message);
  if (await comesTo(site, () => wentOn(site, message))) return seen(false, "mail goes over a new connector without a restart");
  await restart(site);
  return (await comesSurely(site, () => wentOn(site, message)))
    ? seen(true, `mail goes over a new connector after a restart, and not within ${site.patienceMs / 1000} s before it`)
    : notSeen("mail does not go over a new connector after a restart either");
}

async function edgeSyncCompares(site: Site, other: string): Promise<Answer> {
  const begun = await insideNow(site);
  await exportSubscription(site.leased);
  await restart(site, ADLDS);
  if ((await ldapsOf(site)) !== other) return notSeen("AD LDS does not present the other certificate");
  if (await synchronises(site)) return seen("publicKey", "EdgeSync gets through with another certificate of the known key");
  const ids = await eventsSince(site, begun, EDGESYNC, [10104]);
  return ids.length > 0
    ? seen("certificate", "EdgeSync refuses another certificate of the known key (10104)")
    : notSeen("EdgeSync does not get through, and no 10104 says why");
}

/** Seconds that a certificate lives: long enough to be subscribed with, then three times as long. */
const LIVES = [1, 3, 9].map((times) => times * 5);

async function expiredLdapsRefused(site: Site): Promise<Answer> {
  for (const life of LIVES) {
    const now = await edgeNow(site);
    const end = new Date(Math.ceil((now.getTime() + life * 1000 + 1.5 * site.patienceMs) / 1000) * 1000);
    const pair = await makeSelfSigned(freshName(), new Date(now.getTime() - HOUR_MS), end);
    await importPair(site.leased, pair);
    await makeDefault(site.leased, pair.certificate.thumbprint);
    const inTime = (await subscribe(site)) && (await edgeNow(site)) < end && (await insideNow(site)) < end;
    if (!inTime) continue;
    for (let left = 1; left > 0;) {
      left = end.getTime() + 1000 - Math.min((await edgeNow(site)).getTime(), (await insideNow(site)).getTime());
      if (left > 0) await delay(Math.min(left, 10_000), site.signal);
    }
    if ((await ldapsOf(site)) !== pair.certificate.thumbprint) return notSeen("AD LDS does not present the certificate that has expired");
    return (await synchronises(site))
      ? seen(false, "EdgeSync gets through to an Edge whose certificate on LDAPS has expired")
      : seen(true, "EdgeSync got through until the certificate on LDAPS expired, and not afterwards");
  }
  return notSeen("no certificate was subscribed and synchronised before its end");
}

export const TRUST_QUESTIONS: readonly Question<Site>[] = [
  one("newDefaultServices", newDefaultServices),
  one("mailboxDefaultReencrypts", mailboxDefaultReencrypts),
  one("expiredLdapsRefused", expiredLdapsRefused),
  // the last ones: they send a message
  one("restartNeededForConnectors", restartNeededForConnectors),
  { points: ["directTrust", "edgeSyncCompares"], ask: sameKey },
  one("directTrustLearns", directTrustLearns),
];
