/** Which certificate does AD LDS present on its LDAPS port? */
import { look, presentedBy, type Opener, type Presented, type ProbeOptions } from "./leaf";

/** A TLS handshake and no more: nothing is bound or searched. Errors: FORWARDING_REFUSED, PROBE_FAILED. */
export function probeLdaps(open: Opener, options: ProbeOptions): Promise<Presented> {
  return look(open, "LDAPS", options, (socket) => presentedBy(socket, options.name));
}
