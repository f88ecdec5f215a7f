/** Get-SettingOverride and Get-OrganizationConfig, as far as keys of certificates are concerned. // 17, [ECC24] */
import { domainController, type Cmdlet } from "./binding";
import { filtered } from "./filtered";
import { remoting } from "./remoting";

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
      ...remoting(call.server),
    };
    return filtered(call, eccOverride === "absent" ? [] : [override], (one) => [one.Name]);
  },
};

export const getOrganizationConfig: Cmdlet = {
  name: "Get-OrganizationConfig",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run: ({ lab: { world }, server }) => [
    {
      Name: world.directory.organisation,
      AdfsIssuer: world.toggles.adfsClaims ? `https://adfs.${world.directory.domain}/adfs/ls/` : null,
      ...remoting(server),
    },
  ],
};
