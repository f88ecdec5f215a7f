/** SmtpX509Identifier, the type of TlsCertificateName: `<I>issuer<S>subject`. // [L15] 15.4 */
import type { Certificate } from "./x509";

const DOMAIN = /^(\*\.)?[\p{L}\p{N}]([\p{L}\p{N}_-]*[\p{L}\p{N}])?(\.[\p{L}\p{N}]([\p{L}\p{N}_-]*[\p{L}\p{N}])?)*$/u;

/** Spacing around separators is normalised, the order of RDNs is not. // [L15] 15.4 */
function normalise(name: string): string {
  const rdns: string[] = [];
  for (const part of outsideQuotes(name, ",")) {
    // A comma that nobody quoted belongs to the value before it.
    if (rdns.length > 0 && !/^\s*(?:[A-Za-z][A-Za-z0-9]*|OID\.[\d.]+)\s*=/i.test(part)) rdns.push(`${rdns.pop()}, ${part.trim()}`);
    else rdns.push(outsideQuotes(part, "+").map(normalPair).join(" + "));
  }
  return rdns.join(", ");
}

const normalPair = (text: string): string => {
  const at = text.indexOf("=");
  return at < 0 ? text.trim() : `${text.slice(0, at).trim()}=${text.slice(at + 1).trim()}`;
};

/** Splits at separators that no quotes protect. */
function outsideQuotes(text: string, separator: "," | "+"): string[] {
  const parts = [""];
  let quoted = false;
  for (const char of text) {
    if (char === '"') quoted = !quoted;
    if (char === separator && !quoted) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

export class TlsName {
  private constructor(
    readonly issuer: string | null,
    readonly subject: string,
  ) {}

  /** Null for an unreadable name: tags in any case, `<I>` may be missing, the subject needs a CN that is a domain or wildcard. // [L15] 15.4 */
  static parse(text: string): TlsName | null {
    const match = /^(?:<i>(?<issuer>[\s\S]*?))?<s>(?<subject>[\s\S]+)$/i.exec(text.trim());
    const subject = match?.groups?.subject;
    if (!subject) return null;
    const commonName = /(?:^|,\s*|\+\s*)CN\s*=\s*("(?:[^"]|"")*"|[^,+]*)/i.exec(subject)?.[1];
    if (!commonName || !DOMAIN.test(commonName.trim().replace(/^"|"$/g, ""))) return null;
    const issuer = match.groups?.issuer;
    return new TlsName(issuer ? normalise(issuer) : null, normalise(subject));
  }

  static of(certificate: Certificate): string {
    return `<I>${certificate.issuer}<S>${certificate.subject}`;
  }

  toString(): string {
    return `${this.issuer === null ? "" : `<I>${this.issuer}`}<S>${this.subject}`;
  }

  /** Transport ignores case. // [L15] 15.3 */
  matches(certificate: Certificate): boolean {
    const equal = (a: string, b: string): boolean => normalise(a).toLowerCase() === normalise(b).toLowerCase();
    return equal(certificate.subject, this.subject) && (this.issuer === null || equal(certificate.issuer, this.issuer));
  }

  /** Set's and Remove's checks do not ignore case. // [L15] 15.1, 15.4 */
  matchesExactly(certificate: Certificate): boolean {
    return normalise(certificate.subject) === this.subject && (this.issuer === null || normalise(certificate.issuer) === this.issuer);
  }
}
