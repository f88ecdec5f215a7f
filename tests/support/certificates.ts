/** Certificates and containers for tests; RSA keys are ready-made, because making them is slow. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import {
  Authority,
  AuthorityOptions,
  createAuthority,
  IssuedCertificate,
  IssueOptions,
  KeyPair,
  selfSigned,
  SubjectInput,
} from "../../lab/model/authority";
import { Certificate, readCertificate, writePfx } from "../../provider/pki";
import { readyKey } from "./keys";

export type { Authority, IssuedCertificate, IssueOptions, KeyPair, SubjectInput };

/**
 * An RSA key of 2048 bits out of a pool of four, the next one with every call. Two certificates that must differ
 * in their keys may be made one after the other.
 */
export function pooledKey(): Promise<KeyPair> {
  return Promise.resolve(readyKey("test"));
}

/** A root authority, or an intermediate of `parent`, with a pooled key. */
export async function makeAuthority(
  subject: SubjectInput = "CN=Contoso Test Root CA, O=Contoso, C=US",
  options: Omit<AuthorityOptions, "subject"> = {},
): Promise<Authority> {
  return createAuthority({ subject, key: await pooledKey(), ...options });
}

/** A certificate of `authority` with a pooled key; the SAN is the subject's common name unless given. */
export async function makeLeaf(authority: Authority, options: Partial<IssueOptions> = {}): Promise<IssuedCertificate> {
  return authority.issue({ ...withDefaults(options), key: options.key ?? (await pooledKey()) });
}

/** A self-signed certificate with a pooled key. */
export async function makeSelfSigned(options: Partial<IssueOptions> = {}): Promise<IssuedCertificate> {
  return selfSigned({ ...withDefaults(options), key: options.key ?? (await pooledKey()) });
}

function withDefaults(options: Partial<IssueOptions>): IssueOptions {
  const subject = options.subject ?? "CN=edge01.contoso.com";
  const name = typeof subject === "string" ? /CN=([^,]+)/.exec(subject)?.[1] : undefined;
  return { domainNames: name ? [name] : [], ...options, subject };
}

/** A private key as PKCS#8 PEM. */
export function keyPem(issued: Pick<IssuedCertificate, "privateKey">): string {
  return issued.privateKey.export({ format: "pem", type: "pkcs8" }) as string;
}

/** A PFX of the provider's own writer. */
export function makePfx(issued: IssuedCertificate, password: string, algorithm: "3des" | "aes256" = "aes256"): Promise<Buffer> {
  return writePfx({ ...issued, password, algorithm });
}

/** Whether the `openssl` program can be started. */
export function hasOpenssl(): boolean {
  return (found ??= spawnSync("openssl", ["version"], { stdio: "ignore" }).status === 0);
}
let found: boolean | undefined;

/** Whether this OpenSSL still has RC2 (`-legacy`). */
export function hasLegacyOpenssl(): boolean {
  if (!hasOpenssl()) return false;
  return spawnSync("openssl", ["list", "-providers", "-provider", "legacy"], { stdio: "ignore" }).status === 0;
}

/** Runs `openssl` in a folder of its own, with these files in it; returns the file `out`. */
export function openssl(args: string[], files: Record<string, string | Uint8Array> = {}, out = "out"): Buffer {
  const folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-openssl-"));
  try {
    for (const [name, content] of Object.entries(files)) writeFileSync(path.join(folder, name), content);
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
    return readFileSync(path.join(folder, out));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A self-signed certificate with a key of another kind, made by `openssl`. `kind`: EC curve name or `ed25519`. */
export function makeOpensslCertificate(kind = "prime256v1", subject = "/CN=ec.contoso.com"): PemPair {
  const algorithm = kind === "ed25519" ? ["-algorithm", kind] : ["-algorithm", "EC", "-pkeyopt", `ec_paramgen_curve:${kind}`];
  const key = openssl(["genpkey", ...algorithm, "-out", "out"]).toString();
  const request = ["req", "-x509", "-new", "-key", "key", "-subj", subject, "-days", "30", "-out", "out"];
  const pem = openssl(request, { key }).toString();
  return { certificate: readCertificate(pem), keyPem: key };
}

export interface PemPair {
  certificate: Certificate;
  keyPem: string;
}

/** A PFX written by `openssl pkcs12 -export` with extra arguments (`-certpbe`, `-macalg`, `-iter`, …). */
export function makeOpensslPfx(
  pair: { certificate: Certificate; keyPem: string; chain?: Certificate[] },
  password: string,
  extra: string[] = [],
): Buffer {
  const files = {
    cert: pair.certificate.pem,
    key: pair.keyPem,
    chain: (pair.chain ?? []).map(({ pem }) => pem).join(""),
    password,
  };
  const chain = pair.chain?.length ? ["-certfile", "chain"] : [];
  const passout = password === "" ? "pass:" : "file:password";
  const args = ["pkcs12", "-export", "-in", "cert", "-inkey", "key", ...chain, "-passout", passout, "-out", "out"];
  return openssl([...args, ...extra], files);
}
