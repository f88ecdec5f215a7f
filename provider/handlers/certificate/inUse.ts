/** What keeps a certificate from being removed (DESIGN 3, point 6): in use is in use, whoever asks for its delete. */
import { isExchangeError } from "../../base/errors";
import { getAuthConfig } from "../../exchange/authConfig";
import { defaultThumbprint, listCertificates } from "../../exchange/certificates";
import { namesOnConnectors, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import { sameTlsCertificateName } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { readJournal } from "../../rotation/journal";
import { ldapsLeaf, starttlsLeaf } from "../../rotation/doors";
import type { Context } from "../types";
import type { CertificateInputs } from "./inputs";

/** Why a certificate must not go, or null. */
export async function useOf(ctx: Context, inputs: CertificateInputs, session: HostSession, thumbprint: string): Promise<string | null> {
  if ((await defaultThumbprint(session)) === thumbprint) return "it is the default certificate of the server";
  return session.facts.role === "Edge" ? useOnEdge(ctx, inputs, session, thumbprint) : useOnMailbox(session, thumbprint, ctx.now);
}

async function useOnEdge(ctx: Context, inputs: CertificateInputs, session: HostSession, thumbprint: string): Promise<string | null> {
  const journal = await readJournal(session);
  if (journal?.open && journal.old.defaultThumbprint === thumbprint) return "an open rotation may have to return to it";
  if ((await quiet(starttlsLeaf(inputs.host, session))) === thumbprint) return "transport presents it at STARTTLS";
  if (!inputs.organization) return null;
  const organization = await ctx.session(inputs.organization, { preferRegistered: true }).catch(() => null);
  const bound = organization && (await quiet(ldapsLeaf(inputs.host, session, organization)));
  return bound === thumbprint ? "AD LDS presents it to EdgeSync" : null;
}

/** Exchange binds these by thumbprint: removing the certificate ends the service. */
const BOUND = ["IIS", "UM", "UMCallRouter", "Federation"];
/** These go by name: another certificate that has it serves as well (exchange.md 15.1). */
const BY_NAME = ["POP", "IMAP"];

/** Remove-ExchangeCertificate does not look at IIS (exchange.md 2.6). Where only RawData arrives nobody can say, and the cmdlet decides. */
async function useOnMailbox(session: HostSession, thumbprint: string, now: Date): Promise<string | null> {
  const installed = await listCertificates(session);
  const own = installed.find((one) => one.thumbprint === thumbprint)?.services ?? [];
  const bound = BOUND.find((service) => own.includes(service));
  if (bound) return `${bound} uses it`;
  const others = installed.filter(
    (one) => one.thumbprint !== thumbprint && one.hasPrivateKey && one.notBefore <= now && now < one.notAfter,
  );
  const alone = BY_NAME.find((service) => own.includes(service) && !others.some((one) => one.services?.includes(service)));
  if (alone) return `${alone} uses it, and no other certificate has the name that it asks for`;
  return (await authThumbprints(session)).includes(thumbprint) ? "it is an Auth certificate of the organisation" : null;
}

/** None where Exchange (2010) or the agent (of before) does not know them. */
async function authThumbprints(session: HostSession): Promise<(string | null)[]> {
  try {
    const { current, next, previous } = await getAuthConfig(session);
    return [current, next, previous];
  } catch (error) {
    if (isExchangeError(error, "AGENT_REFUSED", "CMDLET_FAILED")) return [];
    throw error;
  }
}

/** Send connectors that carry a name. */
export async function namedBy(shell: Shell, name: string): Promise<string[]> {
  const connectors = await namesOnConnectors(shell);
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
