/** Get-SettingOverride and Get-OrganizationConfig, as far as keys of certificates are concerned. // 17, [ECC24] */
import { domainController, type Cmdlet } from "./binding";
import { filtered } from "./filtered";

export const getSettingOverride: Cmdlet = {
  name: "Get-SettingOverride",
  role: "Mailbox",
  parameters: (server) => ({ Identity: "string", ...domainController(server) }),
  run(call) {
    const { eccOverride } = call.lab.world.toggles;
    const name = "ECC Support";
    const override = {
      Name: name,
      Identity: name,
      ComponentName: "Global",
      SectionName: "ECCCertificateSupport",
      Parameters: [`Enabled=${eccOverride === "enabled"}`],
      Server: [],
      Reason: "Support ECC",
    };
    return filtered(call, eccOverride === "absent" ? [] : [override], (one, wanted) => one.Name.toLowerCase() === wanted);
  },
};

export const getOrganizationConfig: Cmdlet = {
  name: "Get-OrganizationConfig",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run: ({ lab: { world } }) => [
    {
      Name: world.directory.organisation,
      AdfsIssuer: world.toggles.adfsClaims ? `https://adfs.${world.directory.domain}/adfs/ls/` : null,
    },
  ],
};
