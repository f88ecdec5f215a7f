/** Failures as PowerShell and Exchange report them. */
import { CmdletFailure } from "../contract";

const BINDING = "System.Management.Automation.ParameterBindingException";
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

export const unknownParameter = (cmdlet: string, name: string): CmdletFailure =>
  new CmdletFailure(
    BINDING,
    `NamedParameterNotFound,${cmdlet}`,
    "InvalidArgument",
    `A parameter cannot be found that matches parameter name '${name}'.`,
  );

export const missingParameter = (cmdlet: string, names: string[]): CmdletFailure =>
  new CmdletFailure(
    BINDING,
    `MissingMandatoryParameter,${cmdlet}`,
    "InvalidArgument",
    `Cannot process command because of one or more missing mandatory parameters: ${names.join(" ")}.`,
  );

export const ambiguousSet = (cmdlet: string): CmdletFailure =>
  new CmdletFailure(
    BINDING,
    `AmbiguousParameterSet,${cmdlet}`,
    "InvalidArgument",
    "Parameter set cannot be resolved using the specified named parameters.",
  );

export const wrongType = (cmdlet: string, name: string, type: string): CmdletFailure =>
  new CmdletFailure(
    BINDING,
    `CannotConvertArgumentNoMessage,${cmdlet}`,
    "InvalidArgument",
    `Cannot process argument transformation on parameter '${name}'. Cannot convert the value to type "${type}".`,
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

/** A question in a shell that cannot ask. */
export const promptRefused = (cmdlet: string, question: string): CmdletFailure =>
  new CmdletFailure(
    "System.Management.Automation.PSInvalidOperationException",
    `InvalidOperation,${classOf(cmdlet)}`,
    "InvalidOperation",
    `Windows PowerShell is in NonInteractive mode. Read and Prompt functionality is not available. ${question}`,
    "PromptRefused",
  );
