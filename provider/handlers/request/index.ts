/** The handler of `CertificateRequest`: a key born on the server, whose request is signed elsewhere (exchange.md 2.4). */
import { randomUUID } from "node:crypto";
import { z } from "zod";
import { ExchangeError } from "../../base/errors";
import { hasUnknown, plain, same, type JsonObject } from "../../base/json";
import { listCertificates, listRequests, newRequest, removeCertificate, type PendingRequest } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import { readRequest, type CertificateRequestFacts } from "../../pki";
import type { HostConnection } from "../../remote/hosts";
import { newClaim, readClaims, recordOf, saveClaims, withClaim } from "../../rotation/claims";
import { withLease, type LeasedShell } from "../../rotation/leasedShell";
import { actorOf } from "../../rotation/actor";
import { markOf, splitId } from "../ids";
import { deleteClaimed } from "../deletion";
import { partial, refuseOtherServer, serverName } from "../outcome";
import { keepWords, keptWords } from "../memo";
import type { CheckResult, Context, DiffResult, Handler, ReadResult } from "../types";
import { COMMON, flag, host, oneOf, required, subjectName, validate, zodTest, type Fields } from "../validation";

interface RequestInputs {
  host: HostConnection;
  subject: string;
  domainNames: string[];
  keySize?: number;
  friendlyName?: string;
  exportable?: boolean;
  owner: string;
}
const KIND = "CertificateRequest";
const DERIVED = ["rotation"] as const;
/** A request cannot be changed: another one replaces it. */
const IDENTITY = ["subject", "domainNames", "keySize", "exportable"];
const QUIET = ["host", "friendlyName", "onDelete", "onUnreachable", "owner"];
const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  subject: required(subjectName),
  domainNames: { required: true, test: zodTest(z.array(z.string().trim().min(1)).min(1), "a list of at least one domain name") },
  keySize: { test: zodTest(z.union([z.literal(1024), z.literal(2048), z.literal(4096)]), "1024, 2048 or 4096") },
  friendlyName: { test: zodTest(z.string().min(1).max(63), "text of at most 63 characters") },
  exportable: flag,
  onDelete: oneOf("remove", "keep"),
};

function check(olds: JsonObject, news: JsonObject): CheckResult {
  const failures = validate(news, FIELDS, DERIVED);
  const inputs: JsonObject = {
    ...news,
    keySize: news.keySize ?? 2048,
    exportable: news.exportable ?? false,
    onUnreachable: news.onUnreachable ?? "fail",
  };
  delete inputs.rotation;
  if (failures.length > 0 || IDENTITY.some((name) => hasUnknown(inputs[name]))) return { inputs, failures };
  const fresh = Object.keys(olds).length === 0;
  if (!fresh && olds.rotation !== undefined && IDENTITY.every((name) => same(olds[name], inputs[name]))) {
    return { inputs: { ...inputs, rotation: olds.rotation }, failures };
  }
  const server = serverName(inputs.host);
  const kept = fresh ? keptWords(KIND, inputs, DERIVED) : undefined;
  const rotation = fresh
    ? `first deployment: ${server} makes a key and a request for ${String(inputs.subject)}`
    : `${server} makes a new key and request: its declaration changed`;
  const found = kept ?? { rotation };
  if (!fresh) keepWords(KIND, inputs, DERIVED, found);
  return { inputs: { ...inputs, ...found }, failures };
}

function diff(ctx: Context, olds: JsonObject, news: JsonObject): DiffResult {
  const replaces = IDENTITY.filter((name) => !same(olds[name], news[name]));
  if (replaces.length > 0) {
    ctx.note(`[${serverName(news.host)}] ${String(news.rotation ?? "a new request is made")}`);
    return { replaces };
  }
  return { changes: olds.unfinished === true || QUIET.some((name) => !same(olds[name], news[name])) };
}

function outsOf(inputs: JsonObject, facts: CertificateRequestFacts, more: JsonObject): JsonObject {
  return plain({ ...inputs, csr: facts.pem, publicKeySha256: facts.publicKeySha256, ...more });
}

