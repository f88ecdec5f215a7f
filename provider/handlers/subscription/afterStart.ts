/** Whether this Edge may start before EdgeSync has succeeded, as far as the servers tell. */
import { listCertificates } from "../../exchange/certificates";
import { short } from "../../rotation/reasons";
import { NOT_SUBSCRIBED, ORGANIZATION_CHANGES, otherName } from "../afterStart";
import type { HostSession } from "../../remote/sessions";
import type { Gathered } from "./gather";

/** What it is decided from. */
interface Seen {
  now: Gathered;
  edge: HostSession;
  /** `organizationThumbprints` differ from those deployed. */
  moved: boolean;
}

/** Why EdgeSync has to be waited for before the start; null where nothing speaks against a start before. Reads only. */
export async function whyBeforeStart({ now, moved, edge }: Seen): Promise<string | null> {
  if (!now.subscription) return NOT_SUBSCRIBED;
  if (moved) return ORGANIZATION_CHANGES;
  const before = now.journal?.open ? now.journal.old.defaultThumbprint : now.leaf;
  const after = now.defaultThumbprint;
  if (before === null || after === null) return "nobody can tell which certificate it had before";
  if (before === after) return null;
  const names = new Map((await listCertificates(edge)).map((one) => [one.thumbprint, one.tlsCertificateName]));
  const [old, own] = [names.get(before), names.get(after)];
  if (old === undefined || own === undefined)
    return `${short(old === undefined ? before : after)} is not installed any more, so that nobody can tell whether the name changes`;
  return otherName(old, own);
}
