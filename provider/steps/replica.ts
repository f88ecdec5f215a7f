/** `replica`: the connectors as the Edge itself has them. */
import { namesOnConnectors, outlineOf } from "../exchange/sendConnectors";
import { equalNames, text } from "../exchange/shell";
import type { Step } from "../rotation/engine";
import { forceSync } from "./edgeSync";
import type { Synchronising } from "./tasks";

/** What the Edge's own replica shows: every connector that has it as a source, with the organisation's name on it. */
export function replicaStep(task: Synchronising): Step {
  const { organization, edge, actor, syncTimeout, signal } = task;
  return {
    id: "replica",
    text: "read the connectors back on the Edge",
    probe: async () => (await behind(task)).length === 0,
    ahead: () => behind(task),
    run: () => forceSync({ organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds: syncTimeout, signal }),
  };
}

/** Names of connectors that the Edge does not have as the organisation has them. */
export async function behind({ organization, edge }: Pick<Synchronising, "organization" | "edge">): Promise<string[]> {
  const [own, here] = await Promise.all([outlineOf(organization, edge.facts.name), namesOnConnectors(edge)]);
  return own.filter((one) => !here.some((replica) => sameOnEdge(one, replica))).map((one) => text(one.Name));
}

function sameOnEdge(one: { [property: string]: unknown }, replica: { [property: string]: unknown }): boolean {
  return equalNames(text(one.Name), text(replica.Name)) && equalNames(text(one.TlsCertificateName), text(replica.TlsCertificateName));
}