async function create(ctx: Context, inputs: JsonObject): Promise<{ id: string; outs: JsonObject }> {
  const typed = inputs as unknown as RequestInputs;
  const session = await ctx.session(typed.host);
  return withLease(
    session,
    actorOf(typed.owner),
    async (leased) => {
      const { facts, made } = await findOrMake(leased, typed);
      const id = `${session.facts.fqdn}\\${facts.publicKeySha256}`;
      const claim = newClaim();
      const outs = outsOf(inputs, facts, { claim, revision: randomUUID(), server: session.facts.fqdn });
      try {
        const before = await readClaims(leased);
        await saveClaims(
          leased,
          before,
          withClaim(before, { kind: "request", name: facts.publicKeySha256, owner: typed.owner, claim, made, previous: null }),
        );
        return { id, outs };
      } catch (error) {
        throw partial(error, id, outs);
      }
    },
    ctx.signal,
  );
}

/** An interrupted run's request is found by its mark; a request that somebody claims is not taken. */
async function findOrMake(leased: LeasedShell, inputs: RequestInputs): Promise<{ facts: CertificateRequestFacts; made: boolean }> {
  const mark = markOf(inputs);
  const claims = await readClaims(leased);
  for (const pending of await listRequests(leased)) {
    if (pending.csr === null) continue;
    const facts = readRequest(pending.csr);
    if (pending.friendlyName === mark && recordOf(claims, "request", facts.publicKeySha256) === null) return { facts, made: true };
  }
  const { subject, domainNames, keySize, exportable } = inputs;
  return {
    facts: await newRequest(leased, { subject, domainNames, keySize, exportable: exportable ?? false, friendlyName: mark }),
    made: true,
  };
}

async function findPending(shell: Shell, publicKeySha256: string): Promise<PendingRequest | null> {
  const all = await listRequests(shell);
  return all.find((one) => one.publicKeySha256 === publicKeySha256) ?? null;
}

/** Pending, or completed by a certificate with its key: there. Neither: gone. */
async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const session = await ctx.session(props.host as unknown as HostConnection);
  const [fqdn, key] = splitId(id);
  refuseOtherServer(session, fqdn);
  if (await findPending(session, key)) return { id, props };
  const completed = (await listCertificates(session)).some((one) => one.publicKeySha256 === key && one.hasPrivateKey);
  return completed ? { id, props } : {};
}

async function update(ctx: Context, id: string, olds: JsonObject, news: JsonObject): Promise<{ outs: JsonObject }> {
  const session = await ctx.session(news.host as unknown as HostConnection);
  const [fqdn, key] = splitId(id);
  refuseOtherServer(session, fqdn);
  if ((await read(ctx, id, news)).id === undefined) {
    throw new ExchangeError("REQUEST_NOT_FOUND", `${session.facts.name}: the request and its key are gone.`, {
      host: session.facts.name,
      hint: "Run `pulumi up --refresh`: a new one is made.",
    });
  }
  const { owner } = news;
  await withLease(
    session,
    actorOf(String(owner)),
    async (leased) => {
      const before = await readClaims(leased);
      const input = { kind: "request" as const, name: key, owner: String(owner), claim: String(olds.claim), made: true, previous: null };
      await saveClaims(leased, before, withClaim(before, { ...input, formerOwner: String(olds.owner) }));
    },
    ctx.signal,
  );
  const { csr, publicKeySha256, claim, revision, server } = olds;
  return { outs: plain({ ...news, csr, publicKeySha256, claim, revision, server }) };
}

/** A pending request goes; one that was completed is a certificate now, and that is another resource's. */
async function remove(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const [fqdn, key] = splitId(id);
  const host = props.host as unknown as HostConnection;
  await deleteClaimed(ctx, { kind: "request", name: key, host, props, fqdn }, async ({ leased, right }) => {
    const pending = right === "act" ? await findPending(leased, key) : null;
    if (pending) await removeCertificate(leased, pending.thumbprint);
  });
}

export const certificateRequest: Handler = {
  check: (_ctx, olds, news) => Promise.resolve(check(olds, news)),
  diff: (ctx, _id, olds, news) => Promise.resolve(diff(ctx, olds, news)),
  create,
  update,
  read,
  delete: remove,
};
