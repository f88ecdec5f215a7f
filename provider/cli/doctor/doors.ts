/** What port 25 and LDAPS of a host answer; a door whose service does not run is not knocked at. */
import { isExchangeError } from "../../base/errors";
import type { DoorFact, HostFact } from "../../exchange/symptoms";
import { runs } from "../../exchange/symptoms/state";
import { readCertificate } from "../../pki";
import { ldapsDoor, smtpDoor } from "../../probes/doors";
import { probeLdaps } from "../../probes/ldaps";
import { probeStarttls } from "../../probes/starttls";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";

export async function starttlsDoorOf(host: HostConnection, session: HostSession, fact: HostFact): Promise<DoorFact | null> {
  if (!runs(fact, fact.role === "Edge" ? "MSExchangeTransport" : "MSExchangeFrontEndTransport")) return null;
  return answer(async () => {
    const look = await probeStarttls(smtpDoor(host, session), { name: fact.fqdn });
    return look.offered ? presented(look.der) : { state: "withoutTls" };
  });
}

/** Seen from the organisation as EdgeSync sees it; without a host of it from the Edge itself. */
export async function ldapsDoorOf(
  host: HostConnection,
  session: HostSession,
  fact: HostFact,
  organisation: HostSession | undefined,
): Promise<DoorFact | null> {
  if (fact.role !== "Edge" || !runs(fact, "ADAM_MSExchange")) return null;
  return answer(async () => presented((await probeLdaps(ldapsDoor(host, organisation ?? session, fact.fqdn), { name: fact.fqdn })).der));
}

function presented(der: Buffer): DoorFact {
  const { thumbprint, publicKeySha256, subject, notBefore, notAfter } = readCertificate(der);
  return { state: "presents", thumbprint, publicKeySha256, subject, notBefore, notAfter };
}

async function answer(look: () => Promise<DoorFact>): Promise<DoorFact> {
  try {
    return await look();
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return { state: "closed", reason: error.sentence };
    throw error;
  }
}
