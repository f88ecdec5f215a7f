/** What a person types at a server meanwhile: cmdlets and service commands, in an elevated shell. */
import type { ServiceInfo, Value } from "../../provider/remote/protocol";
import { CmdletFailure, type CmdletResult, type CmdletValue, type LabOrganisation } from "../model/contract";
import { pattern } from "../model/cmdlets/filtered";
import { takeCertificate } from "../open";
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

interface Known {
  servers: { name: string; services: { [service: string]: string } }[];
}

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
  if (call.cmdlet.toLowerCase() === "remove-item") return removeItem(organisation, call.host, parameters);
  const service = SERVICE_COMMANDS[call.cmdlet.toLowerCase()];
  if (!service) return organisation.invoke({ host: call.host, cmdlet: call.cmdlet, parameters });
  const { Name: name } = parameters;
  if (typeof name !== "string") throw new Error(`${call.cmdlet} needs the parameter Name.`);
  requireForce(organisation, call, name, parameters.Force === true);
  const act = parameters.WhatIf === true ? SERVICE_COMMANDS["get-service"] : service;
  const objects = [];
  for (const one of servicesNamed(organisation, call.host, name)) {
    const info = await act(organisation, call.host, one);
    objects.push({ Name: info.name, Status: info.status, StartType: info.startType });
  }
  return { objects, warnings: [] };
}

/** `*` stands for any text, and fits nothing without an error. // Windows PowerShell's service cmdlets */
function servicesNamed(organisation: LabOrganisation, host: string, name: string): string[] {
  if (!name.includes("*")) return [name];
  const server = organisation.facts(host).name;
  const { servers } = organisation.state() as unknown as Known;
  const wanted = pattern(name);
  return Object.keys(servers.find((one) => one.name === server)!.services).filter((one) => wanted.test(one));
}

/** Dependants that run are taken along with -Force only. // 5.1, Windows PowerShell's service cmdlets */
function requireForce(organisation: LabOrganisation, { host, cmdlet }: OperatorCall, name: string, force: boolean): void {
  const verb = /^(stop|restart)-service$/i.exec(cmdlet)?.[1].toLowerCase();
  if (!verb || force || organisation.toggles.dependantsNeedForce !== true) return;
  const { dependants } = organisation.service.status(host, name);
  if (dependants.every(({ status }) => status === "Stopped")) return;
  throw new CmdletFailure(
    "Microsoft.PowerShell.Commands.ServiceCommandException",
    `ServiceHasDependentServices,Microsoft.PowerShell.Commands.${verb === "stop" ? "Stop" : "Restart"}ServiceCommand`,
    "InvalidOperation",
    `Cannot stop service '${name}' because it has dependent services. It can only be stopped if the Force flag is set.`,
  );
}

/** A certificate out of the store by hand: past all guards of Exchange. // 2.6, [SEED1] */
function removeItem(organisation: LabOrganisation, host: string, { Path: path }: { [name: string]: CmdletValue }): CmdletResult {
  const thumbprint = /^Cert:\\LocalMachine\\My\\([0-9A-F]{40})$/i.exec(typeof path === "string" ? path : "")?.[1];
  if (!thumbprint) throw new Error("Remove-Item needs the parameter Path, of the form Cert:\\LocalMachine\\My\\<thumbprint>.");
  if (!takeCertificate(organisation, host, thumbprint))
    throw new CmdletFailure(
      "System.Management.Automation.ItemNotFoundException",
      "PathNotFound,Microsoft.PowerShell.Commands.RemoveItemCommand",
      "ObjectNotFound",
      `Cannot find path '${String(path)}' because it does not exist.`,
    );
  return { objects: [], warnings: [] };
}
