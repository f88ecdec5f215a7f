/** `TlsCertificateName`: the string by which a connector finds its certificate (exchange.md 7.1, 15.4). */

export interface TlsCertificateName {
  issuer: string;
  subject: string;
}

/** `<I>issuer<S>subject`, as Exchange writes it. */
export function tlsCertificateName(issuer: string, subject: string): string {
  return `<I>${issuer}<S>${subject}`;
}

/**
 * Splits a TlsCertificateName; tags count in any case, the issuer may be missing ("").
 * Returns null when there is no subject.
 */
export function parseTlsCertificateName(text: string): TlsCertificateName | null {
  const match = /^\s*(?:<I>(.*?))?<S>(.*)$/is.exec(text);
  if (!match) return null;
  const subject = match[2].trim();
  return subject === "" ? null : { issuer: (match[1] ?? "").trim(), subject };
}

/**
 * Whether two names mean the same to a connector: case and spacing do not count, the order of the RDNs does.
 * Two empty values (null, undefined or "") are the same; text that is no such name equals only itself.
 */
export function sameTlsCertificateName(a: string | null | undefined, b: string | null | undefined): boolean {
  return normalised(a) === normalised(b);
}

function normalised(text: string | null | undefined): string {
  if (!text || text.trim() === "") return "";
  const parts = parseTlsCertificateName(text);
  if (!parts) return text;
  return tlsCertificateName(spacing(parts.issuer), spacing(parts.subject)).toLowerCase();
}

/** One form for the blanks around separators and `=`; blanks inside quotes stay. */
function spacing(name: string): string {
  const tokens = name.match(/"(?:[^"]|"")*"|[,;+=]|[^",;+=]+|"/g) ?? [];
  return tokens
    .map((token) => (token.startsWith('"') ? token : token.trim().replace(/\s+/g, " ")))
    .filter((token) => token !== "")
    .join("")
    .replace(/;/g, ",");
}
