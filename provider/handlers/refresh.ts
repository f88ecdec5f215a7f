/**
 * A refresh of a stack: every server is asked the same question once, and a server that does not answer is tried once, however many resources
 * ask; where the organisation names a directory, what AD holds is read there once. A refresh reads each resource once: a second read of
 * the same one is another refresh, and so is whatever comes after a change.
 */
import { lookUp } from "../directory";
import { TRANSPORT } from "../exchange/transport";
import { serverKey } from "../remote/hosts";
import { isMutation, OPERATIONS, type Operation, type Operations } from "../remote/protocol";
import { operating } from "../remote/readings";
import { timesClosed, type HostSession } from "../remote/sessions";
import { releasesDone } from "../rotation/leasedShell";
import type { Context, Handler } from "./types";

class Refresh {
  readonly readers = new Set<string>();
  readonly run = timesClosed();
  private readonly answers = new Map<string, Promise<unknown>>();

  /** The answer of the first who asked, a failure included. */
  once<T>(question: string, ask: () => Promise<T>): Promise<T> {
    const known = this.answers.get(question) as Promise<T> | undefined;
    if (known) return known;
    const answer = ask();
    this.answers.set(question, answer);
    return answer;
  }
}

let current = new Refresh();
const endRefresh = (): void => void (current = new Refresh());

function refreshOf(reader: string): Refresh {
  if (current.readers.has(reader) || current.run !== timesClosed()) endRefresh();
  current.readers.add(reader);
  return current;
}

/** The same handler, whose reads share what they learn. */
export function refreshing(kind: string, handler: Handler): Handler {
  return {
    ...handler,
    create: (ctx, inputs) => changing(() => handler.create(ctx, inputs)),
    update: (ctx, id, olds, news) => changing(() => handler.update(ctx, id, olds, news)),
    delete: (ctx, id, props) => changing(() => handler.delete(ctx, id, props)),
    read: (ctx, id, props) => {
      const shared = sharing(ctx, refreshOf(`${kind}|${id}|${String(props.owner)}`));
      return operating(() => handler.read(shared, id, props));
    },
  };
}

async function changing<T>(work: () => Promise<T>): Promise<T> {
  endRefresh();
  return operating(() => work().finally(releasesDone)).finally(endRefresh);
}

function sharing(ctx: Context, refresh: Refresh): Context {
  return {
    ...ctx,
    session: (host, options) =>
      refresh.once(`session ${serverKey(host)}`, async () => {
        const session = askedOnce(await ctx.session(host, options), serverKey(host), refresh);
        // Along with the first question: an Edge's TransportService asks it, too.
        if (session.facts.role === "Edge") void session.request("service.status", { name: TRANSPORT }).catch(() => undefined);
        return session;
      }),
    directory: ({ directory }) =>
      directory === undefined
        ? Promise.resolve(null)
        : refresh.once(`directory ${JSON.stringify(directory)}`, () => lookUp(directory, (text) => ctx.warn(text))),
  };
}

/** A session that asks every question once. Only reads are shared: a refresh changes nothing. */
function askedOnce(session: HostSession, server: string, refresh: Refresh): HostSession {
  const request = <Op extends Operation>(op: Op, params: Operations[Op]["params"], options?: object): Promise<Operations[Op]["value"]> => {
    const { cmdlet = "" } = params as { cmdlet?: string };
    // what a clock showed is no answer for later
    if (op === "hello" || isMutation(op, cmdlet) || OPERATIONS[op].fence !== "none") return session.request(op, params, options);
    return refresh.once(`${server} ${op} ${JSON.stringify(params)}`, () => session.request(op, params, options));
  };
  return {
    get facts() {
      return session.facts;
    },
    get host() {
      return session.host;
    },
    get ssh() {
      return session.ssh;
    },
    get generation() {
      return session.generation;
    },
    mutex: session.mutex,
    request,
    invoke: async <T>(cmdlet: string, parameters: object, select: readonly string[], options?: object) =>
      (await request("invoke", { cmdlet, parameters: parameters as never, select: [...select] }, options)) as {
        objects: T[];
        warnings: string[];
      },
    forward: (host, port) => session.forward(host, port),
    close: () => session.close(),
  };
}
