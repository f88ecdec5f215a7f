/** What Windows says of a certificate that is not installed yet, beside what its source brings. // protocol.ts chain.trust */
import type { ChainTrust } from "../../provider/remote/protocol";
import type { Server } from "./server";
import { CertificateStore, stored } from "./store";
import { certificateStatus, trustedChain, type Stores } from "./trust";
import type { World } from "./world";
import { issuedBy, readCertificate, type Certificate } from "./x509";

/** Built offline: nothing is fetched. A root that is not trusted counts where the source brings that very one. */
export function chainTrust(world: World, server: Server, der: Uint8Array, chainDer: readonly Uint8Array[]): ChainTrust {
  const certificate = readCertificate(der);
  const chain = chainDer.map((one) => readCertificate(one));
  const stores = withChain(server, chain);
  const status = certificateStatus(stores, stored(certificate), world.trust(server));
  const end = certificate.selfSigned
    ? certificate
    : (trustedChain(stores, certificate, world.trust(server).now)?.at(-1) ?? lastOf(stores, certificate));
  const root = end.selfSigned ? end.thumbprint : unseenRoot(server, certificate, end);
  const trusted = root !== null && (server.root.find(root) !== undefined || server.rootNames.has(root));
  return { status: status as ChainTrust["status"], root, problems: problemsOf(status, root, trusted) };
}

/** A copied organisation: the root that the real server named, or one that it trusts under that name. */
function unseenRoot(server: Server, certificate: Certificate, end: Certificate): string | null {
  const named = [...server.rootNames].find(([, subject]) => subject !== "" && subject === end.issuer);
  return server.told.get(certificate.thumbprint)?.root ?? named?.[0] ?? null;
}

/** As after the installation of the chain: self-signed ones in Root, others in CA. */
function withChain(server: Server, chain: readonly Certificate[]): Stores {
  const copy = (store: CertificateStore, more: readonly Certificate[]): CertificateStore => {
    const result = new CertificateStore();
    for (const one of [...store.entries, ...more.map((certificate) => stored(certificate))]) result.add(one);
    return result;
  };
  const brought = (selfSigned: boolean): Certificate[] => chain.filter((one) => one.selfSigned === selfSigned);
  return {
    my: server.my,
    told: server.told,
    rootNames: server.rootNames,
    root: copy(server.root, brought(true)),
    ca: copy(server.ca, brought(false)),
  };
}

/** Where a chain that does not end in the Root store ends. */
function lastOf(stores: Stores, certificate: Certificate): Certificate {
  const pool = [...stores.root.entries, ...stores.ca.entries, ...stores.my.entries];
  let current = certificate;
  for (let depth = 0; depth < 10 && !current.selfSigned; depth++) {
    const issuer = pool.find((item) => issuedBy(current, item.certificate))?.certificate;
    if (!issuer) return current;
    current = issuer;
  }
  return current;
}

/** .NET's names: an accepted root is told as well. */
function problemsOf(status: string, root: string | null, trusted: boolean): string[] {
  const result: string[] = [];
  if (root === null) result.push("PartialChain");
  else if (!trusted) result.push("UntrustedRoot");
  if (status === "DateInvalid") result.push("NotTimeValid");
  if (status === "Revoked") result.push("Revoked");
  if (status === "RevocationCheckFailure") result.push("RevocationStatusUnknown", "OfflineRevocation");
  return result;
}
