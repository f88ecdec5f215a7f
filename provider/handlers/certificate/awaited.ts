/**
 * A certificate whose request waits at its authority: what state keeps of it, what a preview says, how a refresh sees it, and what a delete
 * takes back. Its id names the request; the certificate, once it is issued, replaces it.
 */
import { randomUUID } from "node:crypto";
import { DAY_MS, isoDay } from "../../base/clock";
import { asExchangeError, isExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { findPending, removeCertificate } from "../../exchange/certificates";
import type { HostSession } from "../../remote/sessions";
import { actorOf } from "../../rotation/actor";
import { forgetAuthorityRequest, readAuthorityRequest, type AuthorityRequest } from "../../rotation/authorityRequests";
import { withLease } from "../../rotation/leasedShell";
import { dayCount } from "../../rotation/reasons";
import { sessionToDelete } from "../deletion";
import { partial, serverName } from "../outcome";
import { standsElsewhere } from "../whereabouts";
import { keepWords } from "../memo";
import { splitId } from "../ids";
import type { Context, DiffResult, Handler, ReadResult } from "../types";
import { askFor, awaitedIn, refuseUnissued, utcOf, type Awaited } from "./authority";
import { DERIVED, type CertificateInputs } from "./inputs";
import { echo } from "./outs";
import { planLines, sentence } from "./words";

/** The same handler, for outputs that wait as well. */
export function awaitable(handler: Handler): Handler {
  return {
    ...handler,
    diff: (ctx, id, olds, news) => {
      const awaited = awaitedOf(olds);
      return awaited ? Promise.resolve(diffAwaited(ctx, olds, news, awaited)) : handler.diff(ctx, id, olds, news);
    },
    read: (ctx, id, props) => (awaitedOf(props) ? readAwaited(ctx, id, props) : handler.read(ctx, id, props)),
    delete: (ctx, id, props) => {
      const awaited = awaitedOf(props);
      return awaited ? deleteAwaited(ctx, id, props, awaited) : handler.delete(ctx, id, props);
    },
  };
}

/** The request that outputs wait for, or null. */
function awaitedOf(outs: JsonObject): Awaited | null {
  return outs.request === undefined || outs.thumbprint !== undefined ? null : (outs.request as unknown as Awaited);
}

/** A run that ends at its authority keeps what it saw in state; any other failure stays what it is. */
export function awaiting(error: unknown, { inputs, fqdn, claim }: { inputs: CertificateInputs; fqdn: string; claim: string }): unknown {
  if (!isExchangeError(error, "REQUEST_PENDING", "REQUEST_DENIED", "REQUEST_WITHDRAWN")) return error;
  const request = error.details.request as Awaited;
  const props = { ...echo(inputs), request: { ...request }, claim, revision: randomUUID(), server: fqdn };
  return partial(asExchangeError(error), `${fqdn}\\request ${request.number ?? "-"}`, plain(props));
}

/** Old outputs that wait: the request is asked for, and what was issued replaces them. */
function diffAwaited(ctx: Context, olds: JsonObject, news: JsonObject, awaited: Awaited): DiffResult {
  const rotation = wordsOf(awaited, news);
  keepWords("Certificate", news, DERIVED, { rotation, plan: planLines({}, news) ?? [] });
  const days = Math.floor((ctx.now.getTime() - new Date(awaited.since).getTime()) / DAY_MS);
  ctx.note(`[${serverName(news.host)}] ${rotation}${awaited.state === "pending" && days > 0 ? ` (${dayCount(days)})` : ""}`);
  return { changes: true, replaces: ["request"] };
}

/** Another source needs no answer any more. */
function wordsOf(awaited: Awaited, news: JsonObject): string {
  const source = news.source as { adcs?: unknown } | null;
  if (typeof source === "object" && source?.adcs !== undefined) return told(awaited);
  return `request ${awaited.number ?? ""} at ${awaited.authority} is given up; ${sentence({}, news) ?? "another certificate takes its place"}`;
}

function told({ authority, number, state, since, seen, message }: Awaited): string {
  const day = (utc: string): string => isoDay(new Date(utc));
  const which = number === null ? "the request" : `request ${number}`;
  const reason = message.trim() === "" ? "" : `: ${message.trim().replace(/\.$/, "")}`;
  const asked = "the authority is asked for it first, and nothing is submitted or interrupted before it is issued";
  switch (state) {
    case "denied":
      return number === null
        ? `${which} was denied by ${authority} on ${day(seen)}${reason}; it is submitted again`
        : `${which}, submitted ${day(since)}, was denied by ${authority} (as of ${day(seen)}${reason}); ${asked}`;
    case "withdrawn":
      return `${which}, submitted ${day(since)}, was withdrawn at ${authority} (as of ${day(seen)}); it is submitted anew`;
    case "issued":
      return `${which}, submitted ${day(since)}, was issued by ${authority} (as of ${day(seen)}): it is fetched and installed`;
    default:
      return `${which} waits for approval at ${authority} since ${day(since)} (as of ${day(seen)}); ${asked}`;
  }
}

/** A refresh asks the authority, which changes nothing. A request that the server no longer has is gone. */
async function readAwaited(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const inputs = props as unknown as CertificateInputs;
  const session = await ctx.session(inputs.host);
  if (standsElsewhere(session, inputs.host, splitId(id)[0])) return {};
  const record = await readAuthorityRequest(session, inputs.owner);
  if (!record || !(await findPending(session, record.publicKeySha256))) return {};
  const request = await lookAt(session, record);
  return { id, props: plain({ ...props, request: { ...request } }) };
}

async function lookAt(session: HostSession, record: AuthorityRequest): Promise<Awaited> {
  const known = awaitedIn(record);
  if (known.number === null) return known;
  const answer = await askFor(session, record).catch((error: unknown) => {
    // An authority that does not answer is no news of the request.
    if (isExchangeError(error, "REQUEST_NOT_ISSUED", "REQUEST_PENDING")) return null;
    throw error;
  });
  if (!answer) return known;
  return {
    ...known,
    state: answer.disposition === "unknown" ? "withdrawn" : answer.disposition,
    seen: await utcOf(session),
    message: answer.message ?? "",
  };
}

/** A known request that is not issued is told before a component takes its Edge out of a load balancer. @throws REQUEST_PENDING, … */
export async function refuseAwaited(inputs: CertificateInputs, session: HostSession): Promise<void> {
  if (!("adcs" in inputs.source)) return;
  const record = await readAuthorityRequest(session, inputs.owner);
  if (!record || record.number === null || !(await findPending(session, record.publicKeySha256))) return;
  refuseUnissued(session, await lookAt(session, record));
}

/** The request and its key go with the resource that waited for them; the authority's row is an official's. */
async function deleteAwaited(ctx: Context, id: string, props: JsonObject, awaited: Awaited): Promise<void> {
  const inputs = props as unknown as CertificateInputs;
  const session = await sessionToDelete(ctx, { host: inputs.host, props, fqdn: splitId(id)[0] });
  if (!session) return;
  await withLease(
    session,
    actorOf(inputs.owner),
    async (leased) => {
      const record = await readAuthorityRequest(leased, inputs.owner);
      // Another run has taken it up, or it is done.
      if (!record || record.claim !== props.claim || inputs.onDelete === "keep") return;
      const waiting = await findPending(leased, record.publicKeySha256);
      if (waiting) await removeCertificate(leased, waiting.thumbprint);
      await forgetAuthorityRequest(leased, inputs.owner);
      if (record.number !== null)
        ctx.warn(`${session.facts.name}: request ${record.number} is still at ${awaited.authority}; an official can deny it there.`);
    },
    ctx.signal,
  );
}
