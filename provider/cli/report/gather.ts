/** Reads the hosts, all at once; a host that fails does not keep the others from being read. Only Get- cmdlets are called. */
import { asExchangeError, ExchangeError } from "../../base/errors";
import { redact } from "../../base/redact";
import { defaultThumbprint, listCertificates } from "../../exchange/certificates";
import { listSendConnectors, sourcesOf, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import type { HostConnection } from "../../remote/hosts";
import { openSession } from "../../remote/sessions";
import type { Hosts } from "../hostsFile";
import type { HostFailure, HostFindings } from "./model";

export interface Gathered {
  findings: HostFindings[];
  failures: HostFailure[];
  /** The errors behind `failures`, for the exit code. */
  errors: ExchangeError[];
}

export async function gatherHosts(hosts: Hosts): Promise<Gathered> {
  const gathered: Gathered = { findings: [], failures: [], errors: [] };
  const all = [...hosts];
  const results = await Promise.allSettled(all.map(([name, host]) => gatherHost(name, host)));
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

async function gatherHost(name: string, host: HostConnection): Promise<HostFindings> {
  const session = await openSession(host);
  const { name: server, fqdn, role } = session.facts;
  if (role === "None") {
    throw new ExchangeError("ROLE_MISMATCH", `${server} has no Exchange role that this package manages.`, { host: server });
  }
  const [certificates, current, send, receive] = await Promise.all([
    listCertificates(session),
    defaultThumbprint(session),
    sendNames(session),
    receiveNames(session),
  ]);
  return { name, server, fqdn, role, certificates, defaultThumbprint: current, connectors: [...send, ...receive] };
}

/** On an Edge the connectors that send through it, on a Mailbox server all of the organisation. */
async function sendNames(shell: Shell): Promise<HostFindings["connectors"]> {
  const all = await listSendConnectors(shell);
  const own = shell.facts.role === "Edge" ? all.filter((one) => sourcesOf(one).includes(shell.facts.name.toUpperCase())) : all;
  return own.map((one) => ({ name: text(one.Name), tlsCertificateName: tlsNameOf(one) })).filter((one) => one.tlsCertificateName !== "");
}

async function receiveNames(shell: Shell): Promise<HostFindings["connectors"]> {
  const { objects } = await shell.invoke("Get-ReceiveConnector", {}, ["Name", "Identity", "TlsCertificateName"]);
  const prefix = `${shell.facts.name}\\`.toUpperCase();
  const own = objects.filter((one) => {
    const identity = text(one.Identity).toUpperCase();
    return !identity.includes("\\") || identity.startsWith(prefix);
  });
  return own
    .map((one) => ({ name: text(one.Name), tlsCertificateName: text(one.TlsCertificateName) }))
    .filter((one) => one.tlsCertificateName !== "");
}
