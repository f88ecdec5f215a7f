/**
 * Which host keys are trusted: pins, or known_hosts text read as OpenSSH reads it (sshd(8), "SSH_KNOWN_HOSTS FILE
 * FORMAT"): hashed names, wildcards, negation, `[host]:port`, @revoked, comments.
 *
 * `@cert-authority` lines are skipped: they vouch for host *certificates*, which ssh2 does not negotiate, so a server
 * is never trusted through one. Such a host needs its plain key in hostKey or knownHosts.
 */
import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { plainText } from "../base/text";

/** What a connection trusts: texts, already read from files. */
export interface HostTrust {
  /** authorized_keys-style lines or `SHA256:…` fingerprints. */
  hostKey?: string | string[];
  /** Text of a known_hosts file. */
  knownHosts?: string;
}

/** A line of a known_hosts file that could be read. */
export interface KnownHost {
  marker?: "revoked" | "cert-authority";
  /** Names as written: a comma-separated pattern list or one hashed name. */
  names: string;
  type: string;
  key: Buffer;
}

export type Decision = { ok: true } | { ok: false; error: ExchangeError };

/** `SHA256:…` as OpenSSH prints it. */
export function fingerprint(key: Buffer): string {
  return "SHA256:" + createHash("sha256").update(key).digest("base64").replace(/=+$/, "");
}

/** The algorithm that a public key blob names in its first field. */
export function keyType(key: Buffer): string {
  if (key.length < 4) return "unknown";
  const length = key.readUInt32BE(0);
  return length > 0 && length <= 64 && key.length >= 4 + length ? key.toString("latin1", 4, 4 + length) : "unknown";
}

/**
 * Whether `key`, presented by a server, is trusted. Pins and known hosts add up; a revoked key never passes.
 * `name` is what messages call the server. Errors: HOST_KEY_REVOKED, HOST_KEY_CHANGED (with both fingerprints), HOST_KEY_REQUIRED (nothing to compare with).
 */
export function decideHostKey(hostname: string, port: number, key: Buffer, trust: HostTrust, name = hostname): Decision {
  const server = lookupName(hostname, port);
  const shown = { name, at: name.toLowerCase() === hostname.toLowerCase() ? server : `${name} (${server})` };
  const known = parseKnownHosts(trust.knownHosts ?? "").filter((line) => matchesNames(line.names, server));
  if (known.some((line) => line.marker === "revoked" && line.key.equals(key))) return refuse(revoked(shown, key));
  const pins = parsePins(trust.hostKey);
  const trusted = known.filter((line) => !line.marker).map((line) => fingerprint(line.key));
  const expected = [...pins.map((pin) => pin.fingerprint), ...trusted];
  if (expected.includes(fingerprint(key))) return { ok: true };
  if (expected.length > 0) return refuse(changed(shown, key, expected));
  return refuse(
    required(
      shown,
      key,
      known.some((line) => line.marker === "cert-authority"),
    ),
  );
}

/** Key types that the trusted keys have, so that the server is asked for one of them; empty when not known. */
export function trustedTypes(hostname: string, port: number, trust: HostTrust): string[] {
  const server = lookupName(hostname, port);
  const pins = parsePins(trust.hostKey);
  if (pins.some((pin) => !pin.type)) return [];
  const known = parseKnownHosts(trust.knownHosts ?? "").filter((line) => !line.marker && matchesNames(line.names, server));
  return [...new Set([...pins.map((pin) => pin.type!), ...known.map((line) => line.type)])];
}

