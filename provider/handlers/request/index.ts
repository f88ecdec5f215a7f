/** The handler of `CertificateRequest`: a key born on the server, whose request is signed elsewhere (exchange.md 2.4). */
import { z } from "zod";
import { ExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { findPending, listCertificates, listRequests, newRequest, removeCertificate } from "../../exchange/certificates";
import type { Shell } from "../../exchange/shell";
import { readRequest, type CertificateRequestFacts } from "../../pki";
import type { HostConnection } from "../../remote/hosts";
import { readClaims } from "../../rotation/claimFiles";
import { recordOf } from "../../rotation/claims";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import { deleteClaimed } from "../deletion";
import { markOf, splitId } from "../ids";
import { lifecycle, writeClaim, type Task, type Working } from "../lifecycle";
import { serverName } from "../outcome";
import type { Context } from "../types";
import { field, flag, friendlyName, host, oneOf, subjectName } from "../validation";

const keySize = field<number>(z.union([z.literal(1024), z.literal(2048), z.literal(4096)]), "1024, 2048 or 4096");
const domainNames = field<string[]>(z.array(z.string().trim().min(1)).min(1), "a list of at least one domain name");

/** A request cannot be changed: another one replaces it. */
export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  subject: { is: subjectName, changes: "identity", required: true },
  domainNames: { is: domainNames, changes: "identity", required: true },
  keySize: { is: keySize, changes: "identity", default: 2048 },
  friendlyName: { is: friendlyName, changes: "state" },
  exportable: { is: flag, changes: "identity", default: false },
  onDelete: { is: oneOf("remove", "keep"), changes: "state" },
} as const satisfies Arguments;
type RequestInputs = InputsOf<typeof ARGUMENTS>;

/** What the resource stands for: known once it is made, and for good. */
type Known = Pick<CertificateRequestFacts, "pem" | "publicKeySha256">;
interface Facts {
  host: string;
  /** Null while it is yet to be made. */
  request: Known | null;
  /** An earlier create's request that is neither pending nor completed any more. */
  gone: boolean;
}

export const certificateRequest = lifecycle<RequestInputs, Facts>({
  name: "CertificateRequest",
  arguments: ARGUMENTS,
  derived: ["rotation"],
  renews: true,
  needs: ["subject", "domainNames", "keySize", "exportable"],
  words: (olds, { host: server, subject }) => ({
    rotation:
      Object.keys(olds).length === 0
        ? `first deployment: ${serverName(server)} makes a key and a request for ${String(subject)}`
        : `${serverName(server)} makes a new key and request: its declaration changed`,
  }),
  unknown: () => "a new request is made",
  kind: "request",
  home: ({ host: connection }) => ({ connection }),
  stands: { argument: "host", fqdn: (id) => splitId(id)[0] },
  look,
  refusals: [refuseGone],
  isSettled: () => true,
  work,
  id: ({ home }, { request }) => `${home.facts.fqdn}\\${request!.publicKeySha256}`,
  outputs: ({ home }, { request }) =>
    Promise.resolve({ csr: request!.pem, publicKeySha256: request!.publicKeySha256, server: home.facts.fqdn }),
  read: async (_ctx, id, _inputs, home) => ((await isThere(await home(), splitId(id)[1])) ? { outputs: {} } : null),
  remove,
});

async function look({ inputs, former }: Task<RequestInputs>, shell: Shell): Promise<Facts> {
  const { name } = shell.facts;
  if (!former) return { host: name, request: await halfMade(shell, inputs), gone: false };
  const request = { pem: String(former.olds.csr), publicKeySha256: splitId(former.id)[1] };
  return { host: name, request, gone: !(await isThere(shell, request.publicKeySha256)) };
}

/** @throws REQUEST_NOT_FOUND */
function refuseGone({ gone, host: name }: Facts): void {
  if (!gone) return;
  const hint = "Run `pulumi up --refresh`: a new one is made.";
  throw new ExchangeError("REQUEST_NOT_FOUND", `${name}: the request and its key are gone.`, { host: name, hint });
}

/** An interrupted run's request is found by its mark; a request that somebody claims is not taken. */
async function halfMade(shell: Shell, inputs: RequestInputs): Promise<Known | null> {
  const mark = markOf(inputs);
  const claims = await readClaims(shell);
  for (const pending of await listRequests(shell)) {
    if (pending.csr === null || pending.friendlyName !== mark) continue;
    const request = readRequest(pending.csr);
    if (recordOf(claims, "request", request.publicKeySha256) === null) return request;
  }
  return null;
}

async function work({ leased, facts, touch, ...task }: Working<RequestInputs, Facts>): Promise<void> {
  const { subject, domainNames: names, keySize: bits, exportable } = task.inputs;
  const wanted = { subject, domainNames: names, keySize: bits, exportable, friendlyName: markOf(task.inputs) };
  facts.request ??= await newRequest(leased, wanted);
  touch();
  await writeClaim(task, leased, { kind: "request", name: facts.request.publicKeySha256, made: true, previous: null });
}

/** Pending, or completed by a certificate with its key: there. */
async function isThere(shell: Shell, key: string): Promise<boolean> {
  if (await findPending(shell, key)) return true;
  return (await listCertificates(shell)).some((one) => one.publicKeySha256 === key && one.hasPrivateKey);
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
