/** Send connectors that the stack sets once the certificate is in place: one that is not there is refused before anything is changed. */
import { connectorMissing, listSendConnectors, type ConnectorBag } from "../../exchange/sendConnectors";
import { equalNames, text, type Shell } from "../../exchange/shell";
import { listSubscriptions } from "../../exchange/subscriptions";
import { claimsOfKind } from "../../rotation/claimFiles";
import { namesOf } from "../../rotation/claims";
import { listSnapshots } from "../../rotation/snapshot";

/** `known`: the organisation's connectors, where they were read already. @throws CONNECTOR_NOT_FOUND */
export async function refuseMissingConnectors(
  organization: Shell,
  declared: readonly string[] | undefined,
  known?: ConnectorBag[],
): Promise<void> {
  if (!declared || declared.length === 0) return;
  const connectors = known ?? (await listSendConnectors(organization));
  const missing = declared.filter((name) => !has(connectors, name));
  if (missing.length === 0 || (await areComing(organization, missing))) return;
  throw connectorMissing(organization.facts.name, missing[0], connectors);
}

const has = (connectors: ConnectorBag[], name: string): boolean => connectors.some((one) => equalNames(text(one.Name), name));

/**
 * Whether a run makes them anew: an open window's snapshot has them, or a subscription that this project knows was removed by hand,
 * and whoever subscribes the Edge again gives back what its removal deleted.
 */
async function areComing(organization: Shell, missing: string[]): Promise<boolean> {
  const kept = (await listSnapshots(organization)).flatMap(({ connectors }) => connectors);
  if (missing.every((name) => has(kept, name))) return true;
  const [claims, subscriptions] = await Promise.all([claimsOfKind(organization, "subscription"), listSubscriptions(organization)]);
  return namesOf(claims, "subscription").some((edge) => !subscriptions.some((one) => equalNames(one.name, edge)));
}
