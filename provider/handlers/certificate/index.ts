/** The handler of `Certificate`. */
import { isExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { inspectCertificate } from "../../exchange/certificates";
import { readCertificate } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { readJournal } from "../../rotation/journal";
import { sessionIfUp } from "../directory";
import { standsElsewhere } from "../whereabouts";
import { registerPeer } from "../peers";
import type { Context, Handler, ReadResult } from "../types";
import { awaitedOf, deleteAwaited, readAwaited } from "./awaited";
import { checkCertificate, diffCertificate } from "./check";
import { converge } from "./converge";
import { drifted, noteReplaced } from "./drift";
import type { CertificateInputs } from "./inputs";
import { relabelled } from "./labels";
import { observe } from "./outs";
import { splitId } from "../ids";
import { deleteCertificate } from "./remove";
import { certificateFacts, withOldSerial } from "./source";

function typed(inputs: JsonObject): CertificateInputs {
  return inputs as unknown as CertificateInputs;
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  if (awaitedOf(props)) return readAwaited(ctx, id, props);
  const inputs = typed(props);
  const [fqdn, thumbprint] = splitId(id);
  const inDirectory = await mailboxDefault(ctx, inputs, fqdn);
  const session = inDirectory ? await sessionIfUp(ctx, inputs.host) : await ctx.session(inputs.host);
  // a server that is down: its store is as the stack last saw it, its default stands in the directory
  if (session === null) return { id, props: plain({ ...props, isDefaultSmtp: inDirectory === thumbprint }) };
  if (standsElsewhere(session, inputs.host, fqdn)) return {};
  if (session.facts.role === "Edge") registerPeer(props.owner, inputs.host);
  const journal = await readJournal(session);
  const window = session.facts.role === "Edge" && journal?.open === true;
  const inspection = await inspectCertificate(session, thumbprint);
  if (!inspection.found && !window) return {};
  const facts = inspection.raw ? withOldSerial(props, certificateFacts(readCertificate(Buffer.from(inspection.raw, "base64")))) : {};
  const { unfinished: _old, ...rest } = props;
  const kept = session.facts.role === "Edge" ? await readJournal(session, "default") : null;
  const unfinished = props.unfinished === true || journal?.open === true || kept?.open === true;
  // Inside a window Exchange may be unable to answer (AD LDS or ServiceHost down); the next update heals that.
  const seen = await look(session, thumbprint, inputs, inDirectory).catch((error: unknown) => {
    if (window && isExchangeError(error, "CMDLET_FAILED", "NOT_ELEVATED")) return {};
    throw error;
  });
  const found = plain({ ...rest, ...facts, ...seen, ...(unfinished ? { unfinished: true } : {}) });
  if (unfinished || drifted(found, props)) await noteReplaced(session, id, thumbprint, found);
  return { id, props: found };
}

/** A Mailbox server's default as its object in the directory has it; null where the directory does not tell (an Edge's is its own). */
async function mailboxDefault(ctx: Context, { host }: CertificateInputs, fqdn: string): Promise<string | null> {
  const view = (await ctx.directory?.(host)) ?? null;
  const own = view?.mailboxServers.find((one) => one.fqdn === fqdn.toLowerCase());
  return own?.thumbprint ?? null;
}

/** What the host shows, and which certificates of the chain are still in its stores. */
async function look(session: HostSession, thumbprint: string, inputs: CertificateInputs, byDefault: string | null): Promise<JsonObject> {
  const { services, chainThumbprints: thumbprints } = inputs;
  const known = byDefault === null ? undefined : (): Promise<string> => Promise.resolve(byDefault);
  const seen = await observe(session, thumbprint, services, known);
  if (!thumbprints) return seen;
  const { present } = await session.request("chain.status", { thumbprints });
  return { ...seen, chainThumbprints: thumbprints.filter((one) => present.includes(one)) };
}

export const certificate: Handler = {
  check: checkCertificate,
  diff: (ctx, id, olds, news) => Promise.resolve(diffCertificate(ctx, id, olds, news)),
  create: (ctx, inputs) => converge(ctx, typed(inputs), null),
  update: async (ctx, id, olds, news) => {
    const former = {
      fqdn: splitId(id)[0],
      thumbprint: splitId(id)[1],
      claim: String(olds.claim),
      revision: String(olds.revision),
      owner: String(olds.owner),
      unfinished: olds.unfinished === true,
      relabelled: relabelled(olds, news),
    };
    return { outs: (await converge(ctx, typed(news), former)).outs };
  },
  read,
  delete: (ctx, id, props) => {
    const awaited = awaitedOf(props);
    return awaited ? deleteAwaited(ctx, id, props, awaited) : deleteCertificate(ctx, id, props);
  },
};
