/** Import-ExchangeCertificate. // 2.3, [L15] 15.1 */
import { X509Certificate } from "node:crypto";
import type { SecureText } from "../contract";
import { openPfx, readCertificate, type Certificate } from "../../../provider/pki";
import type { Server } from "../server";
import { stored, type StoredCertificate } from "../store";
import { trustedChain } from "../trust";
import { CONFIRM, type Call, type Cmdlet } from "./binding";
import { certificateObject } from "./certificateObject";
import { targetServer } from "./certificateTarget";
import { fileKey } from "./certificateRead";
import { ambiguousSet, missingParameter, rpcError } from "./errors";
import { importsFromFile } from "./versions";
import { domainController } from "./binding";

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
    const item = (await completed(call, target, data)) ?? (await imported(call, target, data));
    if (target.my.find(item.certificate.thumbprint))
      throw rpcError(call.cmdlet, target.name, `A certificate with the thumbprint ${item.certificate.thumbprint} already exists.`);
    if (call.values.WhatIf) return [];
    // Chain certificates are not installed; no access, services or default change. // [L15] 15.1
    target.my.add(item);
    call.lab.world.reachChanged();
    call.lab.world.changed();
    return [certificateObject(call.lab, target, item)];
  },
};

function sourceBytes(call: Call): Uint8Array {
  const { FileData, FileName } = call.values;
  if (FileData && FileName) throw ambiguousSet(call.cmdlet);
  if (FileData instanceof Uint8Array) return FileData;
  if (!FileName) throw missingParameter(call.cmdlet, ["FileData"]);
  const bytes = call.server.files.get(fileKey(String(FileName)));
  if (!bytes) throw rpcError(call.cmdlet, call.server.name, `The file '${String(FileName)}' cannot be found.`);
  return bytes;
}

/** First it tries to complete a pending request. // [L15] 15.1 */
async function completed(call: Call, target: Server, data: Uint8Array): Promise<StoredCertificate | null> {
  const certificate = bareCertificate(data);
  if (!certificate) return null;
  const index = target.requests.findIndex((request) => request.publicKeySha256 === certificate.publicKeySha256);
  const request = target.requests[index];
  // A bare certificate without a pending request ends up without a key. // [L15] 15.1
  if (!request) return stored(certificate, { friendlyName: friendlyName(call) });
  if (!trustedChain(target, certificate))
    throw rpcError(
      call.cmdlet,
      target.name,
      "A certificate chain processed, but terminated in a root certificate which is not trusted by the trust provider.",
    );
  if (!call.values.WhatIf) target.requests.splice(index, 1);
  return stored(certificate, {
    privateKey: request.privateKey,
    exportable: request.exportable,
    friendlyName: friendlyName(call) || request.friendlyName,
  });
}

async function imported(call: Call, target: Server, data: Uint8Array): Promise<StoredCertificate> {
  const password = (call.values.Password as SecureText | undefined)?.reveal ?? "";
  try {
    const { certificate, privateKey, keyProvider } = await openPfx(unwrapped(data), password);
    // A PFX that names no key provider gives a CAPI key. // DESIGN.md 3
    const cng = keyProvider !== null && /key storage provider/i.test(keyProvider);
    return stored(certificate, {
      privateKey,
      keyProvider: cng || privateKey.asymmetricKeyType === "ec" ? "CNG" : "CAPI",
      ...(keyProvider ? { providerName: keyProvider } : {}),
      exportable: call.values.PrivateKeyExportable === true,
      friendlyName: friendlyName(call),
    });
  } catch {
    throw rpcError(call.cmdlet, target.name, UNREADABLE);
  }
}

const friendlyName = (call: Call): string => (call.values.FriendlyName as string | undefined) ?? "";

/** DER, PEM or Base64 of one certificate; null when it is something else. */
function bareCertificate(data: Uint8Array): Certificate | null {
  try {
    return readCertificate(Buffer.from(new X509Certificate(unwrapped(data)).raw));
  } catch {
    return null;
  }
}

/** Base64 text stands for its bytes: Export without -BinaryEncoded writes such. */
function unwrapped(data: Uint8Array): Buffer {
  const bytes = Buffer.from(data);
  const text = bytes.subarray(0, 64).toString("latin1");
  if (!/^(MII|MI[A-Z])/.test(text)) return bytes;
  return Buffer.from(bytes.toString("latin1"), "base64");
}