/** The name under which OpenSSH files a server: bare on port 22, else `[host]:port`. */
export function lookupName(hostname: string, port: number): string {
  const name = hostname.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

interface Pin {
  fingerprint: string;
  type?: string;
}

/** Pins from `hostKey`. A line that is neither a key nor a fingerprint is INVALID_ARGUMENT. */
export function parsePins(hostKey: string | string[] | undefined): Pin[] {
  const lines = (Array.isArray(hostKey) ? hostKey : [hostKey ?? ""])
    .flatMap((entry) => plainText(entry).split("\n"))
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  return lines.map(parsePin);
}

function parsePin(line: string): Pin {
  const words = line.split(/\s+/);
  const print = words.find((word) => /^SHA256:[A-Za-z0-9+/]{43}=?$/.test(word));
  if (print) return { fingerprint: print.replace(/=$/, "") };
  // ssh-keyscan and known_hosts put the name in front of the key; authorized_keys does not.
  for (let i = 0; i + 1 < words.length; i++) {
    const key = parseKey(words[i], words[i + 1]);
    if (key) return { fingerprint: fingerprint(key), type: words[i] };
  }
  throw new ExchangeError(
    "INVALID_ARGUMENT",
    "hostKey holds a line that is neither a public key (`ssh-ed25519 AAAA…`) nor a `SHA256:…` fingerprint.",
  );
}

/** Reads known_hosts text; lines that OpenSSH would skip are skipped. */
export function parseKnownHosts(text: string): KnownHost[] {
  return plainText(text)
    .split("\n")
    .flatMap((line) => parseKnownLine(line) ?? []);
}

function parseKnownLine(line: string): KnownHost | undefined {
  let words = line.trim().split(/[ \t]+/);
  if (words[0] === "" || words[0].startsWith("#")) return undefined;
  let marker: KnownHost["marker"];
  if (words[0].startsWith("@")) {
    if (words[0] !== "@revoked" && words[0] !== "@cert-authority") return undefined;
    marker = words[0] === "@revoked" ? "revoked" : "cert-authority";
    words = words.slice(1);
  }
  const [names, type, encoded] = words;
  if (!names || !type || !encoded) return undefined;
  const key = parseKey(type, encoded);
  return key ? { marker, names, type, key } : undefined;
}

function parseKey(type: string, encoded: string): Buffer | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const key = Buffer.from(encoded, "base64");
  return keyType(key) === type ? key : undefined;
}

/** Whether a line's names cover a server (as `lookupName` writes it). */
export function matchesNames(names: string, server: string): boolean {
  if (names.startsWith("|")) return matchesHash(names, server);
  let matched = false;
  for (const entry of names.toLowerCase().split(",")) {
    const negated = entry.startsWith("!");
    if (!wildcard(negated ? entry.slice(1) : entry, server)) continue;
    if (negated) return false;
    matched = true;
  }
  return matched;
}

/** `|1|salt|HMAC-SHA1 of the name|`: SHA-1 is the file format's own choice and hides names only. */
function matchesHash(names: string, server: string): boolean {
  const [, version, salt, hash, ...rest] = names.split("|");
  if (version !== "1" || !salt || !hash || rest.length > 0) return false;
  const wanted = Buffer.from(hash, "base64");
  const actual = createHmac("sha1", Buffer.from(salt, "base64")).update(server).digest();
  return wanted.length === actual.length && timingSafeEqual(wanted, actual);
}

/** `*` and `?` only, everything else literally; linear time, so that a hostile file cannot keep us busy. */
function wildcard(pattern: string, text: string): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (p < pattern.length && pattern[p] !== "*" && (pattern[p] === "?" || pattern[p] === text[t])) {
      p++;
      t++;
    } else if (pattern[p] === "*") {
      star = p++;
      mark = t;
    } else if (star >= 0) {
      p = star + 1;
      t = ++mark;
    } else return false;
  }
  while (pattern[p] === "*") p++;
  return p === pattern.length;
}

const refuse = (error: ExchangeError): Decision => ({ ok: false, error });

/** A server in a message, and as the one that it is about. */
interface Shown {
  name: string;
  at: string;
}

function revoked(server: Shown, key: Buffer): ExchangeError {
  return new ExchangeError("HOST_KEY_REVOKED", `${server.at} presented ${fingerprint(key)}, which is marked @revoked.`, {
    host: server.name,
  });
}

function changed(server: Shown, key: Buffer, expected: string[]): ExchangeError {
  const presented = fingerprint(key);
  const text = `${server.at} presented the host key ${presented} (${keyType(key)}), but ${expected.join(" or ")} is trusted.`;
  return new ExchangeError("HOST_KEY_CHANGED", text, { host: server.name, details: { presented, expected } });
}

function required(server: Shown, key: Buffer, onlyAuthority: boolean): ExchangeError {
  const why = onlyAuthority ? "only a @cert-authority line, which is not supported," : "no host key";
  const text = `${why} is known for ${server.at}; it presented ${fingerprint(key)} (${keyType(key)}).`;
  return new ExchangeError("HOST_KEY_REQUIRED", text[0].toUpperCase() + text.slice(1), { host: server.name });
}
