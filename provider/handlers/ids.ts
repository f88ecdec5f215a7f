/** Ids of resources, and the marks by which a run knows what an earlier one made. */
import { createHash } from "node:crypto";

/** `fqdn\\thing`: the server, and what the id names there. */
export function splitId(id: string): [fqdn: string, thumbprint: string] {
  const at = id.indexOf("\\");
  return [id.slice(0, at), id.slice(at + 1)];
}

/** The mark by which a later run knows its own half-made certificate. */
export function markOf(inputs: { friendlyName?: string; owner: string }): string {
  return inputs.friendlyName ?? `pulumi-exchange ${createHash("sha256").update(inputs.owner).digest("hex").slice(0, 12)}`;
}
