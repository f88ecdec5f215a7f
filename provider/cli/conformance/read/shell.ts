/** What a session sees: agent, elevation, objects, texts. */
import { asExchangeError, isExchangeError } from "../../../base/errors";
import { getAuthConfig } from "../../../exchange/authConfig";
import { equalNames, text } from "../../../exchange/shell";
import { readCertificate, type Certificate } from "../../../pki";
import { secure, startAgent } from "../../../remote/agentClient";
import { agentScript } from "../../../remote/agentScript";
import { labelOf } from "../../../remote/hosts";
import type { Operation } from "../../../remote/protocol";
import { resolveSecret } from "../../../remote/secrets";
import { connectSsh } from "../../../remote/ssh";
import { among, notSeen, seen, type Answer } from "../answers";
import type { Server } from "../servers";
import { EVERYBODY, MAILBOX, NOBODY, type ReadQuestion } from "./question";

const classOf = (error: unknown): unknown => asExchangeError(error).details.class;

/** A known operation may fail for reasons of its own; an unknown one says so. */
async function knows(server: Server, op: Operation, ask: () => Promise<unknown>): Promise<{ op: Operation; known: boolean }> {
  try {
    await ask();
  } catch (error) {
    if (classOf(error) === "UnknownOperation") return { op, known: false };
    if (!isExchangeError(error, "AGENT_REFUSED", "CMDLET_FAILED", "EXCHANGE_MISSING")) throw error;
  }
  return { op, known: true };
}

async function agentOperations(server: Server): Promise<Answer> {
  const { session } = server;
  const now = session.facts.utc;
  const { objects } = await session.invoke("Get-ExchangeCertificate", {}, ["RawData"]);
  const certificate = objects.map((one) => text(one.RawData)).find((one) => one !== "");
  const until = new Date(new Date(now).getTime() + 60_000).toISOString();
  const found = [
    ...(certificate ? [await knows(server, "chain.trust", () => session.request("chain.trust", { certificate, chain: [] }))] : []),
    await knows(server, "tracking.count", () => session.request("tracking.count", { since: now, until })),
    await knows(server, "httpsys.bindings", () => session.request("httpsys.bindings", {})),
  ];
  const words = (known: boolean): string =>
    found
      .filter((one) => one.known === known)
      .map(({ op }) => op)
      .join(", ") || "none";
  if (found.every(({ known }) => known)) return seen("all", `known: ${words(true)}`);
  if (found.every(({ known }) => !known)) return seen("before", `unknown: ${words(false)}`);
  return notSeen(`known: ${words(true)}; unknown: ${words(false)}`);
}

async function getWrongIdentity({ session }: Server): Promise<Answer> {
  const answers: string[] = [];
  for (const cmdlet of ["Get-SendConnector", "Get-ReceiveConnector"]) {
    try {
      const { objects } = await session.invoke(cmdlet, { Identity: NOBODY }, ["Name"]);
      if (objects.length > 0) return seen("all", `${cmdlet} with a name that nothing has returned objects`);
      answers.push(`${cmdlet} returned nothing`);
    } catch (error) {
      const { type, fqid } = asExchangeError(error).details;
      if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
      if (/ManagementObjectNotFoundException/.test(`${text(type)} ${text(fqid)}`))
        return seen("error", `${cmdlet} ended with ${text(type)}`);
      answers.push(`${cmdlet} ended with ${text(type) || text(fqid)}`);
    }
  }
  return notSeen(answers.join("; "));
}

/** Parameters of two sets: refused before anything is asked, in the language of the shell. */
const EXCLUSIVE = "Parameter set cannot be resolved using the specified named parameters";

async function openTexts({ session }: Server): Promise<Answer> {
  const { name } = session.facts;
  try {
    await session.invoke("Get-ExchangeCertificate", { Server: name, Identity: `${name}\\${"0".repeat(40)}` }, ["Thumbprint"]);
    return notSeen("-Server and -Identity together were not refused");
  } catch (error) {
    const { fqid, text: said } = asExchangeError(error).details;
    if (!/^AmbiguousParameterSet/.test(text(fqid)))
      return notSeen(`-Server and -Identity together were refused with ${text(fqid) || "no id"}`);
    return text(said).includes(EXCLUSIVE)
      ? seen("lab", `AmbiguousParameterSet in English (culture ${session.facts.culture})`)
      : seen("localised", `AmbiguousParameterSet with another text (culture ${session.facts.culture})`);
  }
}

