/** Which of the issuers at hand lead from a certificate to a root. */
import { X509Certificate } from "node:crypto";
import type { Certificate } from "./certificate";

/** A path as it was found, before anything that has expired is left out. */
export interface Path {
  /** Issuers in order, a self-signed root included. */
  issuers: Certificate[];
  /** The self-signed certificate at its end, null where the path ends early. */
  root: Certificate | null;
  /** The first issuer that has expired. */
  expired: Certificate | null;
}

const MAX_LENGTH = 10;
/** Signatures that are verified at most; authorities that signed each other crosswise multiply the paths. */
const MAX_VERIFICATIONS = 1_000;

/**
 * The issuers of `leaf` found among `others` that a host is to have: those of the best path, in order, up to and including a
 * self-signed root. Of several issuers with the same name and key (cross-signed ones, renewed ones) the path counts that is valid
 * at `now`, then the one that ends in a root, then the one that is valid longest; the order of `others` says nothing.
 * A path ends before an issuer that has expired: nobody would trust through it.
 */
export function orderChain(leaf: Certificate, others: readonly Certificate[], now = new Date()): Certificate[] {
  const { issuers, expired } = bestPath(leaf, others, now);
  return expired ? issuers.slice(0, issuers.indexOf(expired)) : issuers;
}

/** The best path from `leaf` through `others`, whatever it is worth. */
export function bestPath(leaf: Certificate, others: readonly Certificate[], now: Date): Path {
  return pathsFrom(leaf, others)
    .map((issuers) => judged(issuers, now, leaf))
    .sort(better)[0];
}

/** Why the given certificates lead to no root that is valid. */
export interface PathProblem {
  sentence: string;
  /** Nothing but an issuer that has expired leads on; otherwise the host may have what is missing. */
  expired: boolean;
}

/** What keeps a path from being complete, in words about the given certificates; null when nothing does. */
export function pathProblem(leaf: Certificate, others: readonly Certificate[], now: Date): PathProblem | null {
  const { issuers, root, expired } = bestPath(leaf, others, now);
  if (expired) {
    const day = expired.notAfter.toISOString().slice(0, 10);
    const what = expired === root ? "root" : "issuer";
    return {
      expired: true,
      sentence: `its ${what} ${expired.subject} (${expired.thumbprint}) expired on ${day}, and no other path is given`,
    };
  }
  if (root) return null;
  const last = issuers.at(-1) ?? leaf;
  return {
    expired: false,
    sentence: `the path ends with ${last.subject}: its issuer ${last.issuer} is not given, so the host must have it`,
  };
}

function judged(issuers: Certificate[], now: Date, leaf: Certificate): Path & { until: number } {
  const last = issuers.at(-1) ?? leaf;
  const expired = issuers.find(({ notAfter }) => notAfter < now) ?? null;
  const until = Math.min(Infinity, ...issuers.map(({ notAfter }) => notAfter.getTime()));
  return { issuers, root: last.selfSigned ? last : null, expired, until };
}

function better(a: Path & { until: number }, b: Path & { until: number }): number {
  const flag = (path: Path, which: "expired" | "root"): number => (path[which] ? 1 : 0);
  const names = ({ issuers }: Path): string => issuers.map(({ thumbprint }) => thumbprint).join();
  return (
    flag(a, "expired") - flag(b, "expired") ||
    flag(b, "root") - flag(a, "root") ||
    a.issuers.length - b.issuers.length ||
    b.until - a.until ||
    names(a).localeCompare(names(b))
  );
}

/** Every path that cannot be made longer. */
function pathsFrom(leaf: Certificate, others: readonly Certificate[]): Certificate[][] {
  const unique = [...new Map(others.map((one) => [one.thumbprint, one])).values()];
  const paths: Certificate[][] = [];
  const verified = new Map<string, boolean>();
  const signed = (issuer: Certificate, certificate: Certificate): boolean => {
    if (sameName(issuer.subject) !== sameName(certificate.issuer)) return false;
    const key = `${issuer.thumbprint} ${certificate.thumbprint}`;
    if (!verified.has(key)) verified.set(key, verified.size < MAX_VERIFICATIONS && issued(issuer, certificate));
    return verified.get(key)!;
  };
  const walk = (path: Certificate[]): void => {
    const current = path[path.length - 1];
    // an authority that comes again with another issuer of its own leads nowhere new
    const isNew = (one: Certificate): boolean =>
      path.every((member) => member.thumbprint !== one.thumbprint && !(member !== leaf && sameAuthority(member, one)));
    const next = current.selfSigned || path.length > MAX_LENGTH ? [] : unique.filter((one) => isNew(one) && signed(one, current));
    if (next.length === 0) paths.push(path.slice(1));
    for (const issuer of next) walk([...path, issuer]);
  };
  walk([leaf]);
  return paths;
}

const sameName = (name: string): string => name.toLowerCase().replace(/\s+/g, " ");

const sameAuthority = (one: Certificate, other: Certificate): boolean =>
  one.publicKeySha256 === other.publicKeySha256 && sameName(one.subject) === sameName(other.subject);

/** By the bytes of issuer and certificate: a run asks the same of the same few certificates over and over. */
const known = new WeakMap<Uint8Array, WeakMap<Uint8Array, boolean>>();

function issued(issuer: Certificate, certificate: Certificate): boolean {
  const answers = known.get(issuer.der) ?? new WeakMap<Uint8Array, boolean>();
  known.set(issuer.der, answers);
  const answer = answers.get(certificate.der) ?? signatureHolds(issuer, certificate);
  answers.set(certificate.der, answer);
  return answer;
}

function signatureHolds(issuer: Certificate, certificate: Certificate): boolean {
  const x509 = new X509Certificate(certificate.der);
  try {
    return x509.checkIssued(new X509Certificate(issuer.der)) && x509.verify(issuer.publicKey);
  } catch {
    return false;
  }
}
