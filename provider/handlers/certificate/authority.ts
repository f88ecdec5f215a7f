/**
 * A certificate from an AD CS authority: request on the host, `certreq` to the authority (first article, steps 4 to 6). Where an official
 * decides, the number of the request is kept with it, and the next run asks for that number before it submits anything.
 */
import { createHash, randomUUID } from "node:crypto";
import { isoDay } from "../../base/clock";
import { ExchangeError, isExchangeError, type ErrorCode } from "../../base/errors";
import { canonical } from "../../base/json";
import {
  findPending,
  listCertificates,
  listRequests,
  newRequest,
  removeCertificate,
  type PendingRequest,
} from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import { orderChain, readAnswer, readRequest } from "../../pki";
import type { Operations } from "../../remote/protocol";
import {
  forgetAuthorityRequest,
  keepAuthorityRequest,
  readAuthorityRequest,
  type AuthorityRequest,
  type RequestState,
} from "../../rotation/authorityRequests";
import { readClaims } from "../../rotation/claimFiles";
import { otherOwners } from "../../rotation/claims";
import { failPoint } from "../../rotation/failpoints";
import type { LeasedShell } from "../../rotation/leasedShell";
import { markOf } from "../ids";
import type { Context } from "../types";
import type { AdcsSource, CertificateInputs } from "./inputs";
import type { Subject } from "./source";

/** What state keeps of a request that is not issued, as the last run or refresh saw it. */
export interface Awaited {
  authority: string;
  number: number | null;
  state: RequestState;
  since: string;
  seen: string;
  message: string;
}
/** What state keeps, out of the record on the server. */
export function awaitedIn({ authority, number, state, since, seen, message }: Awaited): Awaited {
  return { authority, number, state, since, seen, message };
}
export interface Asking {
  ctx: Context;
  inputs: CertificateInputs;
  source: AdcsSource;
  leased: LeasedShell;
  claim: string;
}
/** What each submission has anew. */
type Fresh = Pick<AuthorityRequest, "number" | "state" | "since" | "seen" | "message" | "key">;
type Answer = Operations["certreq.retrieve"]["value"];

/** The issued certificate, in hand and not installed. @throws REQUEST_PENDING, REQUEST_DENIED, REQUEST_WITHDRAWN, REQUEST_NOT_ISSUED */
export async function obtain(asking: Asking): Promise<Subject> {
  const record = await recordHere(asking);
  return record?.number ? fetchIssued(asking, record) : submit(asking, record);
}

/** The record of this declaration's request, as long as its key waits on the host. */
async function recordHere({ ctx, inputs, source: { adcs }, leased, claim }: Asking): Promise<AuthorityRequest | null> {
  const record = await readAuthorityRequest(leased, inputs.owner);
  if (!record) return null;
  const host = leased.facts.name;
  const waiting = await findPending(leased, record.publicKeySha256);
  const leave = async (why: string): Promise<null> => {
    await forgetAuthorityRequest(leased, inputs.owner);
    ctx.note(`[${host}] request ${record.number ?? "without a number"} of ${record.authority} is not asked for any more: ${why}`);
    return null;
  };
  if (!waiting) return leave("it was taken out of the server's store, and its key with it");
  if (record.declared !== declaredBy(inputs, adcs)) {
    await removeCertificate(leased, waiting.thumbprint);
    return leave("the certificate is declared otherwise now; what waits at the authority can be denied there");
  }
  if (sameAuthority(record, adcs)) return { ...record, claim };
  if (record.number)
    ctx.note(`[${host}] request ${record.number} of ${record.authority} is given up: it goes to ${adcs.ca}, ${adcs.template}`);
  return { ...record, claim, authority: adcs.ca, template: adcs.template, number: null, state: "withdrawn" };
}

const sameAuthority = ({ authority, template }: AuthorityRequest, adcs: AdcsSource["adcs"]): boolean =>
  authority.toLowerCase() === adcs.ca.toLowerCase() && template.toLowerCase() === adcs.template.toLowerCase();

