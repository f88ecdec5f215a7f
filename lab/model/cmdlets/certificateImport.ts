/** Import-ExchangeCertificate. // 2.3, [L15] 15.1 */
import type { SecureText } from "../contract";
import { openPfx, originalOf } from "../../../provider/pki";
import type { PendingRequest, Server } from "../server";
import { stored, type StoredCertificate } from "../store";
import { trustedChain } from "../trust";
import { readCertificate } from "../x509";
import { CONFIRM, type Call, type Cmdlet } from "./binding";
import { certificateObject } from "./certificateObject";
import { bareCertificates, leafOf, unwrapped } from "./container";
import { targetServer } from "./certificateTarget";
import { fileKey } from "./certificateRead";
import { ambiguousSet, missingParameter, rpcError } from "./errors";
import { importsFromFile } from "./versions";
import { domainController } from "./binding";

const NAME_LIMIT = 64;
const UNREADABLE = "The source data cannot be imported or the wrong password was specified.";

export const importExchangeCertificate: Cmdlet = {
  name: "Import-ExchangeCertificate",
  parameters: (server) => ({
    ...CONFIRM,
    ...domainController(server),
    FileData: "bytes",
    ...(importsFromFile(server.version) ? { FileName: "string" } : {}),
    Password: "secure",
    FriendlyName: "string",
    PrivateKeyExportable: "bool",
    Server: "string",
  }),
  async run(call) {
    const data = sourceBytes(call);
    const target = targetServer(call);
    // Under 64 characters. // [PS:Import-ExchangeCertificate]
    if (friendlyName(call).length >= NAME_LIMIT)
      throw rpcError(call.cmdlet, target.name, `The friendly name must have fewer than ${NAME_LIMIT} characters.`);
    const { item, request } = completed(call, target, data) ?? { item: await imported(call, target, data) };
    if (target.my.find(item.certificate.thumbprint))
      throw rpcError(call.cmdlet, target.name, `A certificate with the thumbprint ${item.certificate.thumbprint} already exists.`);
    if (call.values.WhatIf) return [];
    if (request) target.requests.splice(target.requests.indexOf(request), 1);
    // Chain certificates are not installed; no access, services or default change. // [L15] 15.1
    target.my.add(item);
    call.lab.world.reachChanged();
    call.lab.world.changed();
    return [certificateObject(call, target, item)];
  },
};

function sourceBytes(call: Call): Uint8Array {
  const { FileData, FileName } = call.values;
  if (FileData && FileName) throw ambiguousSet(call);
  if (FileData instanceof Uint8Array) return FileData;
  if (!FileName) throw missingParameter(call, ["FileData"]);
  const bytes = call.server.files.get(fileKey(String(FileName)));
  if (!bytes) throw rpcError(call.cmdlet, call.server.name, `The file '${String(FileName)}' cannot be found.`);
  return bytes;
}

/** First it tries to complete a pending request: a bare certificate or a PKCS#7 container can. // 2.3, [L15] 15.1 */
function completed(call: Call, target: Server, data: Uint8Array): { item: StoredCertificate; request?: PendingRequest } | null {
  const certificates = bareCertificates(data);
  if (!certificates) return null;
  for (const certificate of certificates) {
    const request = target.requests.find((pending) => pending.certificate.publicKeySha256 === certificate.publicKeySha256);
    if (!request) continue;
    if (!trustedChain(target, certificate, call.lab.world.trust(target).now)) throw untrusted(call, target);
    const { privateKey, exportable } = request;
    const lookAlike = request.lookAlike?.(certificate);
    const values = { privateKey, exportable, friendlyName: friendlyName(call) || request.friendlyName, lookAlike };
    return { request, item: stored(certificate, values) };
  }
  const leaf = leafOf(certificates);
  if (!leaf) throw rpcError(call.cmdlet, target.name, UNREADABLE);
  // Without a pending request it ends up without a key. // [L15] 15.1
  return { item: stored(leaf, { friendlyName: friendlyName(call) }) };
}

/** In the machine's context an untrusted root is an error of its own. // [L15] 15.1 */
const untrusted = (call: Call, target: Server) =>
  rpcError(
    call.cmdlet,
    target.name,
    "A certificate chain processed, but terminated in a root certificate which is not trusted by the trust provider.",
  );

async function imported(call: Call, target: Server, data: Uint8Array): Promise<StoredCertificate> {
  const password = (call.values.Password as SecureText | undefined)?.reveal ?? "";
  try {
    const { certificate: given, privateKey, keyProvider } = await openPfx(unwrapped(data), password);
    // What a copied organisation has exported stands for the real one.
    const original = call.lab.isCopy ? originalOf(given.der) : null;
    const certificate = original ? readCertificate(original) : given;
    // A PFX that names no key provider gives a CAPI key. // 2.3 (I)
    const cng = keyProvider !== null && /key storage provider/i.test(keyProvider);
    return stored(certificate, {
      privateKey,
      keyProvider: cng || privateKey.asymmetricKeyType === "ec" ? "CNG" : "CAPI",
      ...(keyProvider ? { providerName: keyProvider } : {}),
      exportable: call.values.PrivateKeyExportable === true,
      friendlyName: friendlyName(call),
      lookAlike: original ? given : undefined,
    });
  } catch {
    throw rpcError(call.cmdlet, target.name, UNREADABLE);
  }
}

const friendlyName = (call: Call): string => (call.values.FriendlyName as string | undefined) ?? "";
