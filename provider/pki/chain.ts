import { X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate";

/**
 * The issuers of `leaf` found among `others`, in order up to and including a self-signed root.
 * Certificates that do not belong to the chain are left out; a chain may end early where an issuer is missing.
 */
export function orderChain(leaf: Certificate, others: readonly Certificate[]): Certificate[] {
  const chain: Certificate[] = [];
  const used = new Set([leaf.thumbprint]);
  let current = leaf;
  while (!current.selfSigned) {
    const issuer = others.find((other) => !used.has(other.thumbprint) && issued(other, current));
    if (!issuer) break;
    chain.push(issuer);
    used.add(issuer.thumbprint);
    current = issuer;
  }
  return chain;
}

function issued(issuer: Certificate, certificate: Certificate): boolean {
  const x509 = new X509Certificate(certificate.der);
  try {
    return x509.checkIssued(new X509Certificate(issuer.der)) && x509.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
