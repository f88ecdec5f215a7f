/** Get- and Export-ExchangeCertificate. */
import type { SecureText } from "../contract";
import { writePfx, type Certificate } from "../../../provider/pki";
import { carries, selectForService } from "../selection";
import { presentedChain, trustedChain } from "../trust";
import type { Server } from "../server";
import { CONFIRM, type Call, type Cmdlet, type Objects } from "./binding";
import { certificateObject, requestObject } from "./certificateObject";
import { targetParameters, targetServer, targetThumbprint } from "./certificateTarget";
import { missingParameter, notFound, rpcError } from "./errors";
import { exportsToFile } from "./versions";

export const getExchangeCertificate: Cmdlet = {
  name: "Get-ExchangeCertificate",
  parameters: (server) => ({ ...targetParameters(server), DomainName: "strings", Instance: "any" }),
  exclusive: [
    ["Server", "Identity"],
    ["Thumbprint", "Identity"],
  ],
  run(call) {
    const target = targetServer(call);
    const { toggles } = call.lab.world;
    // Newer builds list nothing; targetServer refuses in this one. // [L15] 15.1, 1.3
    if (!toggles.elevated) return [];
    const thumbprint = targetThumbprint(call);
    const all = list(call, target);
    const domains = (call.values.DomainName as string[] | undefined) ?? [];
    if (!thumbprint) return domains.length > 0 ? forDomain(call, target, domains) : all.map(({ object }) => object);
    const found = all.filter((item) => item.thumbprint === thumbprint);
    // A wrong identity may return everything. // [PS:Get-ExchangeCertificate]
    if (found.length === 0 && toggles.getWrongIdentity !== "all") throw notFound(call.cmdlet, thumbprint);
    return (found.length > 0 ? found : all).map(({ object }) => object);
  },
};

interface Listed {
  thumbprint: string;
  notBefore: number;
  object: { [property: string]: unknown };
}

/** My and the pending requests, newest NotBefore first. // [L15] 15.1 */
function list(call: Call, target: Server): Listed[] {
  const listed = ({ thumbprint, notBefore }: Certificate, object: Listed["object"]): Listed => ({
    thumbprint,
    notBefore: notBefore.getTime(),
    object,
  });
  return [
    ...target.my.entries.map((item) => listed(item.certificate, certificateObject(call, target, item))),
    ...target.requests.map((request) => listed(request.certificate, requestObject(call, target, request))),
  ].sort((a, b) => b.notBefore - a.notBefore);
}

/** The certificate that Exchange would select comes first; the others that carry the name follow. // [L15] 15.1 */
function forDomain(call: Call, target: Server, domains: string[]): Objects {
  const matching = [...target.my.entries].filter((item) => domains.some((domain) => carries(item, domain)));
  const best = domains.map((domain) => selectForService(target, domain, call.lab.world.trust(target))).find(Boolean);
  matching.sort((a, b) => b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime());
  const ordered = best ? [best, ...matching.filter((item) => item !== best)] : matching;
  return ordered.map((item) => certificateObject(call, target, item));
}

export const exportExchangeCertificate: Cmdlet = {
  name: "Export-ExchangeCertificate",
  parameters: (server) => ({
    ...targetParameters(server),
    ...CONFIRM,
    BinaryEncoded: "switch",
    Password: "secure",
    ...(exportsToFile(server.version) ? { FileName: "string", Force: "switch" } : {}),
  }),
  exclusive: [
    ["Server", "Identity"],
    ["Thumbprint", "Identity"],
  ],
  async run(call) {
    const target = targetServer(call);
    const thumbprint = targetThumbprint(call);
    if (!thumbprint) throw missingParameter(call, ["Thumbprint"]);
    const item = target.my.find(thumbprint);
    if (!item) throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${thumbprint} was not found.`);
    // Not exportable unless asked for when it was made. // [PS:Export-ExchangeCertificate]
    if (!item.privateKey || !item.exportable)
      throw rpcError(call.cmdlet, target.name, `The private key of the certificate with thumbprint ${thumbprint} is not exportable.`);
    const password = (call.values.Password as SecureText | undefined)?.reveal ?? "";
    const chain = exportedChain(call, target, item.certificate);
    const pfx = await writePfx({
      certificate: item.lookAlike ?? item.certificate,
      privateKey: item.privateKey,
      chain,
      password,
      friendlyName: item.friendlyName || undefined,
    });
    const data = call.values.BinaryEncoded ? pfx : Buffer.from(pfx.toString("base64"), "ascii");
    if (call.values.FileName) {
      target.files.set(fileKey(String(call.values.FileName)), data);
      return [];
    }
    return [{ FileData: data, Identity: null, IsValid: true, ObjectState: "New" }];
  },
};

/** With a password the key and the chain of trust are in the file; how far the chain goes is open. // [PS:Export-ExchangeCertificate] */
function exportedChain(call: Call, target: Server, certificate: Certificate): Certificate[] {
  const { exportedChain: reach } = call.lab.world.toggles;
  if (reach === "none") return [];
  const { now } = call.lab.world.trust(target);
  return reach === "issuers" ? presentedChain(target, certificate, now) : (trustedChain(target, certificate, now) ?? []);
}

/** A path of a cmdlet as the key of the working folder: the last component. */
export const fileKey = (path: string): string => path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1);