function declaredBy({ exportable }: CertificateInputs, { domainNames, subject }: AdcsSource["adcs"]): string {
  return createHash("sha256")
    .update(canonical({ domainNames, subject: subject ?? null, exportable }))
    .digest("hex")
    .slice(0, 16);
}

async function fetchIssued(asking: Asking, record: AuthorityRequest): Promise<Subject> {
  const { leased } = asking;
  const answer = await askFor(leased, record);
  const seen = { ...record, seen: await utcOf(leased), message: answer.message ?? "" };
  if (answer.disposition === "issued") return issued(asking, { ...seen, state: "issued" }, answer.certificate);
  if (answer.disposition === "unknown") {
    await keepAuthorityRequest(leased, { ...seen, number: null, state: "withdrawn" });
    throw notIssued(leased, "withdrawn", { ...seen, state: "withdrawn" });
  }
  const state = answer.disposition;
  await keepAuthorityRequest(leased, { ...seen, state });
  throw notIssued(leased, state, { ...seen, state });
}

/** What the authority says of a kept number; it changes nothing. @throws REQUEST_NOT_ISSUED where it does not answer */
export async function askFor(shell: Shell, { authority: ca, number, state, since, seen }: AuthorityRequest): Promise<Answer> {
  try {
    return await shell.request("certreq.retrieve", { ca, requestId: number! });
  } catch (error) {
    if (!isExchangeError(error, "AGENT_REFUSED") || error.details.class !== "UnknownOperation") throw error;
    const host = shell.facts.name;
    const text = `${host}: the agent of this host cannot ask ${ca} for request ${number}, ${state} since ${isoDay(new Date(since))}; nothing is submitted.`;
    throw new ExchangeError("REQUEST_PENDING", text, {
      host,
      hint: "Use an agent that knows certreq.retrieve (docs/agent-protocol.md 7.9).",
      details: { request: { authority: ca, number, state, since, seen, message: "" } satisfies Awaited },
    });
  }
}

/** Intent, then the request, then its number: a run that breaks off between them repeats the submission under the same key. */
async function submit(asking: Asking, known: AuthorityRequest | null): Promise<Subject> {
  const { leased } = asking;
  const host = leased.facts.name;
  const record = await intended(asking, known);
  await keepAuthorityRequest(leased, record);
  failPoint(host, "submit", "after-intent");
  const params = { ca: record.authority, template: record.template, request: record.csr };
  const answer = await leased.request("certreq.submit", params, { key: record.key });
  failPoint(host, "submit", "after-cmdlet");
  const answered = { ...record, number: answer.requestId ?? null, seen: await utcOf(leased), message: answer.message ?? "" };
  if (answer.disposition === "issued") return issued(asking, { ...answered, state: "issued" }, answer.certificate);
  const state = answer.disposition;
  // What a template or a policy denies at once is no official's word: the same request may be submitted again once that is mended.
  const denied = state === "denied";
  await keepAuthorityRequest(leased, { ...answered, state, ...(denied ? { number: null } : {}) });
  failPoint(host, "submit", "after-result");
  throw notIssued(leased, state, { ...answered, state }, denied);
}

async function intended(asking: Asking, known: AuthorityRequest | null): Promise<AuthorityRequest> {
  const { ctx, leased } = asking;
  if (known?.state === "submitting") {
    ctx.warn(
      `${leased.facts.name}: an earlier run broke off while it submitted a request to ${known.authority}, and its number is not known. It is submitted again under the ` +
        "same key, to which the host repeats the answer if it has kept one; should the authority show two requests for it, deny the older one.",
    );
    return known;
  }
  const utc = await utcOf(leased);
  const fresh: Fresh = { number: null, state: "submitting", since: utc, seen: utc, message: "", key: `certreq:${randomUUID()}` };
  return { ...(known ?? (await prepare(asking))), ...fresh };
}

