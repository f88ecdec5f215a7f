/** Reads the hosts, all at once; a host that fails does not keep the others from being read. Only Get- cmdlets are called. */
import { asExchangeError, ExchangeError, isExchangeError } from "../../base/errors";
import { redact } from "../../base/redact";
import { defaultThumbprint, listCertificates } from "../../exchange/certificates";
import { getAuthConfig } from "../../exchange/authConfig";
import { getHybridConfiguration } from "../../exchange/hybrid";
import { listReceiveConnectors } from "../../exchange/receiveConnectors";
import { listSendConnectors, sourcesOf, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import type { RotationFact } from "../../exchange/symptoms";
import type { Usage } from "../../exchange/uses";
import { ofServer, type DirectoryView } from "../../directory";
import { readCertificate } from "../../pki";
import { ldapsDoor } from "../../probes/doors";
import { probeLdaps } from "../../probes/ldaps";
import type { HostConnection } from "../../remote/hosts";
import { openSession, type HostSession } from "../../remote/sessions";
import { readLeftovers } from "../../rotation/leftovers";
import { openWork } from "../../rotation/openWork";
import { readDirectories, type DirectoryOf } from "../directories";
import type { Hosts } from "../hostsFile";
import type { HostFailure, HostFindings } from "./model";

export interface Gathered {
  findings: HostFindings[];
  failures: HostFailure[];
  /** The errors behind `failures`, for the exit code. */
  errors: ExchangeError[];
}

/** @throws what a directory with `required` says when it cannot be read */
export async function gatherHosts(hosts: Hosts): Promise<Gathered> {
  const gathered: Gathered = { findings: [], failures: [], errors: [] };
  const all = [...hosts];
  const directories = await readDirectories(hosts);
  const results = await Promise.allSettled(all.map(([name, host]) => gatherHost(name, host, directories.of)));
  for (const [index, result] of results.entries()) {
    if (result.status === "fulfilled") gathered.findings.push(result.value);
    else {
      const error = asExchangeError(result.reason);
      gathered.errors.push(error);
      const { code, sentence, hint } = error;
      gathered.failures.push({ name: all[index][0], error: { code, sentence: redact(sentence), hint } });
    }
  }
  return gathered;
}

async function gatherHost(name: string, host: HostConnection, directoryOf: DirectoryOf): Promise<HostFindings> {
  const session = await openSession(host);
  const { name: server, fqdn, role } = session.facts;
  if (role === "None") {
    throw new ExchangeError("ROLE_MISMATCH", `${server} has no Exchange role that this package manages.`, { host: server });
  }
  // an Edge's configuration is its own: in AD stands what the last import bound (exchange.md 15.1)
  const view = role === "Mailbox" ? directoryOf(host, fqdn) : null;
  const [leftovers, rotation, certificates, current, connectors, hybrid, ldaps, auth, bindings] = await Promise.all([
    readLeftovers(session),
    role === "Edge" ? openRotation(session) : null,
    listCertificates(session),
    (view && ofServer(view, fqdn)?.thumbprint) ?? defaultThumbprint(session),
    connectorsOf(session, view),
    role === "Mailbox" ? hybridNames(session, view) : [],
    role === "Edge" ? ldapsThumbprint(host, session) : "",
    role === "Edge" ? [] : authThumbprints(session),
    role === "Edge" ? [] : boundThumbprints(session),
  ]);
  const usage: Usage = {
    default: current ?? "",
    names: [
      ...connectors.filter(isNamed).map(({ name: one, tlsCertificateName }) => ({ object: `connector ${one}`, tlsCertificateName })),
      ...hybrid,
    ],
    fqdns: connectors.filter((one) => !isNamed(one)).map(({ name: one, fqdn: own }) => ({ object: one, fqdn: own || fqdn })),
    ldaps,
    bindings,
    auth,
  };
  const named = connectors.filter(isNamed).map(({ name: one, tlsCertificateName }) => ({ name: one, tlsCertificateName }));
  return { name, server, fqdn, role, certificates, defaultThumbprint: current, connectors: named, usage, leftovers, rotation };
}

/** What is damaged there is doctor's to say: the certificates can be read. */
async function openRotation(session: HostSession): Promise<RotationFact | null> {
  return openWork(session).catch((error: unknown) => {
    if (isExchangeError(error, "JOURNAL_UNREADABLE")) return null;
    throw error;
  });
}

interface Connector {
  name: string;
  fqdn: string;
  tlsCertificateName: string;
}
const isNamed = ({ tlsCertificateName }: Connector): boolean => tlsCertificateName !== "";

/** Send connectors (on an Edge those that send through it, on a Mailbox server all of the organisation) and the host's receive connectors. */
async function connectorsOf(shell: Shell, view: DirectoryView | null): Promise<Connector[]> {
  const [all, receive] = await Promise.all([
    view?.sendConnectors.map(({ bag }) => bag) ?? listSendConnectors(shell),
    listReceiveConnectors(shell),
  ]);
  const send = shell.facts.role === "Edge" ? all.filter((one) => sourcesOf(one).includes(shell.facts.name.toUpperCase())) : all;
  return [...send, ...receive].map((one) => ({ name: text(one.Name), fqdn: text(one.Fqdn), tlsCertificateName: tlsNameOf(one) }));
}

async function hybridNames(shell: Shell, view: DirectoryView | null): Promise<Usage["names"]> {
  try {
    const { TlsCertificateName: tlsCertificateName } = view?.hybrid ?? (await getHybridConfiguration(shell));
    return tlsCertificateName ? [{ object: "hybrid configuration", tlsCertificateName: text(tlsCertificateName) }] : [];
  } catch (error) {
    if (isExchangeError(error, "CONNECTOR_NOT_FOUND")) return [];
    throw error;
  }
}

/** What AD LDS presents; null where it does not answer. */
async function ldapsThumbprint(host: HostConnection, session: HostSession): Promise<string | null> {
  const { fqdn } = session.facts;
  try {
    return readCertificate((await probeLdaps(ldapsDoor(host, session, fqdn), { name: fqdn })).der).thumbprint;
  } catch (error) {
    if (isExchangeError(error, "PROBE_FAILED", "FORWARDING_REFUSED")) return null;
    throw error;
  }
}

/** null where the session may not read the configuration, or its agent does not know the cmdlet. */
async function authThumbprints(shell: Shell): Promise<string[] | null> {
  try {
    const { current, previous, next } = await getAuthConfig(shell);
    return [current, previous, next].filter((one) => one !== null);
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) return null;
    throw error;
  }
}

/** null where netsh does not say it, or the agent does not know the question: what is unknown counts as used. */
async function boundThumbprints(shell: Shell): Promise<string[] | null> {
  try {
    return (await shell.request("httpsys.bindings", {})).thumbprints;
  } catch (error) {
    if (isExchangeError(error, "REQUEST_NOT_ISSUED", "AGENT_REFUSED")) return null;
    throw error;
  }
}
