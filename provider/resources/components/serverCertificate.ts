import * as pulumi from "@pulumi/pulumi";
import { Certificate, type CertificateSettings } from "../certificate";
import type { ConnectionArgs } from "../connection";
import { child } from "./dependencies";
import { hostLabels } from "./labels";

/** Arguments of {@link ServerCertificate}: those of {@link Certificate} with `hosts` instead of `host`. */
export interface ServerCertificateArgs extends CertificateSettings {
  /** The servers, in the order in which they get the certificate. */
  hosts: pulumi.Input<ConnectionArgs>[];
}

/**
 * One certificate on several servers, usually Mailbox servers, one after the other: a certificate that one server
 * refuses does not reach the next. Errors: those of {@link Certificate}. Example: examples/snippets/serverCertificate.ts.
 */
export class ServerCertificate extends pulumi.ComponentResource {
  /** Thumbprints in the order of `hosts`. */
  public readonly thumbprints: pulumi.Output<string[]>;
  /** The certificates inside, in the order of `hosts`. */
  public readonly certificates: readonly Certificate[];

  constructor(name: string, args: ServerCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("exchange:index:ServerCertificate", name, {}, opts);
    const { hosts, ...settings } = args;
    const labels = hostLabels(hosts, "server");
    this.certificates = hosts.reduce<Certificate[]>((made, host, index) => {
      const options = child(this, opts?.dependsOn, made.at(-1));
      return [...made, new Certificate(`${name}-${labels[index]}`, { ...settings, host }, options)];
    }, []);
    this.thumbprints = pulumi.all(this.certificates.map((certificate) => certificate.thumbprint));
    this.registerOutputs({ thumbprints: this.thumbprints });
  }
}
