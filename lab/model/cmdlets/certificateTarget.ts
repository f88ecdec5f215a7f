/** Which server and certificate a certificate cmdlet is about. */
import type { Server } from "../server";
import type { Call, Parameters } from "./binding";
import { domainController } from "./binding";
import { notFound, taskError } from "./errors";

/** `-Identity` exists from 2013. // 2.1 */
export const targetParameters = (server: Server): Parameters => ({
  Thumbprint: "string",
  Identity: "string",
  Server: "string",
  ...domainController(server),
});

/** The server that answers: `-Server`, or the one in `-Identity`, or the local one. */
export function targetServer(call: Call): Server {
  const identity = (call.values.Identity as string | undefined) ?? "";
  const named =
    (call.values.Server as string | undefined) ?? (identity.includes("\\") ? identity.slice(0, identity.indexOf("\\")) : undefined);
  const { world } = call.lab;
  const target = named ? world.findServer(named) : call.server;
  // An Edge knows itself alone, and the organisation cannot ask an Edge. // 1.1
  if (!target || (target !== call.server && (call.server.role === "Edge" || target.role === "Edge")))
    throw notFound(call.cmdlet, named ?? "");
  requireServiceHost(call, target);
  requireElevation(call);
  return target;
}

/** Certificate cmdlets are calls to MSExchangeServiceHost on the target server. // [L15] 15.1 */
export function requireServiceHost(call: Call, target: Server): void {
  if (target.runs("MSExchangeServiceHost")) return;
  throw taskError(
    call.cmdlet,
    "System.InvalidOperationException",
    "ResourceUnavailable",
    `The Exchange Certificate operation has failed because the service on server ${target.name} cannot be reached: RPC error 1753. Make sure that the Microsoft Exchange Service Host service is running.`,
  );
}

/** A shell that is not elevated gets an access error in this build. // [L15] 15.1 */
export function requireElevation(call: Call): void {
  const { elevated, notElevated } = call.lab.world.toggles;
  if (elevated || notElevated === "empty") return;
  throw taskError(call.cmdlet, "System.UnauthorizedAccessException", "PermissionDenied", "Access is denied.");
}

/** Upper-case thumbprint of `-Thumbprint` or `-Identity`; null when neither was given. */
export function targetThumbprint(call: Call): string | null {
  const identity = call.values.Identity as string | null | undefined;
  const text = (call.values.Thumbprint as string | null | undefined) ?? (identity ? identity.slice(identity.lastIndexOf("\\") + 1) : null);
  return text ? text.replace(/\s/g, "").toUpperCase() : null;
}
