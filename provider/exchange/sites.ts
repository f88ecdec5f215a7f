/** Active Directory sites, as Exchange knows them (Get-ADSite). */
import { isExchangeError } from "../base/errors";
import { text, type Shell } from "./shell";

/** Names of all sites; null where the server does not say: an account may lack the right to the cmdlet. */
export async function listSites(organization: Shell): Promise<string[] | null> {
  try {
    const { objects } = await organization.invoke("Get-ADSite", {}, ["Name"]);
    return objects.length === 0 ? null : objects.map((object) => text(object.Name));
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) return null;
    throw error;
  }
}
