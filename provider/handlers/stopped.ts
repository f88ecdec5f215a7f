/**
 * A cmdlet that fails because a service does not run says so in words that differ by build and language, if at all (exchange.md 15.1):
 * so the services that the cmdlets need are asked for, and the one that is stopped is named with its remedy.
 */
import { ExchangeError, isExchangeError } from "../base/errors";
import type { JsonObject } from "../base/json";
import { ADLDS, EDGE_SYNC, SERVICE_HOST } from "../exchange/transport";
import { equalNames } from "../exchange/shell";
import type { HostConnection } from "../remote/hosts";
import type { HostSession } from "../remote/sessions";
import type { Context, Handler } from "./types";

/** The same handler; what fails before anything was changed says which service is stopped. */
export function namingStopped(handler: Handler): Handler {
  return {
    ...handler,
    create: (ctx, inputs) => naming(ctx, inputs, () => handler.create(ctx, inputs)),
    update: (ctx, id, olds, news) => naming(ctx, news, () => handler.update(ctx, id, olds, news)),
    read: (ctx, id, props) => naming(ctx, props, () => handler.read(ctx, id, props)),
  };
}

async function naming<T>(ctx: Context, inputs: JsonObject, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    throw (await stopped(ctx, inputs, error).catch(() => null)) ?? error;
  }
}

async function stopped(ctx: Context, inputs: JsonObject, error: ExchangeError): Promise<ExchangeError | null> {
  for (const host of connections(inputs)) {
    const session = await ctx.session(host, { preferRegistered: true });
    if (!equalNames(session.facts.name, error.host ?? "")) continue;
    const down = await notRunning(session, String(error.details.cmdlet ?? ""));
    return (
      down &&
      new ExchangeError("SERVICE_FAILED", `${error.host}: ${down.words}. ${error.sentence}`, { ...down, host: error.host, cause: error })
    );
  }
  return null;
}

/** The servers that a resource speaks with. */
function connections({ host, edge, organization, sources }: JsonObject): HostConnection[] {
  const listed = Array.isArray(sources) ? sources.map((one) => (one as JsonObject | null)?.host) : [];
  return [host, edge, organization, ...listed].filter((one) => typeof one === "object" && one !== null) as unknown as HostConnection[];
}

async function notRunning(session: HostSession, cmdlet: string): Promise<{ words: string; hint: string } | null> {
  const { name, role } = session.facts;
  const needed = [...(role === "Edge" ? [ADLDS] : []), SERVICE_HOST, ...(/EdgeSynchronization$/i.test(cmdlet) ? [EDGE_SYNC] : [])];
  const all = await Promise.all(needed.map((service) => session.request("service.status", { name: service })));
  const down = all.filter(({ status }) => status !== "Running");
  if (down.length === 0) return null;
  const words = down.map((one) => `${one.name} is ${one.status}`).join(", ");
  const commands = down.map((one) => `Start-Service ${one.name}`).join("; ");
  return { words: `${words}, which the cmdlets need`, hint: `Run \`${commands}\` on ${name}, then run again.` };
}
