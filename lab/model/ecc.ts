/** Which servers take certificates with EC keys: by their build, and by what turns them on in it. // 17 */
import type { Server } from "./server";
import type { Toggles } from "./settings";

/** Builds of Exchange 2016 CU23, 2019 CU13 and CU14: hotfix update of April 2024, security update of November 2024. // 17, [ECC24] */
const PATCHED = new Map([
  ["15.1.2507", { hotfix: 39, november: 43 }],
  ["15.2.1258", { hotfix: 34, november: 38 }],
  ["15.2.1544", { hotfix: 11, november: 13 }],
]);

export function takesEcc({ version, role }: Pick<Server, "version" | "role">, { eccRegistryValue, eccOverride }: Toggles): boolean {
  const parts = version.split(".").map(Number);
  const patched = PATCHED.get(parts.slice(0, 3).join("."));
  const november = patched ? parts[3] >= patched.november : parts[0] === 15 && parts[1] === 2 && parts[2] > 1544;
  if (november) return eccRegistryValue === "1";
  // A setting override lies in Active Directory, where an Edge does not look.
  return patched !== undefined && parts[3] >= patched.hotfix && role === "Mailbox" && eccOverride === "enabled";
}
