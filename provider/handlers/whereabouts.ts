/**
 * On which server a resource stands. State has the name of the server that it was deployed to; a connection says which one is meant, and
 * leads to one. Where they differ, an address was corrected, or it is wrong (docs/adr/0019-a-corrected-address-leads-on.md).
 */
import { ExchangeError } from "../base/errors";
import { hasUnknown, same, type JsonObject } from "../base/json";
import { equalNames } from "../exchange/shell";
import type { HostSession } from "../remote/sessions";
import { serverName } from "./outcome";

/** The argument whose server a resource stands on, and the fqdn that state has of it. */
export interface Stands {
  argument: "host" | "edge";
  fqdn(id: string, olds: JsonObject): unknown;
}

const isNamed = (fqdn: string, name: string): boolean => equalNames(fqdn, name) || equalNames(fqdn.split(".")[0], name);

/**
 * Whether another address was declared under the name of another server than the one deployed: then the resource is made there anew. Offline;
 * an address alone says nothing. Where the name was only an alias the new resource finds everything done.
 */
export function isMoved({ argument, fqdn }: Stands, id: string, olds: JsonObject, news: JsonObject): boolean {
  const [before, now] = [olds[argument], news[argument]];
  const deployed = fqdn(id, olds);
  if (typeof deployed !== "string" || !isConnection(before) || !isConnection(now)) return false;
  const address = ({ host, port, name }: JsonObject): unknown[] => [host ?? null, port ?? null, name ?? null];
  if (hasUnknown(address(now)) || same(address(before), address(now))) return false;
  const declared = serverName(now);
  return isName(declared) && !isNamed(deployed, declared);
}

const isConnection = (value: unknown): value is JsonObject => typeof value === "object" && value !== null && !Array.isArray(value);
/** Neither an address nor what stands for one that is not known yet. */
const isName = (declared: string): boolean => /^[\p{L}\p{N}_-]*\p{L}[\p{L}\p{N}_-]*$/u.test(declared);

/** For the preview. */
export function movedWords({ argument, fqdn }: Stands, id: string, olds: JsonObject, news: JsonObject): string {
  const [from, to] = [String(fqdn(id, olds)), serverName(news[argument])];
  return `deployed to ${from}, and ${argument} is ${to} now: it is made there anew; on ${from} what is in use stays`;
}

/**
 * Whether state is what is wrong: the connection leads to the server that it names itself, and state has another one. False where all agree.
 * @throws HOST_IS_ANOTHER_SERVER where nobody can say which of them is right
 */
export function standsElsewhere({ facts }: HostSession, host: unknown, deployed: string): boolean {
  if (equalNames(facts.fqdn, deployed)) return false;
  if (isNamed(facts.fqdn, serverName(host)) && !isNamed(deployed, serverName(host))) return true;
  const hint = `Correct the address. Where ${facts.fqdn} is right, declare name: "${facts.name}" beside the address: the resource is made there anew then.`;
  throw another(facts, deployed, hint);
}

/** @throws HOST_IS_ANOTHER_SERVER */
export function refuseOtherServer(session: HostSession, host: unknown, deployed: string): void {
  if (!standsElsewhere(session, host, deployed)) return;
  const { facts } = session;
  const hint = `Where ${facts.fqdn} is right, run \`pulumi up --refresh\`: the resource is made there anew then. Else correct the address.`;
  throw another(facts, deployed, hint);
}

function another({ name, fqdn }: HostSession["facts"], deployed: string, hint: string): ExchangeError {
  return new ExchangeError("HOST_IS_ANOTHER_SERVER", `The connection for ${deployed} leads to ${fqdn}.`, { host: name, hint });
}
