/** What every handler does around its work: partial failures, unreachable hosts, identity of the server. */
import { rotationInWords, rotationOf, wayOf, type OpenRotation } from "../base/edges";
import { asExchangeError, ExchangeError, isExchangeError } from "../base/errors";
import { plain, UNKNOWN, type JsonObject } from "../base/json";
import { redact } from "../base/redact";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { actorOf } from "../rotation/actor";
import { conditionAfter } from "../rotation/conditions";
import { PartialFailure, type Context } from "./types";

/** Turns a failure after the first side effect into one that keeps id and properties; the flag makes the next run finish it. */
export function partial(error: unknown, id: string, properties: JsonObject): PartialFailure {
  const reason = redact(asExchangeError(error).message);
  const condition = conditionAfter(error);
  const again = condition.startsWith("OperatorNeeded") ? "After that run" : "Run";
  const advice = `${again} \`pulumi up\` again to finish, without \`--plan\`: a plan that was saved before is used up; after a killed run use \`pulumi up --refresh\`.`;
  return new PartialFailure(id, plain({ ...properties, ...rememberOutage(properties), unfinished: true, condition }), [
    `${reason} ${advice} Condition: ${condition}.`,
  ]);
}

/** The output `outOfService` of a resource whose work is unfinished while its Edge is out of service: a preview asks no server. */
interface Outage extends Omit<OpenRotation, "isOut"> {
  edge: string;
}

/** What this run knows of the Edge that these properties belong to; nothing where it serves. */
export function rememberOutage({ server, edge, host, owner }: JsonObject): { outOfService?: JsonObject } {
  const names = [typeof server === "string" ? server.split(".")[0] : "", serverName(edge ?? host)];
  const name = names.find((one) => rotationOf(one)?.isOut === true);
  if (name === undefined) return {};
  const { isOut: _is, stack, ...rotation } = rotationOf(name)!;
  const foreign: JsonObject = stack === undefined || stack === actorOf(String(owner)).stack ? {} : { stack };
  return { outOfService: { edge: name.toUpperCase(), ...rotation, ...foreign } };
}

const told = new Set<string>();

/** In a preview, and as the first line of an `up`; several resources of one Edge may know it. */
export function tellOutage(ctx: Context, { outOfService, owner }: JsonObject): void {
  if (typeof outOfService !== "object" || outOfService === null) return;
  const { edge, ...rotation } = outOfService as unknown as Outage;
  // A run that has read the journal has said what is true now.
  if (rotationOf(edge) !== undefined) return;
  const words = rotationInWords(rotation, ctx.now);
  const way = wayOf(rotation, actorOf(String(owner)).stack, "`pulumi up`");
  const line = `[${edge}] ${edge} was out of service when this stack last saw it (${words}); ${way} finishes its rotation`;
  if (told.has(line)) return;
  told.add(line);
  ctx.note(line);
}

/** What another name is about: Pulumi calls it an update of `owner`, resource by resource. A stack or project that is renamed says it once. */
export function tellRename(ctx: Context, { owner: before }: JsonObject, { owner: after }: JsonObject): void {
  if (typeof before !== "string" || typeof after !== "string" || before === after) return;
  const [was, is] = [before, after].map(actorOf);
  const isStack = before.slice(was.stack.length) === after.slice(is.stack.length);
  const who = isStack ? `[${is.stack}] was ${was.stack}` : `[${after}] was ${before}`;
  const line = `${who}: its claims on the servers move along; a new name alone changes nothing in Exchange`;
  if (told.has(line)) return;
  told.add(line);
  ctx.note(line);
}

/** A server's name for sentences, offline: `name`, or the first label of a host name, or the address itself. */
export function serverName(host: unknown): string {
  const { name, host: address } = (host ?? {}) as Partial<HostConnection>;
  if (typeof name === "string" && name && name !== UNKNOWN) return name.toUpperCase();
  if (typeof address !== "string" || address === UNKNOWN) return "the server";
  return /^[\d.]+$|:/.test(address) ? address : address.split(".")[0].toUpperCase();
}

/** The session for a delete, or null when the host is gone and the program said to forget. */
export async function deleteSession(ctx: Context, host: HostConnection, props: JsonObject): Promise<HostSession | null> {
  try {
    return await ctx.session(host, { preferRegistered: true });
  } catch (error) {
    if (props.onUnreachable !== "forget" || !isExchangeError(error, "HOST_UNREACHABLE", "CONNECTION_LOST", "LOGIN_FAILED")) throw error;
    ctx.warn(`${serverName(host)} cannot be reached; its part of the stack is forgotten and left as it is.`);
    return null;
  }
}

/** @throws ROLE_MISMATCH */
export function requireRole(session: Pick<HostSession, "facts">, role: "Edge" | "Mailbox", argument: string): void {
  if (session.facts.role === role) return;
  const found = session.facts.role === "None" ? "no Exchange role that this package manages" : `the ${session.facts.role} role`;
  throw new ExchangeError("ROLE_MISMATCH", `${argument}: ${session.facts.name} has ${found}; a server with the ${role} role is needed.`, {
    host: session.facts.name,
  });
}
