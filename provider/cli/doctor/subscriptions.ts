/** What a Mailbox server knows of the Edges: subscriptions, the certificate on each Edge's object, synchronisation. */
import { isExchangeError } from "../../base/errors";
import { listSubscriptions } from "../../exchange/subscriptions";
import { equalNames, SLOW_CALL_MS, text } from "../../exchange/shell";
import type { HostFact, SubscriptionFact, SyncFact } from "../../exchange/symptoms";
import { namesIn, type DirectoryView } from "../../directory";
import { readCertificate, readSerialisedCertificate, type Certificate } from "../../pki";
import type { HostSession } from "../../remote/sessions";

/** Subscriptions and the certificates that they bound, as the directory has them: whoever asks, whatever the agent's logon may read. */
export function subscriptionsIn({ subscriptions, edges }: DirectoryView): SubscriptionFact[] {
  return subscriptions.map(({ name, site }) => {
    const certificate = edges.find((one) => one.name === name)?.certificate;
    const { thumbprint, publicKeySha256 } = certificate ? readCertificate(certificate) : { thumbprint: null, publicKeySha256: null };
    return { edge: name, site: namesIn(site)[0], thumbprint, publicKeySha256 };
  });
}

export async function lookAtSubscriptions(
  session: HostSession,
  view: DirectoryView | null,
): Promise<Pick<HostFact, "subscriptions" | "syncs">> {
  const known = view ? subscriptionsIn(view) : [];
  // what the directory does not show may be what its account must not see
  if (known.length > 0 && known.every(({ thumbprint }) => thumbprint !== null))
    return { subscriptions: known, syncs: await synchronisation(session) };
  const found = await listSubscriptions(session);
  if (found.length === 0) return { subscriptions: [], syncs: [] };
  const thumbprints = await published(session);
  const subscriptions = await Promise.all(
    found.map(async ({ name, site }): Promise<SubscriptionFact> => {
      const inDirectory = known.find(({ edge, thumbprint }) => thumbprint !== null && equalNames(edge, name));
      const own = inDirectory ?? (await onObject(session, name));
      const shown = thumbprints.find((one) => equalNames(one.name, name))?.thumbprint;
      return { edge: name, site, thumbprint: own?.thumbprint ?? (shown || null), publicKeySha256: own?.publicKeySha256 ?? null };
    }),
  );
  return { subscriptions, syncs: await synchronisation(session) };
}

/** The certificate on the Edge's object in AD; null where the directory is not open to this logon. */
async function onObject(session: HostSession, edge: string): Promise<Certificate | null> {
  try {
    const { blob } = await session.request("directory.internalCertificate", { server: edge });
    return blob ? readCertificate(readSerialisedCertificate(Buffer.from(blob, "base64"))) : null;
  } catch (error) {
    if (isExchangeError(error, "SHELL_CREDENTIAL", "AGENT_REFUSED", "CERTIFICATE_UNREADABLE")) return null;
    throw error;
  }
}

async function published(session: HostSession): Promise<{ name: string; thumbprint: string }[]> {
  const { objects } = await session.invoke("Get-TransportService", {}, ["Name", "InternalTransportCertificateThumbprint"]);
  return objects.map((one) => ({ name: text(one.Name), thumbprint: text(one.InternalTransportCertificateThumbprint).toUpperCase() }));
}

/** Without FullCompareMode only credentials, lease and cookie are asked: quick, and enough for SyncStatus (exchange.md 15.8). */
async function synchronisation(session: HostSession): Promise<SyncFact[]> {
  const select = ["Name", "SyncStatus", "FailureDetail", "LastSynchronizedUtc"];
  const { objects } = await session.invoke("Test-EdgeSynchronization", {}, select, { timeoutMs: SLOW_CALL_MS });
  return objects
    .filter((one) => text(one.Name) !== "")
    .map((one) => ({
      edge: text(one.Name).split(".")[0],
      status: text(one.SyncStatus),
      detail: text(one.FailureDetail),
      lastSynchronized: moment(text(one.LastSynchronizedUtc)),
    }));
}

function moment(printed: string): Date | null {
  const date = new Date(printed);
  return printed === "" || Number.isNaN(date.getTime()) ? null : date;
}
