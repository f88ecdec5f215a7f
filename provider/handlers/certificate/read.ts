/** A refresh of a certificate. */
import { isExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { inspectCertificate } from "../../exchange/certificates";
import { readCertificate } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { readJournal } from "../../rotation/journal";
import { splitId } from "../ids";
import type { Seen } from "../lifecycle";
import { registerPeer } from "../peers";
import type { Context } from "../types";
import { drifted, noteReplaced } from "./drift";
import type { CertificateInputs } from "./inputs";
import { observe } from "./outs";
import { certificateFacts, withOldSerial } from "./source";

/** A Mailbox server's default as its object in the directory has it; null where the directory does not tell (an Edge's is its own). */
export async function inDirectory(ctx: Context, id: string, { host }: CertificateInputs): Promise<{ isDefaultSmtp: boolean } | null> {
  const [fqdn, thumbprint] = splitId(id);
  const view = (await ctx.directory?.(host)) ?? null;
  const own = view?.mailboxServers.find((one) => one.fqdn === fqdn.toLowerCase());
  return own?.thumbprint ? { isDefaultSmtp: own.thumbprint === thumbprint } : null;
}

/** Null when it is gone, and no window is open in which it may come back. */
export async function read(id: string, inputs: CertificateInputs, session: HostSession): Promise<Seen | null> {
  const props = inputs as unknown as JsonObject;
  const isEdge = session.facts.role === "Edge";
  const [, thumbprint] = splitId(id);
  if (isEdge) registerPeer(inputs.owner, inputs.host);
  // The questions of a refresh do not wait for each other.
  void Promise.all([inspectCertificate(session, thumbprint), look(session, thumbprint, inputs)]).catch(() => undefined);
  const own = isEdge ? readJournal(session, "default") : null;
  void own?.catch(() => undefined);
  const journal = await readJournal(session);
  const window = isEdge && journal?.open === true;
  const inspection = await inspectCertificate(session, thumbprint);
  if (!inspection.found && !window) return null;
  const facts = inspection.raw ? withOldSerial(props, certificateFacts(readCertificate(Buffer.from(inspection.raw, "base64")))) : {};
  const kept = await own;
  const open = journal?.open === true || kept?.open === true;
  // Inside a window Exchange may be unable to answer (AD LDS or ServiceHost down); the next update heals that.
  const seen = await look(session, thumbprint, inputs).catch((error: unknown) => {
    if (window && isExchangeError(error, "CMDLET_FAILED", "NOT_ELEVATED")) return {};
    throw error;
  });
  const outputs = { ...facts, ...seen };
  const unfinished = open || props.unfinished === true;
  if (unfinished || drifted({ ...props, ...outputs }, props)) await noteReplaced(session, id, thumbprint, props);
  return { outputs, open };
}

/** What the host shows, and which certificates of the chain are still in its stores. */
async function look(
  session: HostSession,
  thumbprint: string,
  { services, chainThumbprints: thumbprints }: CertificateInputs,
): Promise<JsonObject> {
  const [seen, { present }] = await Promise.all([
    observe(session, thumbprint, services),
    thumbprints ? session.request("chain.status", { thumbprints }) : { present: [] as string[] },
  ]);
  if (!thumbprints) return seen;
  return { ...seen, chainThumbprints: thumbprints.filter((one) => present.includes(one)) };
}
