/**
 * TlsDomainCapabilities: what a connector accepts from a server that proves a domain with its certificate. An argument owns the
 * domains that it names; entries of other domains stay (exchange.md 3.3, 8).
 */
import { ExchangeError } from "../../base/errors";
import { same, type Json, type JsonObject } from "../../base/json";
import type { HostFacts } from "../../remote/protocol";
import { isFqdn } from "../validation";
import { asList, type Bag, type PartlyOwned } from "../settings";

/** The capability that this Exchange version has for mail of the own tenant. */
export const AUTO = "auto";
/** Where `find` notes the server's version, for `auto`. */
export const VERSION = "$version";
/** The same thing under its name of Exchange 2010 and of 2013 and later. // [PS:Set-ReceiveConnector] */
const OLD = "AcceptOorgProtocol";
const NEW = "AcceptCloudServicesMail";
const FIRST_WITH_NEW = 15;
/** What Set-ReceiveConnector takes. // [PS:Set-ReceiveConnector] and the values of its type SmtpReceiveCapabilities */
export const KNOWN: readonly string[] = ["None", OLD, "AcceptOorgHeader", "AcceptOrgHeaders", NEW, "AcceptXOriginalFromProtocol"];

/** `auto`, or one or several of the known ones. */
export function isCapability(value: string): boolean {
  if (value === AUTO) return true;
  return value.split(",").every((part) => KNOWN.some((one) => equal(one, part.trim())));
}
/** A domain, or one with its subdomains (`*.contoso.com`). */
export function isCapableDomain(value: string): boolean {
  return isFqdn(value.replace(/^\*\./, ""));
}

export function capabilityOf(version: string): string {
  return Number.parseInt(version, 10) < FIRST_WITH_NEW ? OLD : NEW;
}

/** @throws NOT_SUPPORTED for a capability that came with Exchange 2013 */
export function refuseMissing(inputs: JsonObject, { name, exchange }: Pick<HostFacts, "name" | "exchange">): void {
  const wanted = Object.values((inputs.tlsDomainCapabilities ?? {}) as JsonObject);
  if (!wanted.includes(NEW) || capabilityOf(String(exchange)) === NEW) return;
  const sentence = `${name} runs Exchange ${String(exchange)}, which does not know ${NEW}; its name there is ${OLD}.`;
  throw new ExchangeError("NOT_SUPPORTED", sentence, { host: name, hint: `Write ${OLD}, or "${AUTO}".` });
}

const equal = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** `domain:capability` entries by domain. */
function entries(value: Json | undefined): [domain: string, capability: string, text: string][] {
  return asList(value).map((one) => {
    const text = String(one);
    const at = text.indexOf(":");
    return [text.slice(0, at), text.slice(at + 1), text];
  });
}

export const capabilities: PartlyOwned = {
  property: "TlsDomainCapabilities",
  equal: (seen, wanted) => {
    const [now, then] = [seen ?? {}, wanted] as JsonObject[];
    return Object.entries(then).every(([domain, one]) => fits(now[domain], one));
  },
  read: (bag, wanted) => {
    const all = entries(bag.TlsDomainCapabilities);
    const own = Object.keys(wanted as JsonObject).flatMap((domain) => {
      const found = all.find(([name]) => equal(name, domain));
      return found ? [[domain, found[1]] as const] : [];
    });
    return Object.fromEntries(own);
  },
  write: (bag, wanted) => {
    const given = Object.entries(wanted as { [domain: string]: string });
    const kept = capabilities.read(bag, wanted) as JsonObject;
    const resolve = (domain: string, one: string): string =>
      fits(kept[domain], one) ? String(kept[domain]) : one === AUTO ? capabilityOf(String(bag[VERSION])) : one;
    return [...foreign(bag, wanted), ...given.map(([domain, one]) => `${domain}:${resolve(domain, one)}`)];
  },
  restore: (bag, wanted, previous) => [
    ...foreign(bag, wanted),
    ...entries(previous)
      .filter(([name]) => owns(wanted, name))
      .map(([, , text]) => text),
  ],
};

/** `auto` is content with either name: a value that somebody chose is not written over (exchange.md 8). */
function fits(seen: Json | undefined, wanted: Json): boolean {
  if (typeof seen !== "string") return false;
  if (wanted === AUTO) return [OLD, NEW].some((one) => equal(seen, one));
  return typeof wanted === "string" ? equal(seen, wanted) : same(seen, wanted);
}
function owns(wanted: Json, domain: string): boolean {
  return Object.keys(wanted as JsonObject).some((one) => equal(one, domain));
}
function foreign(bag: Bag, wanted: Json): string[] {
  return entries(bag.TlsDomainCapabilities)
    .filter(([domain]) => !owns(wanted, domain))
    .map(([, , text]) => text);
}
