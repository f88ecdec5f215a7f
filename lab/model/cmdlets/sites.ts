/** Get-ADSite: the Active Directory sites that Exchange knows. // [PS:Get-ADSite] */
import { domainController, type Cmdlet } from "./binding";
import { filtered } from "./filtered";
import { remoting } from "./remoting";

export const getADSite: Cmdlet = {
  name: "Get-ADSite",
  role: "Mailbox",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const { sites, domain } = call.lab.world.directory;
    return filtered(call, [...sites], (site) => [site, `${domain}/Configuration/Sites/${site}`]).map((site) => ({
      Name: site,
      Identity: `${domain}/Configuration/Sites/${site}`,
      HubSiteEnabled: false,
      ...remoting(call.server),
    }));
  },
};
