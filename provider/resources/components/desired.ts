/** What can be known of a certificate in the program, before any resource exists. */
import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../../base/errors";
import { describeCertificate, readAnswer, readPemBundle } from "../../pki";
import {
  resolvePfxPassword,
  resolvePublic,
  resolveSecret,
  resolveSecretBytes,
  resolveSecretContent,
  type SecretSources,
} from "../../remote/secrets";
import type { Secret, SecretReference } from "../connection";
import type { CertificateSourceArgs } from "../source";

/** A source once Pulumi has resolved every Input in it. */
interface KnownSource {
  pfx?: Secret;
  password?: Secret;
  certificate?: string | SecretReference;
  privateKey?: Secret;
  privateKeyPassword?: Secret;
  request?: string | SecretReference;
  export?: { thumbprint: string };
}

/**
 * The thumbprint that a source leads to, read in the program: what must happen before the certificate resource does
 * anything cannot wait for that resource's outputs. Errors: `NOT_SUPPORTED` for certificates that are generated on a
 * server, `SECRET_UNAVAILABLE`, and those of `describeCertificate`.
 */
export function desiredThumbprint(source: pulumi.Input<CertificateSourceArgs>): pulumi.Output<string> {
  if ("selfSigned" in source || "adcs" in source) throw notKnowable();
  const known = pulumi.output(source) as pulumi.Output<unknown>;
  // Computed from a secret, but itself in every certificate list.
  return pulumi.unsecret(known.apply((value) => thumbprintOf(value as KnownSource)));
}

async function thumbprintOf(source: KnownSource): Promise<string> {
  const sources = { config: projectConfig() };
  if (source.export) return source.export.thumbprint;
  if (source.certificate !== undefined) return thumbprintOfKey(source as KnownSource & { certificate: string | SecretReference }, sources);
  if (source.pfx !== undefined && source.password !== undefined) {
    const pfx = await resolveSecretBytes(source.pfx, sources);
    return (await describeCertificate({ pfx, password: await resolvePfxPassword(source.password, sources) })).thumbprint;
  }
  throw notKnowable();
}

/** Of a file with the whole chain, in whatever order, the certificate that has the key. */
async function thumbprintOfKey(source: KnownSource & { certificate: string | SecretReference }, sources: SecretSources): Promise<string> {
  const certificate = await resolvePublic(source.certificate, sources);
  if (source.request !== undefined)
    return readAnswer(await resolvePublic(source.request, sources), [certificate], new Date()).certificate.thumbprint;
  if (source.privateKey === undefined) throw notKnowable();
  const privateKey = await resolveSecretContent(source.privateKey, sources);
  const privateKeyPassword = source.privateKeyPassword === undefined ? undefined : await resolveSecret(source.privateKeyPassword, sources);
  return readPemBundle({ certificate, privateKey, privateKeyPassword }).certificate.thumbprint;
}

function notKnowable(): ExchangeError {
  const known = "a PFX, a PEM or an export, not one that a server generates";
  const sentence = `loadBalancer needs a certificate whose thumbprint is known before the rotation: ${known}.`;
  return new ExchangeError("NOT_SUPPORTED", sentence);
}

/** The stack's configuration as {@link resolveSecret} reads it: keys without a namespace are the project's. */
export function projectConfig(): Record<string, string> {
  return new Proxy<Record<string, string>>({}, { get: (_target, key) => pulumi.runtime.getConfig(qualified(String(key))) });
}

function qualified(key: string): string {
  return key.includes(":") ? key : `${pulumi.getProject()}:${key}`;
}
