/** Get- and Set-AuthConfig, as far as they name certificates. // [CSS:Admin/MonitorExchangeAuthCertificate/ConfigurationAction/New-ExchangeAuthCertificate.ps1] */
import { CONFIRM, domainController, type Cmdlet } from "./binding";
import { notFound } from "./errors";
import { remoting } from "./remoting";

export const getAuthConfig: Cmdlet = {
  name: "Get-AuthConfig",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run({ lab, server }) {
    const { authThumbprint, authNext, authPrevious } = lab.world.directory;
    return [
      {
        CurrentCertificateThumbprint: authThumbprint,
        NextCertificateThumbprint: authNext,
        PreviousCertificateThumbprint: authPrevious,
        Name: "Auth Configuration",
        ...remoting(server),
      },
    ];
  },
};

export const setAuthConfig: Cmdlet = {
  name: "Set-AuthConfig",
  role: "Mailbox",
  parameters: (server) => ({
    CertificateThumbprint: "string",
    NewCertificateThumbprint: "string",
    NewCertificateEffectiveDate: "any",
    PublishCertificate: "switch",
    ClearPreviousCertificate: "switch",
    Force: "switch",
    ...CONFIRM,
    ...domainController(server),
  }),
  run(call) {
    const { directory } = call.lab.world;
    const { CertificateThumbprint: current, NewCertificateThumbprint: next, PublishCertificate, ClearPreviousCertificate } = call.values;
    const own = (value: unknown): string => {
      const thumbprint = String(value).toUpperCase();
      if (!call.server.my.find(thumbprint)) throw notFound(call.cmdlet, thumbprint);
      return thumbprint;
    };
    if (call.values.WhatIf) return [];
    if (next !== undefined) directory.authNext = own(next);
    if (current !== undefined) directory.authThumbprint = own(current);
    if (PublishCertificate && directory.authNext) {
      directory.authPrevious = directory.authThumbprint;
      directory.authThumbprint = directory.authNext;
      directory.authNext = null;
    }
    if (ClearPreviousCertificate) directory.authPrevious = null;
    return [];
  },
};
