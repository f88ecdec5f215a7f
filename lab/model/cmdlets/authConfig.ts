/** Get- and Set-AuthConfig. // [PS:Get-AuthConfig], [PS:Set-AuthConfig], [DOC:maintain-oauth-certificate] */
import { NOTICE } from "../authConfig";
import { datesValid } from "../trust";
import { CONFIRM, domainController, type Call, type Cmdlet } from "./binding";
import { ambiguousSet, notFound, promptRefused, rpcError, taskError } from "./errors";
import { arrived } from "./remoting";

const TYPE = "Microsoft.Exchange.Data.Directory.SystemConfiguration.AuthConfig";

export const getAuthConfig: Cmdlet = {
  name: "Get-AuthConfig",
  role: "Mailbox",
  parameters: (server) => domainController(server),
  run: (call) => {
    const { auth, organisation, base } = call.lab.world.directory;
    return [
      {
        CurrentCertificateThumbprint: auth.current ?? "",
        PreviousCertificateThumbprint: auth.previous ?? "",
        NextCertificateThumbprint: auth.next ?? "",
        NextCertificateEffectiveDate: auth.nextEffective,
        ServiceName: "00000002-0000-0ff1-ce00-000000000000",
        Realm: "",
        Name: "Auth Configuration",
        Identity: `${organisation}\\Auth Configuration`,
        DistinguishedName: `CN=Auth Configuration,${base}`,
        ...arrived(call, TYPE),
      },
    ];
  },
};

/** The parameter sets. // [PS:Set-AuthConfig] */
const SETS: readonly (readonly string[])[] = [
  ["CertificateThumbprint"],
  ["NewCertificateThumbprint", "NewCertificateEffectiveDate"],
  ["PublishCertificate", "ClearPreviousCertificate"],
  ["Realm", "ServiceName"],
];

export const setAuthConfig: Cmdlet = {
  name: "Set-AuthConfig",
  role: "Mailbox",
  parameters: (server) => ({
    ...CONFIRM,
    ...domainController(server),
    CertificateThumbprint: "string",
    NewCertificateThumbprint: "string",
    NewCertificateEffectiveDate: "date",
    PublishCertificate: "switch",
    ClearPreviousCertificate: "switch",
    SkipImmediateCertificateDeployment: "switch",
    Server: "string",
    Realm: "string",
    ServiceName: "string",
    Force: "switch",
  }),
  run(call) {
    const { values } = call;
    if (SETS.filter((set) => set.some((name) => name in values)).length > 1) throw ambiguousSet(call);
    if (values.CertificateThumbprint) setCurrent(call, thumbprintOf(values.CertificateThumbprint));
    else if (values.NewCertificateThumbprint) setNext(call, thumbprintOf(values.NewCertificateThumbprint));
    else if (values.PublishCertificate || values.ClearPreviousCertificate) rollOver(call);
    return [];
  },
};

const thumbprintOf = (value: unknown): string => String(value).replace(/\s/g, "").toUpperCase();

function setCurrent(call: Call, thumbprint: string): void {
  requireUsable(call, thumbprint);
  if (!call.values.Force)
    throw promptRefused(
      call.cmdlet,
      "The certificate will become effective at once, before it has been deployed to all servers. Are you sure you want to continue?",
    );
  if (!call.values.WhatIf) call.lab.authConfig.setCurrent(thumbprint);
}

/** The question of too short a notice is answered by -Force. // [DOC:maintain-oauth-certificate] */
function setNext(call: Call, thumbprint: string): void {
  requireUsable(call, thumbprint);
  const now = call.lab.world.clock.now(call.server.name);
  const effective = (call.values.NewCertificateEffectiveDate as Date | undefined) ?? now;
  if (effective.getTime() < now.getTime() + NOTICE && !call.values.Force)
    throw promptRefused(
      call.cmdlet,
      `The new certificate's effective date ${effective.toISOString()} is less than 48 hours away. The certificate may not be deployed to all servers by then. Are you sure you want to continue?`,
    );
  if (!call.values.WhatIf) call.lab.authConfig.setNext(thumbprint, effective);
}

function rollOver(call: Call): void {
  const { auth } = call.lab.world.directory;
  if (call.values.PublishCertificate) {
    if (auth.next === null)
      throw taskError(call.cmdlet, "System.InvalidOperationException", "InvalidArgument", "There is no next certificate to publish.");
    requireUsable(call, auth.next);
  }
  if (call.values.WhatIf) return;
  if (call.values.PublishCertificate) call.lab.authConfig.publish();
  if (call.values.ClearPreviousCertificate) call.lab.authConfig.clearPrevious();
}

/** It must be installed with its key on the server that is asked, and valid. */
function requireUsable(call: Call, thumbprint: string): void {
  const { world } = call.lab;
  const target = call.values.Server ? world.findServer(String(call.values.Server)) : call.server;
  if (!target || target.role !== "Mailbox") throw notFound(call.cmdlet, String(call.values.Server));
  const item = target.my.find(thumbprint);
  if (!item) throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${thumbprint} was not found.`);
  const expired = item.certificate.notAfter < world.clock.now(target.name);
  const reason = !item.privateKey
    ? "PrivateKeyMissing"
    : item.certificate.keyType !== "RSA"
      ? "KeyAlgorithmUnsupported"
      : expired || !datesValid(item.certificate, world.clock.now(target.name))
        ? "DateInvalid"
        : null;
  if (reason)
    throw rpcError(
      call.cmdlet,
      target.name,
      `The certificate with thumbprint ${thumbprint} was found but is not valid for use with Exchange Server (reason: ${reason}).`,
    );
}
