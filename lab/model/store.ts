/** A Windows certificate store of one server, in store order, with what Exchange asks of each certificate's key. */
import type { KeyObject } from "node:crypto";
import type { Certificate } from "./x509";

/** The machine's stores by their names on Windows. */
export type StoreName = "My" | "Root" | "CA";
export type BoundService = "IIS" | "UM" | "UMCallRouter" | "Federation";

export interface StoredCertificate {
  readonly certificate: Certificate;
  readonly privateKey: KeyObject | null;
  readonly keyProvider: "CAPI" | "CNG" | "none";
  readonly providerName: string | null;
  readonly exportable: boolean;
  /** NETWORK SERVICE may read the private key: Exchange shows this as SMTP. // [L15] 15.1 */
  networkService: boolean;
  friendlyName: string;
  /** Services that are bound by thumbprint. // [L15] 15.1 */
  readonly bound: Set<BoundService>;
  /** `Registry` for what setup made, `None` for the Auth and newly made self-signed certificates. // [PS:Get-ExchangeCertificate] */
  readonly rootCaType?: string;
  /** A copied organisation: what a door presents in its place, to which `privateKey` belongs. */
  readonly lookAlike?: Certificate;
}

export const CAPI_PROVIDER = "Microsoft RSA SChannel Cryptographic Provider";
export const CNG_PROVIDER = "Microsoft Software Key Storage Provider";

/** What a certificate is stored with unless said otherwise: no key, no access, no friendly name. */
export function stored(certificate: Certificate, values: Partial<Omit<StoredCertificate, "certificate">> = {}): StoredCertificate {
  const keyProvider = values.keyProvider ?? (values.privateKey ? "CAPI" : "none");
  return {
    certificate,
    privateKey: values.privateKey ?? null,
    keyProvider,
    providerName: values.providerName ?? (keyProvider === "none" ? null : keyProvider === "CNG" ? CNG_PROVIDER : CAPI_PROVIDER),
    exportable: values.exportable ?? false,
    networkService: values.networkService ?? false,
    friendlyName: values.friendlyName ?? "",
    bound: values.bound ?? new Set(),
    rootCaType: values.rootCaType,
    ...(values.lookAlike ? { lookAlike: values.lookAlike } : {}),
  };
}

/** `revision` grows with every change: cached choices are dropped then. // [L15] 15.3 */
export class CertificateStore {
  private items: StoredCertificate[] = [];
  revision = 0;

  get entries(): readonly StoredCertificate[] {
    return this.items;
  }

  find(thumbprint: string): StoredCertificate | undefined {
    const wanted = thumbprint.replace(/\s/g, "").toUpperCase();
    return this.items.find((item) => item.certificate.thumbprint === wanted);
  }

  add(item: StoredCertificate): void {
    this.items.push(item);
    this.revision++;
  }

  remove(thumbprint: string): boolean {
    const before = this.items.length;
    this.items = this.items.filter((item) => item.certificate.thumbprint !== thumbprint.toUpperCase());
    if (this.items.length === before) return false;
    this.revision++;
    return true;
  }

  clear(): void {
    this.items = [];
    this.revision++;
  }
}