/** The host's request: the one that an interrupted run has made, or a new one. */
async function prepare({ inputs, source: { adcs }, leased, claim }: Asking): Promise<Omit<AuthorityRequest, keyof Fresh>> {
  const mark = markOf(inputs);
  const left = (await listRequests(leased)).find((one) => one.friendlyName === mark && asksFor(one, adcs.domainNames));
  const { der, publicKeySha256 } = left?.csr
    ? readRequest(left.csr)
    : await newRequest(leased, { ...adcs, friendlyName: mark, exportable: inputs.exportable });
  const declared = declaredBy(inputs, adcs);
  const { ca: authority, template } = adcs;
  return { schema: 1, owner: inputs.owner, claim, authority, template, declared, csr: der.toString("base64"), publicKeySha256 };
}

function asksFor({ csr }: PendingRequest, names: string[]): boolean {
  const asked = new Set(csr === null ? [] : readRequest(csr).domainNames.map((name) => name.toLowerCase()));
  return asked.size === new Set(names.map((name) => name.toLowerCase())).size && names.every((name) => asked.has(name.toLowerCase()));
}

/** The certificate stays fetchable until it is installed: the record goes with the end of the run. */
async function issued({ ctx, inputs, leased }: Asking, record: AuthorityRequest, certificate = ""): Promise<Subject> {
  await keepAuthorityRequest(leased, record);
  const answer = readAnswer(Buffer.from(record.csr, "base64"), [certificate], ctx.now);
  const chain = orderChain(answer.certificate, answer.pool, ctx.now);
  return { certificate: answer.certificate, chain, privateKey: null, made: true, friendlyName: markOf(inputs) };
}

/** The certificate that an interrupted run has installed from this resource's request; null where there is none. */
export async function installedFromRequest(inputs: CertificateInputs, shell: Shell): Promise<Subject | null> {
  const record = await readAuthorityRequest(shell, inputs.owner);
  if (!record) return null;
  const [claims, installed] = await Promise.all([readClaims(shell), listCertificates(shell)]);
  const found = installed.find((one) => one.publicKeySha256 === record.publicKeySha256 && one.hasPrivateKey);
  if (!found || otherOwners(claims, "certificate", found.thumbprint, inputs.owner).length > 0) return null;
  return { certificate: found, chain: [], privateKey: null, made: true, friendlyName: markOf(inputs) };
}

const CODES = { pending: "REQUEST_PENDING", denied: "REQUEST_DENIED", withdrawn: "REQUEST_WITHDRAWN" } satisfies Record<string, ErrorCode>;

/** `atOnce`: the authority itself denied it, when it was submitted. */
function notIssued(
  { facts: { name: host } }: Pick<Shell, "facts">,
  state: keyof typeof CODES,
  record: Awaited,
  atOnce = false,
): ExchangeError {
  const { authority, number, since, message } = record;
  const when = `request ${number ?? "without a number"}${atOnce ? "" : `, submitted ${isoDay(new Date(since))}`}`;
  const sentence =
    state === "withdrawn"
      ? `${host}: ${authority} has no ${when} any more: it was withdrawn there. Nothing was submitted.`
      : `${host}: ${authority} answered ${state} (${when}): ${message.replace(/\.$/, "") || "no reason given"}.`;
  return new ExchangeError(CODES[state], sentence, {
    host,
    ...(state === "denied" && !atOnce ? { hint: deniedHint(host) } : {}),
    details: { request: { ...awaitedIn(record), state } },
  });
}

/** @throws REQUEST_PENDING, REQUEST_DENIED, REQUEST_WITHDRAWN */
export function refuseUnissued(shell: Pick<Shell, "facts">, awaited: Awaited): void {
  const { state } = awaited;
  if (state === "pending" || state === "denied" || state === "withdrawn") throw notIssued(shell, state, awaited);
}

const deniedHint = (host: string): string =>
  "An official may still issue it (certsrv.msc, Failed Requests): the next run asks for the same number. To submit another one, change the source, " +
  `or take the request out on ${host} (Remove-ExchangeCertificate with the thumbprint of the pending request) and run again.`;

/** The server's clock. */
export async function utcOf(shell: Shell): Promise<string> {
  return (await shell.request("hello", {})).utc;
}