interface Sight {
  whole: boolean;
  certificates: Certificate[];
}

type Objects = { [property: string]: unknown }[];
const SELECT = ["Thumbprint", "RawData"];

function sightOf(objects: Objects): Sight | null {
  const raw = objects.filter((one) => text(one.RawData) !== "");
  if (raw.length === 0) return null;
  return {
    whole: raw.every((one) => text(one.Thumbprint) !== ""),
    certificates: raw.map((one) => readCertificate(Buffer.from(text(one.RawData), "base64"))),
  };
}

async function certificateObjects(server: Server): Promise<Answer> {
  const { session, host } = server;
  const here = sightOf((await session.invoke("Get-ExchangeCertificate", {}, SELECT)).objects);
  if (!here) return notSeen("Get-ExchangeCertificate brought no RawData");
  if (host.exchangeCredential) return ofBareSession(here.whole);
  const own = await ofOwnShell(server, here);
  const bare = sightOf(await throughBareSession(server).catch(() => []));
  if (!bare) return own;
  const other = ofBareSession(bare.whole);
  return among(
    own.fits.filter((value) => other.fits.includes(value)),
    `${own.seen}; ${other.seen}`,
  );
}

const ofBareSession = (whole: boolean): Answer =>
  whole ? seen("full", "whole objects in a bare session") : among(["shell", "rawData"], "RawData alone in a bare session");

/** While serialised data is signed with a certificate that is gone or over, RawData alone says nothing about the build. */
async function ofOwnShell({ session }: Server, { whole, certificates }: Sight): Promise<Answer> {
  if (whole) return among(["shell", "full"], "whole objects in Exchange's own shell");
  const { current } = await getAuthConfig(session);
  const now = new Date(session.facts.utc);
  const auth = certificates.find(({ thumbprint }) => current !== null && equalNames(thumbprint, current));
  const signs = auth !== undefined && auth.notBefore <= now && now <= auth.notAfter;
  return signs
    ? seen("rawData", "RawData alone in Exchange's own shell, with an Auth certificate that is valid")
    : among(["shell", "rawData"], "RawData alone in Exchange's own shell, with an Auth certificate that is missing or over");
}

/** A second agent, whose shell is opened with the credential that the first one logged on with. */
async function throughBareSession({ host }: Server): Promise<Objects> {
  if (host.password === undefined || host.user === undefined) return [];
  const password = await resolveSecret(host.password);
  const ssh = await connectSsh(host);
  try {
    const agent = await startAgent(ssh, { script: agentScript(), host: labelOf(host) });
    const { kind } = await agent.request("shell.open", { credential: { user: host.user, password: secure(password) } });
    if (kind !== "credential") return [];
    const { objects } = await agent.request("invoke", { cmdlet: "Get-ExchangeCertificate", parameters: {}, select: SELECT });
    agent.close();
    return objects;
  } finally {
    ssh.close();
  }
}

export const SHELL_QUESTIONS: readonly ReadQuestion[] = [
  { point: "agentOperations", of: EVERYBODY, ask: agentOperations },
  // Whoever is not elevated was not let in: `askByReading` tells of it.
  { point: "elevated", of: EVERYBODY, ask: ({ session }) => Promise.resolve(seen(session.facts.elevated, "the agent says so")) },
  { point: "getWrongIdentity", of: EVERYBODY, ask: getWrongIdentity },
  { point: "certificateObjects", of: MAILBOX, ask: certificateObjects },
  { point: "openTexts", of: EVERYBODY, ask: openTexts },
  {
    point: "eccRegistryValue",
    of: EVERYBODY,
    ask: ({ session }) => Promise.resolve(eccRegistryValue(session.facts.eccCertificates)),
  },
];

function eccRegistryValue(value: string | null | undefined): Answer {
  if (value === undefined) return notSeen("the agent does not tell it");
  if (value === null) return seen("absent", "not set");
  return value === "0" || value === "1" ? seen(value, `"${value}"`) : notSeen(`another value, ${JSON.stringify(value)}`);
}
