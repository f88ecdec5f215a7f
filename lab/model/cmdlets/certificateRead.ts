/** Get- and Export-ExchangeCertificate. */
import type { SecureText } from "../contract";
import { writePfx } from "../../../provider/pki";
import { selectByFqdn, wildcardCovers } from "../selection";
import { presentedChain } from "../trust";
import type { Server } from "../server";
import type { StoredCertificate } from "../store";
import { CONFIRM, type Call, type Cmdlet, type Objects } from "./binding";
import { certificateObject, requestObject } from "./certificateObject";
import { targetParameters, targetServer, targetThumbprint } from "./certificateTarget";
import { missingParameter, notFound, rpcError, taskError } from "./errors";
import { exportsToFile } from "./versions";

const newestFirst = (a: StoredCertificate, b: StoredCertificate): number =>
  b.certificate.notBefore.getTime() - a.certificate.notBefore.getTime();

export const getExchangeCertificate: Cmdlet = {
  name: "Get-ExchangeCertificate",
  parameters: (server) => ({ ...targetParameters(server), DomainName: "strings", Instance: "any" }),
  exclusive: [["Server", "Identity"]],
  run(call) {
    const target = targetServer(call);
    const { toggles } = call.lab.world;
    if (!toggles.elevated) {
      // An access error in this build; newer ones list nothing. // [L15] 15.1, 1.3
      if (toggles.notElevated === "empty") return [];
      throw taskError(call.cmdlet, "System.UnauthorizedAccessException", "PermissionDenied", "Access is denied.");
    }
    const thumbprint = targetThumbprint(call);
    const all = [...target.my.entries].sort(newestFirst);
    const domains = (call.values.DomainName as string[] | undefined) ?? [];
    if (!thumbprint) return domains.length > 0 ? forDomain(call, target, all, domains) : list(call, target, all);
    const found = all.filter((item) => item.certificate.thumbprint === thumbprint);
    const requests = target.requests.filter((request) => request.thumbprint === thumbprint);
    if (found.length + requests.length > 0)
      return [
        ...found.map((item) => certificateObject(call.lab, target, item)),
        ...requests.map((request) => requestObject(target, request)),
      ];
    // A wrong identity may return everything. // [PS:Get-ExchangeCertificate]
    if (toggles.getWrongIdentity === "all") return list(call, target, all);
    throw notFound(call.cmdlet, thumbprint);
  },
};

function list(call: Call, target: Server, all: StoredCertificate[]): Objects {
  return [
    ...all.map((item) => certificateObject(call.lab, target, item)),
    ...target.requests.map((request) => requestObject(target, request)),
  ];
}

/** The certificate that Exchange would select comes first, wildcards included in one pass. // [L15] 15.1 */
function forDomain(call: Call, target: Server, all: StoredCertificate[], domains: string[]): Objects {
  const carries = (item: StoredCertificate): boolean =>
    domains.some((domain) =>
      item.certificate.domainNames.some(
        (name) => name.toLowerCase() === domain.toLowerCase() || wildcardCovers(name.toLowerCase(), domain.toLowerCase()),
      ),
    );
  const best = domains.map((domain) => selectByFqdn(target, target.my.entries, domain, call.lab.world.trust(target))).find(Boolean);
  const matching = all.filter(carries);
  const ordered = best ? [best, ...matching.filter((item) => item !== best)] : matching;
  return ordered.map((item) => certificateObject(call.lab, target, item));
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
  exclusive: [["Server", "Identity"]],
  async run(call) {
    const target = targetServer(call);
    const thumbprint = targetThumbprint(call);
    if (!thumbprint) throw missingParameter(call.cmdlet, ["Thumbprint"]);
    const item = target.my.find(thumbprint);
    if (!item) throw rpcError(call.cmdlet, target.name, `The certificate with thumbprint ${thumbprint} was not found.`);
    // Not exportable unless asked for when it was made. // [PS:Export-ExchangeCertificate]
    if (!item.privateKey || !item.exportable)
      throw rpcError(call.cmdlet, target.name, `The private key of the certificate with thumbprint ${thumbprint} is not exportable.`);
    const password = (call.values.Password as SecureText | undefined)?.reveal ?? "";
    const chain = presentedChain(target, item.certificate);
    const pfx = await writePfx({
      certificate: item.certificate,
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

/** A path of a cmdlet as the key of the working folder: the last component. */
export const fileKey = (path: string): string => path.slice(Math.max(path.lastIndexOf("\\"), path.lastIndexOf("/")) + 1);
