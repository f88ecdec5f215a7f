/**
 * Cmdlets, parameters and services. Only cmdlets that read are called: those that change something are seen where a question on a
 * throw-away Edge needs them.
 */
import { asExchangeError } from "../../../base/errors";
import { SLOW_CALL_MS, text } from "../../../exchange/shell";
import { CMDLETS, type ParameterType } from "../../../remote/cmdlets";
import { SERVICES, type Value } from "../../../remote/protocol";
import type { Server } from "../servers";
import { NOBODY } from "../read/question";
import { MISSING, THERE, type Look } from "./look";

type Parameters = { [name: string]: Value };

/** Export-ExchangeCertificate would take a key out of its server. */
const READING = Object.entries(CMDLETS).filter(([name, rule]) => !rule.mutating && !rule.withheld && /^(Get|Test)-/.test(name));

/** What a cmdlet asks for always, or what keeps it short. */
function always(cmdlet: string, server: string): Parameters {
  if (cmdlet === "Test-EdgeSynchronization") return { TargetServer: NOBODY };
  return /^Get-Server(Health|ComponentState)$/.test(cmdlet) ? { Identity: server } : {};
}

const VALUES: { [parameter: string]: Value } = {
  Thumbprint: "0".repeat(40),
  Filter: "Status -eq 'Suspended'",
  Exclude: "Internal",
  Include: "Empty",
  HealthSet: "HubTransport",
  Component: "HubTransport",
  DomainName: [`${NOBODY}.invalid`],
};

function valueOf(parameter: string, type: ParameterType, server: string): Value {
  if (type === "switch") return true;
  return VALUES[parameter] ?? (parameter === "Server" ? server : NOBODY);
}

/** How a call ended: what is not there says so by its id; any other refusal means that it is there. */
async function tried(server: Server, cmdlet: string, parameters: Parameters): Promise<typeof THERE | typeof MISSING> {
  try {
    await server.session.invoke(cmdlet, parameters, ["Name"], { timeoutMs: SLOW_CALL_MS });
  } catch (error) {
    const { code, details } = asExchangeError(error);
    if (details.class === "CommandNotFound" || /^NamedParameterNotFound/.test(text(details.fqid))) return MISSING;
    if (code !== "CMDLET_FAILED") throw error;
  }
  return THERE;
}

/** Every cmdlet that reads, with each of its parameters by itself. */
export async function lookAtCmdlets(server: Server): Promise<Look[]> {
  const { name, role } = server;
  const looks: Look[] = [];
  for (const [cmdlet, rule] of READING) {
    const base = always(cmdlet, name);
    const seen = await tried(server, cmdlet, base);
    looks.push({ host: name, what: cmdlet, expected: rule.roles.includes(role) ? THERE : MISSING, seen });
    if (seen === MISSING || !rule.roles.includes(role)) continue;
    for (const [parameter, type] of Object.entries(rule.parameters)) {
      const parameters = { ...base, [parameter]: base[parameter] ?? valueOf(parameter, type, name) };
      looks.push({ host: name, what: `${cmdlet} -${parameter}`, expected: THERE, seen: await tried(server, cmdlet, parameters) });
    }
  }
  return looks;
}

const SERVICES_OF: { [role in Server["role"]]: readonly string[] } = {
  Edge: ["MSExchangeTransport", "ADAM_MSExchange", "MSExchangeEdgeCredential", "MSExchangeServiceHost"],
  Mailbox: ["MSExchangeTransport", "MSExchangeFrontEndTransport", "MSExchangeEdgeSync", "MSExchangeServiceHost"],
};
/** Setup leaves these out where their features are not installed. */
const OPTIONAL = new Set(["MSExchangeAntispamUpdate", "MSExchangeTransportLogSearch", "W3SVC"]);

export async function lookAtServices({ name, role, session }: Server): Promise<Look[]> {
  const looks: Look[] = [];
  for (const service of SERVICES) {
    if (OPTIONAL.has(service)) continue;
    const seen = await session.request("service.status", { name: service }).then(
      () => THERE,
      (error: unknown) => {
        if (asExchangeError(error).details.class === "ServiceNotFound") return MISSING;
        throw error;
      },
    );
    looks.push({ host: name, what: `service ${service}`, expected: SERVICES_OF[role].includes(service) ? THERE : MISSING, seen });
  }
  return looks;
}
