/** The certificates of a server: its store in its order, requests that wait, and what it trusts as far as that can be seen. */
import type { CopiedServer } from "../../../lab/model/copySchema";
import { serviceNames } from "../../exchange/certificates";
import { text } from "../../exchange/shell";
import type { CertificateInspection } from "../../remote/protocol";
import type { HostSession } from "../../remote/sessions";
import { CERTIFICATE } from "./properties";
import { briefly } from "../exit";
import type { Reading } from "./reading";

/** What the agent cannot tell of any server. */
export const STORE_ORDER = "the order in the store";

type Bag = { [property: string]: unknown };
type Store = Pick<CopiedServer, "store" | "requests" | "issuers" | "roots">;
type Stored = Store["store"][number];

export async function readStore(session: HostSession, reading: Reading): Promise<Store> {
  const { objects } = await session.invoke<Bag>("Get-ExchangeCertificate", {}, CERTIFICATE);
  const found: Store = { store: [], requests: [], issuers: [], roots: {} };
  for (const object of objects) {
    const thumbprint = reading.seen(Buffer.from(text(object.RawData), "base64"));
    const inspected = await session.request("certificate.inspect", { thumbprint });
    // Where RawData alone arrives, what no store holds is a request (exchange.md 1.3).
    if (text(object.Status) === "PendingRequest" || (text(object.Status) === "" && !inspected.found)) {
      const { CertificateRequest: csr, FriendlyName, PrivateKeyExportable } = object;
      if (text(csr) === "") reading.note(session.facts.name, `the request ${thumbprint}`, "its text is not shown in this shell");
      else found.requests.push({ thumbprint, csr: text(csr), friendlyName: text(FriendlyName), exportable: PrivateKeyExportable === true });
      continue;
    }
    found.store.push(await stored(session, reading, object, thumbprint, inspected));
  }
  noteOrder(session.facts.name, found.store, reading);
  for (const { status, root } of found.store) if (root !== null && status !== "Untrusted") found.roots[root] ??= "";
  return found;
}

/** Of several certificates with a connector's name the first in the store counts, and the cmdlet sorts them by date. */
function noteOrder(host: string, store: readonly Stored[], reading: Reading): void {
  const names = store.map(({ thumbprint }) => reading.certificates.get(thumbprint)!.tlsCertificateName);
  for (const name of new Set(names.filter((one, index) => names.indexOf(one) !== index)))
    reading.note(host, STORE_ORDER, `Get-ExchangeCertificate sorts the certificates named ${name} by date`);
}

async function stored(
  session: HostSession,
  reading: Reading,
  object: Bag,
  thumbprint: string,
  inspected: CertificateInspection,
): Promise<Stored> {
  const certificate = reading.certificates.get(thumbprint)!;
  const trust = certificate.selfSigned ? null : await trustOf(session, reading, certificate.der);
  const hasKey = inspected.hasPrivateKey ?? object.HasPrivateKey !== false;
  const shown = text(object.FriendlyName);
  return {
    thumbprint,
    services: serviceNames(object.Services),
    // An empty one shows the issuer (exchange.md 15.1).
    friendlyName: inspected.friendlyName ?? (shown === certificate.issuer ? "" : shown),
    keyProvider: inspected.keyProvider ?? (hasKey ? "unknown" : "none"),
    providerName: inspected.providerName ?? null,
    exportable: inspected.exportable ?? object.PrivateKeyExportable === true,
    networkService: inspected.networkService ?? false,
    status: text(object.Status) || (trust?.status ?? "Valid"),
    rootCaType: text(object.RootCAType) || null,
    root: trust?.root ?? null,
  };
}

/** Null, and noted once, from an agent of before. */
export async function trustOf(
  session: HostSession,
  reading: Reading,
  der: Buffer,
): Promise<{ status: string; root: string | null } | null> {
  const host = session.facts.name;
  const what = "the roots that the server trusts";
  try {
    return await session.request("chain.trust", { certificate: der.toString("base64"), chain: [] });
  } catch (error) {
    if (!reading.unread.some((one) => one.host === host && one.what === what)) reading.note(host, what, briefly(error));
    return null;
  }
}
