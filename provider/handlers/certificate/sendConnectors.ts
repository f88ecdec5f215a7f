/** Send connectors that the stack sets once the certificate is in place: one that is not there is refused before anything is changed. */
import { connectorIn, connectorMissing, missingConnectors, namesOnConnectors } from "../../exchange/sendConnectors";
import { equalNames, type Shell } from "../../exchange/shell";
import { listSubscriptions } from "../../exchange/subscriptions";
import { claimsOfKind } from "../../rotation/claimFiles";
import { namesOf } from "../../rotation/claims";
import { listSnapshots } from "../../rotation/snapshot";

/** @throws CONNECTOR_NOT_FOUND */
export async function refuseMissingConnectors(organization: Shell, declared: readonly string[] = []): Promise<void> {
  await refuseMissing(organization, await missingConnectors(organization, declared));
}

/** `missing`: what is not there. @throws CONNECTOR_NOT_FOUND */
export async function refuseMissing(organization: Shell, missing: string[]): Promise<void> {
  if (missing.length === 0 || (await areComing(organization, missing))) return;
  throw connectorMissing(organization.facts.name, missing[0], await namesOnConnectors(organization));
}

/**
 * Whether a run makes them anew: an open window's snapshot has them, or a subscription that this project knows was removed by hand,
 * and whoever subscribes the Edge again gives back what its removal deleted.
 */
async function areComing(organization: Shell, missing: string[]): Promise<boolean> {
  const kept = (await listSnapshots(organization)).flatMap(({ connectors }) => connectors);
  if (missing.every((name) => connectorIn(kept, name))) return true;
  const [claims, subscriptions] = await Promise.all([claimsOfKind(organization, "subscription"), listSubscriptions(organization)]);
  return namesOf(claims, "subscription").some((edge) => !subscriptions.some((one) => equalNames(one.name, edge)));
}
