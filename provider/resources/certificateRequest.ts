import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { LifecycleArgs } from "./lifecycle";

/** Arguments of {@link CertificateRequest}. */
export interface CertificateRequestArgs extends LifecycleArgs {
  /** The server on which the key is born. */
  host: pulumi.Input<ConnectionArgs>;
  /** X.500 subject, e.g. `CN=mail.contoso.com, O=Contoso, C=DE`. */
  subject: pulumi.Input<string>;
  /** DNS names for the request. */
  domainNames: pulumi.Input<pulumi.Input<string>[]>;
  /** RSA key length in bits; default 2048. */
  keySize?: pulumi.Input<number>;
  /** FriendlyName of the request and of its certificate. */
  friendlyName?: pulumi.Input<string>;
  /** Whether the private key may be exported later; default false. */
  exportable?: pulumi.Input<boolean>;
  /** What a delete does with the pending request: `"remove"` or `"keep"`. Unset: what was made goes, what was adopted stays. */
  onDelete?: pulumi.Input<"remove" | "keep">;
}

/**
 * A certificate request whose private key never leaves the server (New-ExchangeCertificate -GenerateRequest).
 * Have `csr` signed, then give both to a {@link Certificate} as `source: {request, certificate}`.
 *
 * Errors: `INVALID_ARGUMENT`, `SUBJECT_EMPTY`, those of the connection. Id: `fqdn\publicKeySha256`.
 * Example: examples/snippets/certificateRequest.ts.
 */
export class CertificateRequest extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("CertificateRequest");

  /** The request (PEM). */
  declare public readonly csr: pulumi.Output<string>;
  /** SHA-256 of the public key (SubjectPublicKeyInfo), upper-case hex. */
  declare public readonly publicKeySha256: pulumi.Output<string>;

  constructor(name: string, args: CertificateRequestArgs, opts?: pulumi.CustomResourceOptions) {
    super("CertificateRequest", name, args, ["csr", "publicKeySha256"], opts);
  }

  /** Reads a request. `id` is `fqdn\publicKeySha256`; `args` gives the connection. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: CertificateRequestArgs,
    opts?: pulumi.CustomResourceOptions,
  ): CertificateRequest {
    return new CertificateRequest(name, args, { ...opts, id });
  }

  /** Whether `value` is a CertificateRequest, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is CertificateRequest {
    return isKind(value, "CertificateRequest");
  }
}
