/** What a person types at a server meanwhile: cmdlets and service commands, in an elevated shell. */
import type { ServiceInfo, Value } from "../../provider/remote/protocol";
import type { CmdletResult, CmdletValue, LabOrganisation } from "../model/contract";
import { isMutation } from "../../provider/remote/protocol";
import { asAgentError } from "../doors/agent/failure";
import { decodeParameters } from "../doors/agent/values";
import { forHistory, type History } from "../doors/history";

type ServiceCommand = (organisation: LabOrganisation, host: string, name: string) => ServiceInfo | Promise<ServiceInfo>;

const SERVICE_COMMANDS: { [cmdlet: string]: ServiceCommand } = {
  "get-service": (organisation, host, name) => organisation.service.status(host, name),
  "suspend-service": (organisation, host, name) => organisation.service.suspend(host, name),
  "resume-service": (organisation, host, name) => organisation.service.resume(host, name),
  "stop-service": (organisation, host, name) => organisation.service.stop(host, name),
  "start-service": (organisation, host, name) => organisation.service.start(host, name),
  "restart-service": (organisation, host, name) => organisation.service.restart(host, name, []),
};

export interface OperatorCall {
  host: string;
  cmdlet: string;
  parameters: { [name: string]: Value };
}

/** Runs what an operator typed; the history shows it with the session `operator`. */
export async function runOperator(organisation: LabOrganisation, history: History, call: OperatorCall): Promise<CmdletResult> {
  const parameters = decodeParameters(call.parameters);
  const entry = history.begin({
    host: organisation.facts(call.host).name,
    session: "operator",
    pid: 0,
    fence: null,
    cmdlet: call.cmdlet,
    parameters: forHistory(parameters) as { [name: string]: unknown },
    mutating: isMutation("invoke", call.cmdlet),
    utc: organisation.now(call.host).toISOString(),
  });
  try {
    const result = await run(organisation, call, parameters);
    entry.executed = true;
    entry.outcome = "ok";
    return result;
  } catch (error) {
    entry.outcome = "error";
    entry.error = asAgentError(error, "CmdletFailed").class;
    throw error;
  }
}

async function run(organisation: LabOrganisation, call: OperatorCall, parameters: { [name: string]: CmdletValue }): Promise<CmdletResult> {
  const service = SERVICE_COMMANDS[call.cmdlet.toLowerCase()];
  if (!service) return organisation.invoke({ host: call.host, cmdlet: call.cmdlet, parameters });
  const { Name: name } = parameters;
  if (typeof name !== "string") throw new Error(`${call.cmdlet} needs the parameter Name.`);
  const info = await service(organisation, call.host, name);
  return { objects: [{ Name: info.name, Status: info.status, StartType: info.startType }], warnings: [] };
}
