/**
 * Organisation-wide objects keep which organisation they belong to. Names repeat (every organisation has an MBX01 somewhere, a rehearsal
 * a copy of all), so an address that leads to another organisation is refused before anything is asked or changed there.
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import type { JsonObject } from "../base/json";
import { organizationIn } from "../directory";
import { text } from "../exchange/shell";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import { PartialFailure, type Context, type Handler } from "./types";

/** The hidden output; a state of an earlier version has none, and gets it with the next change. */
const IDENTITY = "organizationIdentity";

const known = new WeakMap<HostSession, Promise<string | null>>();

/** @param argument the connection of the organisation's host among the arguments */
export function ofOrganization(handler: Handler, argument: "host" | "organization"): Handler {
  const refuse = async (ctx: Context, connection: JsonObject, stored: JsonObject, deleting = false): Promise<string | null> => {
    const host = connection[argument] as unknown as HostConnection;
    // a host that cannot be entered is the handler's business
    const session = await ctx.session(host, deleting ? { preferRegistered: true } : undefined).catch(() => null);
    const found = session && (await identityOf(session));
    if (session && found !== null) refuseAnother(found, stored, session.facts.name);
    return found;
  };
  return {
    ...handler,
    create: (ctx, inputs) => keeping(handler.create(ctx, inputs), () => refuse(ctx, inputs, {})),
    update: async (ctx, id, olds, news) => {
      const found = (await refuse(ctx, news, olds)) ?? olds[IDENTITY] ?? null;
      return keeping(handler.update(ctx, id, olds, news), () => Promise.resolve(found));
    },
    read: async (ctx, id, props) => {
      const inDirectory = (await ctx.directory?.(props[argument] as unknown as HostConnection))?.organization ?? null;
      if (inDirectory === null) await refuse(ctx, props, props);
      else refuseAnother(inDirectory, props, (props[argument] as unknown as HostConnection).directory!.url);
      return handler.read(ctx, id, props);
    },
    delete: async (ctx, id, props) => {
      await refuse(ctx, props, props, true);
      return handler.delete(ctx, id, props);
    },
  };
}

/** @throws ORGANIZATION_IS_ANOTHER */
function refuseAnother(found: string, { [IDENTITY]: before }: JsonObject, name: string): void {
  if (typeof before !== "string" || found === before) return;
  throw new ExchangeError("ORGANIZATION_IS_ANOTHER", `${name} belongs to ${shown(found)}, and this was deployed to ${shown(before)}.`, {
    host: name,
  });
}

async function keeping<T extends { outs: JsonObject }>(work: Promise<T>, find: () => Promise<unknown>): Promise<T> {
  const identity = async (): Promise<JsonObject> => {
    const found = await find().catch(() => null);
    return typeof found === "string" ? { [IDENTITY]: found } : {};
  };
  try {
    const result = await work;
    return { ...result, outs: { ...result.outs, ...(await identity()) } };
  } catch (error) {
    if (!(error instanceof PartialFailure)) throw error;
    throw new PartialFailure(error.id, { ...error.properties, ...(await identity()) }, error.reasons);
  }
}

/** The organisation's own name in the forest, from where its server object stands; null where the host does not tell. */
function identityOf(session: HostSession): Promise<string | null> {
  const found = known.get(session) ?? ask(session);
  known.set(session, found);
  return found;
}

async function ask(session: HostSession): Promise<string | null> {
  try {
    const { objects } = await session.invoke("Get-ExchangeServer", { Identity: session.facts.name }, ["Name", "DistinguishedName"]);
    const own = objects.find((one) => text(one.Name).toUpperCase() === session.facts.name.toUpperCase());
    return organizationIn(text(own?.DistinguishedName));
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED", "EXCHANGE_MISSING", "SHELL_CREDENTIAL")) return null;
    throw error;
  }
}

/** `Contoso (contoso.com)`. */
function shown(identity: string): string {
  const name = /^cn=(.+?),cn=microsoft exchange,/.exec(identity)?.[1] ?? identity;
  const domain = [...identity.matchAll(/dc=([^,]+)/g)].map((match) => match[1]).join(".");
  return `the organisation ${name} (${domain})`;
}
