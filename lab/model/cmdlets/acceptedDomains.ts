/** Get-, New- and Remove-AcceptedDomain. */
import type { Bag } from "../server";
import { Directory } from "../directory";
import { CONFIRM, domainController, type Call, type Cmdlet } from "./binding";
import { remoting } from "./remoting";
import { notFound, taskError } from "./errors";
import { filtered } from "./filtered";

export const getAcceptedDomain: Cmdlet = {
  name: "Get-AcceptedDomain",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const domains: Bag[] = [...(call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains).values()];
    return filtered(call, domains, (bag, wanted) => [bag.Name, bag.DomainName].some((known) => String(known).toLowerCase() === wanted)).map(
      (bag) => ({ ...bag, ...remoting(call.server) }),
    );
  },
};

/** A subscribed Edge refuses. // 3.2 */
function refuseOnSubscribedEdge(call: Call): void {
  if (call.server.lds?.subscribed)
    throw taskError(
      call.cmdlet,
      "CannotRunOnSubscribedEdgeException",
      "InvalidOperation",
      `The ${call.cmdlet} cmdlet can't be run on an Edge Transport server that is subscribed to an Active Directory site. Run it in the Exchange organization.`,
    );
}

export const newAcceptedDomain: Cmdlet = {
  name: "New-AcceptedDomain",
  parameters: (server) => ({ Name: "string", DomainName: "string", DomainType: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Name", "DomainName"],
  run(call) {
    refuseOnSubscribedEdge(call);
    const domains = call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains;
    const bag: Bag = {
      Name: String(call.values.Name),
      DomainName: String(call.values.DomainName),
      DomainType: String(call.values.DomainType ?? "Authoritative"),
      Default: domains.size === 0,
      Identity: String(call.values.Name),
    };
    domains.set(String(bag.Name), bag);
    return [bag];
  },
};

export const removeAcceptedDomain: Cmdlet = {
  name: "Remove-AcceptedDomain",
  parameters: (server) => ({ Identity: "string", ...CONFIRM, ...domainController(server) }),
  required: () => ["Identity"],
  run(call) {
    refuseOnSubscribedEdge(call);
    const domains = call.server.lds?.acceptedDomains ?? call.lab.world.directory.acceptedDomains;
    const bag = Directory.find(domains, String(call.values.Identity));
    if (!bag) throw notFound(call.cmdlet, String(call.values.Identity));
    domains.delete(String(bag.Name));
    return [];
  },
};
