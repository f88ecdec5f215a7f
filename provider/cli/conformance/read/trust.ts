/** What the installed certificates and the doors show of chains, revocation and AD LDS. */
import { isExchangeError } from "../../../base/errors";
import { inspectCertificate, listCertificates, type InstalledCertificate } from "../../../exchange/certificates";
import { listSubscriptions } from "../../../exchange/subscriptions";
import { equalNames } from "../../../exchange/shell";
import { ADLDS } from "../../../exchange/transport";
import { readCertificate, type Certificate } from "../../../pki";
import { ldapsDoor, smtpDoor } from "../../../probes/doors";
import { probeLdaps } from "../../../probes/ldaps";
import { probeStarttls } from "../../../probes/starttls";
import { notSeen, seen, type Answer } from "../answers";
import { organisationOf, type Lookout, type Server } from "../servers";
import { EDGE, EVERYBODY, type ReadQuestion } from "./question";

async function revocationCheck({ session }: Server): Promise<Answer> {
  const issued = (await listCertificates(session)).filter(({ selfSigned, status }) => !selfSigned && status !== "");
  const count = (status: string): number => issued.filter((one) => one.status === status).length;
  if (count("RevocationCheckFailure") > 0)
    return seen("fails", `${count("RevocationCheckFailure")} certificates are RevocationCheckFailure`);
  if (count("Valid") + count("Revoked") > 0)
    return seen("works", `${count("Valid") + count("Revoked")} issued certificates are Valid or Revoked`);
  return notSeen("no certificate of an authority whose status tells it");
}

/** What the doors of a server send, leaf first; a door that does not answer sends nothing. */
export async function chainsOf({ host, session, role }: Server): Promise<Certificate[][]> {
  const { fqdn } = session.facts;
  const looks: Promise<Buffer[]>[] = [
    probeStarttls(smtpDoor(host, session), { name: fqdn }).then((look) => (look.offered ? look.chain : [])),
    ...(role === "Edge" ? [probeLdaps(ldapsDoor(host, session, "127.0.0.1"), { name: fqdn }).then(({ chain }) => chain)] : []),
  ];
  const found = await Promise.all(looks.map((look) => look.catch(() => [])));
  return found.filter((chain) => chain.length > 1).map((chain) => chain.map((der) => readCertificate(der)));
}

async function expiredIssuer(server: Server): Promise<Answer> {
  const { session } = server;
  const now = new Date(session.facts.utc);
  const valid = ({ notBefore, notAfter }: Certificate): boolean => notBefore <= now && now <= notAfter;
  const chain = (await chainsOf(server)).find(([leaf, ...above]) => valid(leaf) && !above.every(valid));
  if (!chain) return notSeen("no door presents a valid certificate with an issuer that has expired");
  const [leaf, ...above] = chain;
  const installed = (await listCertificates(session)).find(({ thumbprint }) => equalNames(thumbprint, leaf.thumbprint));
  if (installed?.status === "DateInvalid") return seen("DateInvalid", "DateInvalid below an issuer that has expired");
  if (installed?.status !== "Untrusted") return notSeen(`status ${installed?.status ?? "unknown"} below an issuer that has expired`);
  const base64 = (one: Certificate): string => one.der.toString("base64");
  const { problems } = await session.request("chain.trust", { certificate: base64(leaf), chain: above.map(base64) });
  if (problems.some((one) => one === "UntrustedRoot" || one === "PartialChain"))
    return notSeen("Untrusted, but its root is not trusted either");
  return seen("Untrusted", "Untrusted below an issuer that has expired, with a root that is trusted");
}

/** An export pins the default in AD LDS: only what is not the default, or nothing at all, tells of the time before. */
async function adLdsBeforeExport(server: Server, lookout: Lookout): Promise<Answer> {
  const { session, name } = server;
  const organisation = organisationOf(lookout);
  if (!organisation) return notSeen("without a Mailbox server it is not known whether this Edge is subscribed");
  const subscriptions = await listSubscriptions(organisation.session);
  if (subscriptions.some((one) => equalNames(one.name, name)))
    return notSeen("this Edge is subscribed: AD LDS presents what the export pinned");
  const { status } = await session.request("service.status", { name: ADLDS });
  if (status !== "Running") return notSeen(`AD LDS is ${status}`);
  const presented = await presentedOnEdge(server);
  if (presented === null) return seen("none", "AD LDS runs and presents no certificate");
  const newest = await newestUsable(session, await listCertificates(session));
  if (newest === null || !equalNames(newest.thumbprint, presented))
    return notSeen("it presents another certificate than the newest: an export may have pinned it");
  const select = ["Name", "InternalTransportCertificateThumbprint"];
  const { objects } = await session.invoke("Get-TransportService", { Identity: name }, select);
  const isDefault = objects.some((one) => equalNames(String(one.InternalTransportCertificateThumbprint), presented));
  return isDefault
    ? notSeen("it presents the newest certificate, which is the default, too: an export may have pinned it")
    : seen("newest", "it presents the newest certificate, which is not the default");
}

/** From the Edge itself, where no firewall stands between: a thumbprint, or null where nothing is presented. */
export async function presentedOnEdge({ host, session }: Server): Promise<string | null> {
  try {
    return (await probeLdaps(ldapsDoor(host, session, "127.0.0.1"), { name: session.facts.fqdn })).thumbprint;
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}

async function newestUsable(session: Server["session"], all: InstalledCertificate[]): Promise<Certificate | null> {
  const sorted = [...all].sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime());
  for (const one of sorted) {
    const { hasPrivateKey, networkService } = await inspectCertificate(session, one.thumbprint);
    if (hasPrivateKey && networkService) return one;
  }
  return null;
}

export const TRUST_QUESTIONS: readonly ReadQuestion[] = [
  { point: "revocationCheck", of: EVERYBODY, ask: revocationCheck },
  { point: "expiredIssuer", of: EVERYBODY, ask: expiredIssuer },
  { point: "adLdsBeforeExport", of: EDGE, ask: adLdsBeforeExport },
];
