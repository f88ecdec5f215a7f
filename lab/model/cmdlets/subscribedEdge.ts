/** What EdgeSync owns cannot be changed on a subscribed Edge. // 3.2, [L15] 15.4 */
import type { Call } from "./binding";
import { taskError } from "./errors";

export function refuseOnSubscribedEdge(call: Call): void {
  if (!call.server.lds?.subscribed) return;
  throw taskError(
    call.cmdlet,
    "CannotRunOnSubscribedEdgeException",
    "InvalidOperation",
    `The ${call.cmdlet} cmdlet can't be run on an Edge Transport server that is subscribed to an Active Directory site. Run it in the Exchange organization.`,
  );
}
