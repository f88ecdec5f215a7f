import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs, Secret, SecretReference } from "./connection";

/** A PKCS#12 container with certificate, private key and, usually, its chain. Errors: `PFX_PASSWORD_WRONG`, `PFX_WITHOUT_KEY`, `PFX_UNREADABLE`, `PFX_TOO_EXPENSIVE`. */
export interface PfxSourceArgs {
  /** The container in base64, or a reference; a `{file}` may hold raw DER. Its chain is installed as {@link PemSourceArgs.chain} is. */
  pfx: pulumi.Input<Secret>;
  /** Its password; a string (empty for a container without one) or a reference. */
  password: pulumi.Input<Secret>;
}

/** PEM texts. Errors: `PEM_UNREADABLE`, `KEY_MISMATCH`. */
export interface PemSourceArgs {
  /** The certificate (PEM), or a reference to it. */
  certificate: pulumi.Input<string | SecretReference>;
  /** Its private key (PEM); a string or a reference. */
  privateKey: pulumi.Input<Secret>;
  /** Password of an encrypted private key; a string or a reference. */
  privateKeyPassword?: pulumi.Input<Secret>;
  /**
   * Certificates of the issuers (PEM, several in one text); installed in the host's CA and Root stores first, at once and without
   * taking an Edge out of service. Transport passes an installed certificate over while its root is not trusted: with the root it may
   * present that certificate at STARTTLS from the next session on, also where this is all that a run does.
   */
  chain?: pulumi.Input<string | SecretReference>;
}

/**
 * A certificate that the server signs itself: by New-ExchangeCertificate, which makes it for 60 months, or with `lifetime` by `certreq`.
 * Errors: `CERTIFICATE_NOT_MADE`. Example: examples/snippets/selfSigned.ts.
 */
export interface SelfSignedSourceArgs {
  selfSigned: pulumi.Input<{
    /** Names of the certificate; the first becomes the subject. */
    domainNames: pulumi.Input<pulumi.Input<string>[]>;
    /** RSA key length in bits: 1024, 2048 or 4096; default 2048. */
    keySize?: pulumi.Input<number>;
    /**
     * For how many days it is valid, 1 to 36500, from the moment it is made; default: what Exchange makes, 60 months. New-ExchangeCertificate
     * has no parameter for it, so `certreq` makes such a certificate on the server: its key is born there, in the CryptoAPI provider that
     * EdgeSync needs. Another number makes another certificate. Set `renewBefore`, too: else nobody renews it.
     */
    lifetime?: pulumi.Input<number>;
  }>;
}

/** A certificate of an Active Directory Certificate Services CA: requested on the server, submitted with `certreq`. */
export interface AdcsSourceArgs {
  adcs: pulumi.Input<{
    /** Name of the certificate template. */
    template: pulumi.Input<string>;
    /** Configuration string of the CA, `server\CA name`. */
    ca: pulumi.Input<string>;
    /** Names of the certificate. */
    domainNames: pulumi.Input<pulumi.Input<string>[]>;
    /** X.500 subject; default the first domain name as common name. */
    subject?: pulumi.Input<string>;
  }>;
}

/** The signed answer to a {@link CertificateRequest} whose key was born on the server. */
export interface RequestSourceArgs {
  /** The request's `publicKeySha256`, its `csr`, or the file of the request. The answer is found by its key (`KEY_MISMATCH`). */
  request: pulumi.Input<string | SecretReference>;
  /**
   * What the authority answered: PEM, PKCS#7 (PEM or DER), DER or base64, as text or `{file}`; certificates of its issuers may stand in
   * it in any order.
   */
  certificate: pulumi.Input<string | SecretReference>;
  /** Certificates of the issuers in the same forms; those on the path to the root are installed first, as {@link PemSourceArgs.chain} is. */
  chain?: pulumi.Input<string | SecretReference>;
}

/** A certificate exported from a server inside and streamed in memory; its key must be exportable. */
export interface ExportSourceArgs {
  export: pulumi.Input<{
    /** The server that holds the certificate with its key. */
    host: pulumi.Input<ConnectionArgs>;
    /** Thumbprint of the certificate there. */
    thumbprint: pulumi.Input<string>;
  }>;
}

/** Where a certificate comes from: exactly one of these forms. */
export type CertificateSourceArgs =
  PfxSourceArgs | PemSourceArgs | SelfSignedSourceArgs | AdcsSourceArgs | RequestSourceArgs | ExportSourceArgs;
