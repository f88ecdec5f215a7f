import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "./connection";
import { ExchangeResource, isKind, typeToken } from "./exchangeResource";
import type { After, LifecycleArgs } from "./lifecycle";

/** Arguments of {@link AuthCertificate}. */
export interface AuthCertificateArgs extends LifecycleArgs {
  /** A Mailbox server of the organisation. */
  host: pulumi.Input<ConnectionArgs>;
  /**
   * Days left below which the next Auth certificate is made; default 60. Where it is no shorter than the certificate's life, a third of
   * the life counts.
   */
  renewBefore?: pulumi.Input<number>;
  /**
   * Hours from when the next one is set until Exchange makes it the current one, and from then until the previous one is cleared;
   * default 48, because every server must have it by then. Shorter where the current one ends sooner.
   */
  effectiveAfter?: pulumi.Input<number>;
  /**
   * Hybrid organisations: the thumbprint of the certificate that shall follow, installed on `host` and uploaded to the tenant. Without it
   * nothing is changed there.
   */
  uploadedThumbprint?: pulumi.Input<string>;
  /** `revision`s of what must be done first. */
  after?: After;
}

/**
 * The organisation's OAuth certificate ("Microsoft Exchange Server Auth Certificate"; Get-AuthConfig, Set-AuthConfig). The first `up`
 * adopts what is there. When few days are left it makes the next one and sets it with its date; Exchange's own service publishes it
 * then; a later `up` removes the previous one from every server. No run waits for a date, and no default certificate changes.
 *
 * Only where the current one is unusable (expired, or on no server) it publishes the next one itself. A delete changes nothing.
 * Errors: `ROLE_MISMATCH`, `CMDLET_FAILED`, `CERTIFICATE_NOT_FOUND`. Id: the organisation's name.
 * Source: "Maintain the Exchange Server OAuth certificate"; docs/auth-certificate.md.
 * Example: examples/snippets/authCertificate.ts.
 */
export class AuthCertificate extends ExchangeResource {
  /** Type token, for policies. */
  static readonly __pulumiType = typeToken("AuthCertificate");

  /** Thumbprint of the certificate that signs now; null where the organisation has none. */
  declare public readonly current: pulumi.Output<string | null>;
  /** The one that follows, or null. */
  declare public readonly next: pulumi.Output<string | null>;
  /** When the next one becomes the current one, or null. */
  declare public readonly nextEffective: pulumi.Output<string | null>;
  /** The one before, until it is cleared, or null. */
  declare public readonly previous: pulumi.Output<string | null>;
  /** End of the current one. */
  declare public readonly notAfter: pulumi.Output<string | null>;
  /** Mailbox servers that lack the current or the next one. */
  declare public readonly missingOn: pulumi.Output<string[]>;

  constructor(name: string, args: AuthCertificateArgs, opts?: pulumi.CustomResourceOptions) {
    super("AuthCertificate", name, args, [...SHOWN, "notBefore", "previousSince", "hybrid"], opts);
  }

  /** Reads the authorization configuration. `id` is the organisation's name; `args` gives the connection. */
  static get(name: string, id: pulumi.Input<pulumi.ID>, args: AuthCertificateArgs, opts?: pulumi.CustomResourceOptions): AuthCertificate {
    return new AuthCertificate(name, args, { ...opts, id });
  }

  /** Whether `value` is an AuthCertificate, also when another copy of the package made it. */
  static override isInstance(value: unknown): value is AuthCertificate {
    return isKind(value, "AuthCertificate");
  }
}

const SHOWN = ["current", "next", "nextEffective", "previous", "notAfter", "missingOn"];
