/** Delete of a certificate: never hurts. What is in use stays, with a warning (DESIGN 3, point 6). */
import { isExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { defaultThumbprint, inspectCertificate, removeCertificate } from "../../exchange/certificates";
import { listSendConnectors, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import { readCertificate, sameTlsCertificateName } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { deleteRight, readClaims, saveClaims, withoutClaim } from "../../rotation/claims";
import { withHand, type Hand } from "../../rotation/hand";
import { readJournal } from "../../rotation/journal";
import { whoIs } from "../../rotation/who";
import { ldapsLeaf, starttlsLeaf } from "../doors";
import { deleteSession, refuseOtherServer } from "../outcome";
import type { Context } from "../types";
import type { CertificateInputs } from "./inputs";

export async function deleteCertificate(ctx: Context, id: string, props: JsonObject): Promise<void> {
  const inputs = props as unknown as CertificateInputs & { claim?: string };
  const [fqdn, thumbprint] = splitId(id);
  const session = await deleteSession(ctx, inputs.host, props);
  if (!session) return;
  refuseOtherServer(session, fqdn);
  await withHand(
    session,
    whoIs(inputs.owner),
    async (hand) => {
      const book = await readClaims(hand);
      const onDelete = inputs.onDelete === "keep" ? "keep" : inputs.onDelete === undefined ? null : "act";
      const { right } = deleteRight(book, {
        kind: "certificate",
        name: thumbprint,
        owner: inputs.owner,
        claim: inputs.claim ?? "",
        onDelete,
      });
      if (right === "nothing") return;
      if (right === "act") await removeUnlessUsed(ctx, inputs, session, hand, thumbprint);
      await saveClaims(hand, book, withoutClaim(book, "certificate", thumbprint, inputs.owner));
    },
    ctx.signal,
  );
}

export function splitId(id: string): [fqdn: string, thumbprint: string] {
  const at = id.indexOf("\\");
  return [id.slice(0, at), id.slice(at + 1)];
}

async function removeUnlessUsed(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  hand: Hand,
  thumbprint: string,
): Promise<void> {
  const host = session.facts.name;
  const inspection = await inspectCertificate(hand, thumbprint);
  if (!inspection.found) return;
  const use = await useOf(ctx, inputs, session, thumbprint, inspection.raw);
  if (use) {
    ctx.warn(`[DELETE_KEPT] ${host}: ${thumbprint} stays installed: ${use}.`);
    return;
  }
  try {
    await removeCertificate(hand, thumbprint);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    if (!(await inspectCertificate(hand, thumbprint)).found) return;
    ctx.warn(`[DELETE_KEPT] ${host}: ${thumbprint} stays installed: ${error.sentence}`);
  }
}

/** Why a certificate must not go, or null. */
async function useOf(
  ctx: Context,
  inputs: CertificateInputs,
  session: HostSession,
  thumbprint: string,
  raw?: string,
): Promise<string | null> {
  if ((await defaultThumbprint(session)) === thumbprint) return "it is the default certificate of the server";
  const named = raw ? await namedBy(session, readCertificate(Buffer.from(raw, "base64")).tlsCertificateName) : [];
  if (named.length > 0) return `send connector ${named.map((name) => `"${name}"`).join(", ")} names it`;
  if (session.facts.role !== "Edge") return null;
  const journal = await readJournal(session);
  if (journal?.open && journal.old.defaultThumbprint === thumbprint) return "an open rotation may have to return to it";
  if ((await quiet(starttlsLeaf(inputs.host, session))) === thumbprint) return "transport presents it at STARTTLS";
  if (!inputs.organization) return null;
  const organization = await ctx.session(inputs.organization, { preferRegistered: true }).catch(() => null);
  const bound = organization && (await quiet(ldapsLeaf(inputs.host, session, organization)));
  return bound === thumbprint ? "AD LDS presents it to EdgeSync" : null;
}

async function namedBy(shell: Shell, name: string): Promise<string[]> {
  const connectors = await listSendConnectors(shell);
  return connectors.filter((one) => sameTlsCertificateName(tlsNameOf(one), name)).map((one) => text(one.Name));
}

async function quiet(asked: Promise<string | null>): Promise<string | null> {
  try {
    return await asked;
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED")) return null;
    throw error;
  }
}
