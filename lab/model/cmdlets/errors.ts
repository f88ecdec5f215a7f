/** Failures as PowerShell and Exchange report them. */
import { CmdletFailure } from "../contract";
import type { Server } from "../server";

const TASKS = "Microsoft.Exchange.Management.SystemConfigurationTasks";

/** `Get-SendConnector` → `GetSendConnector`, the form in FullyQualifiedErrorId. */
const classOf = (cmdlet: string): string => `${TASKS}.${cmdlet.replace("-", "")}`;

/** A stable eight-digit code in front of the class, as Exchange prints it. */
function code(text: string): string {
  let hash = 2166136261;
  for (const char of text) hash = Math.imul(hash ^ char.charCodeAt(0), 16777619);
  return (hash >>> 0).toString(16).toUpperCase().padStart(8, "0");
}

export const unknownCmdlet = (cmdlet: string): CmdletFailure =>
  new CmdletFailure(
    "System.Management.Automation.CommandNotFoundException",
    "CommandNotFoundException",
    "ObjectNotFound",
    `The term '${cmdlet}' is not recognized as the name of a cmdlet, function, script file, or operable program. Check the spelling of the name, or if a path was included, verify that the path is correct and try again.`,
    "CommandNotFound",
  );

/** Where a parameter was refused. */
interface Bound {
  readonly cmdlet: string;
  readonly server: Server;
}
const binding = (id: string, message: string, { cmdlet }: Bound, type = "ParameterBindingException", category = "InvalidArgument") =>
  new CmdletFailure(`System.Management.Automation.${type}`, `${id},${classOf(cmdlet)}`, category, message);

/** On a Mailbox server the shell's cmdlets are functions, which refuse names by themselves. // 1.1, PowerShell's parameter binding */
export const unknownParameter = ({ cmdlet, server }: Bound, name: string): CmdletFailure =>
  new CmdletFailure(
    "System.Management.Automation.ParameterBindingException",
    `NamedParameterNotFound,${server.role === "Edge" ? classOf(cmdlet) : cmdlet}`,
    "InvalidArgument",
    `A parameter cannot be found that matches parameter name '${name}'.`,
  );

export const ambiguousParameter = (where: Bound, name: string, names: string[]): CmdletFailure =>
  binding(
    "AmbiguousParameter",
    `Parameter cannot be processed because the parameter name '${name}' is ambiguous. Possible matches include: ${names.map((one) => `-${one}`).join(" ")}.`,
    where,
  );

export const missingParameter = (where: Bound, names: string[]): CmdletFailure =>
  binding(
    "MissingMandatoryParameter",
    `Cannot process command because of one or more missing mandatory parameters: ${names.join(" ")}.`,
    where,
  );

/** A mandatory parameter with `$null`, or with an empty string. */
export const emptyParameter = (where: Bound, name: string, value: null | string): CmdletFailure =>
  binding(
    `ParameterArgumentValidationError${value === null ? "Null" : "EmptyString"}NotAllowed`,
    `Cannot bind argument to parameter '${name}' because it is ${value === null ? "null" : "an empty string"}.`,
    where,
    "ParameterBindingValidationException",
    "InvalidData",
  );

export const ambiguousSet = (where: Bound): CmdletFailure =>
  binding("AmbiguousParameterSet", "Parameter set cannot be resolved using the specified named parameters.", where);

/** `shown` is the value where it may be printed. */
export const wrongType = (where: Bound, name: string, type: string, shown?: string): CmdletFailure =>
  binding(
    "CannotConvertArgumentNoMessage",
    `Cannot bind parameter '${name}'. Cannot convert ${shown === undefined ? "the value" : `value "${shown}"`} to type "${type}".`,
    where,
  );

/** An error of the task itself. `type` is the exception's name without its namespace where Exchange has one of its own. */
export function taskError(cmdlet: string, type: string, category: string, message: string): CmdletFailure {
  const full = type.includes(".") ? type : `${TASKS}.${type}`;
  return new CmdletFailure(full, `${code(message)},${classOf(cmdlet)}`, category, message);
}

/** A failure on the server side of a certificate cmdlet. // [SOMOIT], [L15] 15.1 */
export const rpcError = (cmdlet: string, server: string, message: string): CmdletFailure =>
  new CmdletFailure(
    "System.InvalidOperationException",
    `${code(message)},${classOf(cmdlet)}`,
    "InvalidArgument",
    `A special Rpc error occurs on server ${server}: ${message}`,
  );

export const notFound = (cmdlet: string, identity: string): CmdletFailure =>
  new CmdletFailure(
    "Microsoft.Exchange.Configuration.Tasks.ManagementObjectNotFoundException",
    `${code(identity)},${classOf(cmdlet)}`,
    "InvalidData",
    `The operation couldn't be performed because object '${identity}' couldn't be found.`,
  );

/** AD LDS of an Edge does not answer. */
export const directoryUnavailable = (cmdlet: string): CmdletFailure =>
  taskError(
    cmdlet,
    "Microsoft.Exchange.Data.Directory.ADOperationException",
    "ResourceUnavailable",
    "AD LDS on localhost:50389 can't be contacted: The LDAP server is unavailable.",
  );

/** A question in a shell that cannot ask. */
export const promptRefused = (cmdlet: string, question: string): CmdletFailure =>
  new CmdletFailure(
    "System.Management.Automation.PSInvalidOperationException",
    `InvalidOperation,${classOf(cmdlet)}`,
    "InvalidOperation",
    `Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available. ${question}`,
    "PromptRefused",
  );
