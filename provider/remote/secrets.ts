/** Secrets are resolved late, in the process that needs them, and every one is known to the redactor from then on. */
import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, normalize, resolve } from "node:path";
import { ExchangeError } from "../base/errors";
import { registerSecret } from "../base/redact";
import { decodeText, plainText } from "../base/text";
import { kindOf } from "../pki/kinds";
import type { SecretRef } from "./hosts";

/** Looks a stack configuration key up. */
export type ConfigLookup = (key: string) => string | undefined | Promise<string | undefined>;

/** Where references lead to. */
export interface SecretSources {
  /** Stack configuration; default: what `setConfig` was given. */
  config?: Record<string, string>;
  /** Folder that relative files start from; default: the process's. */
  cwd?: string;
  /** Default: the process's environment. */
  env?: NodeJS.ProcessEnv;
}

let configLookup: ConfigLookup | undefined;

/** Tells where `{config: "key"}` is looked up: the dynamic provider's `configure()` calls this. */
export function setConfig(lookup: ConfigLookup | undefined): void {
  configLookup = lookup;
}

/**
 * The text of a secret; of a file without byte order mark and without the line break at its end, in UTF-8 or UTF-16.
 * Throws SECRET_UNAVAILABLE, which names the reference only.
 */
export async function resolveSecret(ref: SecretRef, sources: SecretSources = {}): Promise<string> {
  const value = typeof ref === "string" ? ref : textOf(ref, await read(ref, sources));
  if (value === "") throw unavailable(describeRef(ref), "is empty");
  registerSecret(value);
  return value;
}

function textOf(ref: Exclude<SecretRef, string>, bytes: Buffer): string {
  if (!("file" in ref)) return bytes.toString("utf8");
  const text = decodeText(bytes);
  if (text !== undefined) return text.replace(/[\r\n]+$/, "");
  const kind = kindOf(bytes);
  throw unavailable(describeRef(ref), `holds ${kind ? kind.what : "bytes"} where text is expected`, kind?.wayOut);
}

/** What a reference leads to where it is no secret, a certificate for example: the text that is given, or the bytes of the file. */
export async function resolvePublic(ref: SecretRef, sources: SecretSources = {}): Promise<string | Buffer> {
  return typeof ref === "string" ? ref : read(ref, sources);
}

/** A secret that may be text or, as `{file}`, bytes: a key in DER. */
export async function resolveSecretContent(ref: SecretRef, sources: SecretSources = {}): Promise<string | Buffer> {
  const content = await resolvePublic(ref, sources);
  if (content.length === 0) throw unavailable(describeRef(ref), "is empty");
  registerSecret(content);
  return content;
}

/** The password of a PFX: unlike any other secret it may be empty, where it is written so in the program. */
export async function resolvePfxPassword(ref: SecretRef, sources: SecretSources = {}): Promise<string> {
  return ref === "" ? "" : resolveSecret(ref, sources);
}

/**
 * The bytes of a secret that is written as base64; a `{file}` may hold the bytes themselves (a PFX or DER file).
 * Throws SECRET_UNAVAILABLE, also for what is not base64.
 */
export async function resolveSecretBytes(ref: SecretRef, sources: SecretSources = {}): Promise<Buffer> {
  const raw = typeof ref === "string" ? Buffer.from(ref, "utf8") : await read(ref, sources);
  const isFile = typeof ref !== "string" && "file" in ref;
  // PEM in a PFX's place is no lost secret: whoever reads it says what it is, and what to do.
  const bytes = fromText(raw) ?? (isFile || raw.includes("-----BEGIN ") ? raw : undefined);
  if (!bytes || bytes.length === 0) {
    if (isFile && raw.length === 0)
      throw unavailable(describeRef(ref), "is empty", "Write the certificate and its key into it as PKCS#12 (PFX), or name another file.");
    const path = isPath(raw.toString("utf8"));
    throw unavailable(
      describeRef(ref),
      path ? "holds what looks like the path of a file" : "does not hold base64",
      path ? WRITE_FILE : ENCODE,
    );
  }
  registerSecret(bytes);
  return bytes;
}

/** What to write instead of the path itself. */
export const WRITE_FILE = 'Give the file by reference: {file: "certificates/edge.pfx"}; it may hold the bytes as they are.';
const ENCODE = 'Give the bytes in base64, or the file by reference: {file: "certificates/edge.pfx"}.';

/** Whether a text that should be base64 is rather a file's path. */
export function isPath(value: string): boolean {
  if (value.length > 260 || /[\r\n]/.test(value.trim()) || fromBase64(Buffer.from(value, "utf8"))) return false;
  return /[\\/]/.test(value) || /\.[A-Za-z0-9]{1,5}$/.test(value.trim());
}

/** `the environment variable PFX_PASSWORD`: a reference in words, never a value. */
export function describeRef(ref: SecretRef): string {
  if (typeof ref === "string") return "the given value";
  if ("env" in ref) return `the environment variable ${ref.env}`;
  if ("file" in ref) return `the file ${ref.file}`;
  return `the configuration key ${ref.config}`;
}

async function read(ref: Exclude<SecretRef, string>, sources: SecretSources): Promise<Buffer> {
  if ("file" in ref) return readSecretFile(ref.file, sources.cwd ?? process.cwd());
  const value = "env" in ref ? (sources.env ?? process.env)[ref.env] : await fromConfig(ref.config, sources.config);
  if (value === undefined) throw unavailable(describeRef(ref), "is not set");
  return Buffer.from(value, "utf8");
}

async function readSecretFile(file: string, cwd: string): Promise<Buffer> {
  try {
    return await readFile(filePath(file, cwd));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? "error";
    throw unavailable(`the file ${file}`, `cannot be read (${code})${resolvedFrom(file, cwd)}`);
  }
}

/**
 * Where a file reference leads: `~` and, on any system, `%NAME%` and `$env:NAME` as Windows' shells write them; what is relative starts
 * in `cwd`.
 */
export function filePath(file: string, cwd = process.cwd(), env: NodeJS.ProcessEnv = process.env): string {
  const home = file.replace(/^~(?=$|[\\/])/, () => homedir());
  const full = home.replace(/%([A-Za-z_][\w()]*)%|\$env:([A-Za-z_]\w*)/g, (all: string, one?: string, other?: string) => {
    const wanted = (one ?? other)!.toLowerCase();
    const name = Object.keys(env).find((key) => key.toLowerCase() === wanted);
    return (name !== undefined ? env[name] : wanted === "userprofile" ? homedir() : undefined) ?? all;
  });
  return isAbsolute(full) ? normalize(full) : resolve(cwd, full);
}

function resolvedFrom(file: string, cwd: string): string {
  const path = filePath(file, cwd);
  if (path === file) return "";
  return `: it is ${path}${path === resolve(cwd, file) ? `, relative to the folder ${cwd}` : ""}`;
}

async function fromConfig(key: string, config?: Record<string, string>): Promise<string | undefined> {
  return config?.[key] ?? (await configLookup?.(key));
}

/** The bytes of a text: base64, or whatever armour `certutil -encode` or a mail put around it. */
function fromText(raw: Buffer): Buffer | undefined {
  const text = decodeText(raw);
  if (text === undefined) return undefined;
  const plain = plainText(text).trim();
  const [, body] = /^-----BEGIN [A-Z0-9 ]+-----([\s\S]+)-----END [A-Z0-9 ]+-----$/.exec(plain) ?? [];
  // armour is taken off where a PFX is in it; a certificate or a key keeps its own, so that it is named for what it is
  if (body !== undefined) return kindOf(plain)?.name === "pfx" ? fromBase64(Buffer.from(body)) : undefined;
  return fromBase64(Buffer.from(plain));
}

/** base64 text (line breaks allowed) → bytes; undefined for anything else, a DER file included. */
function fromBase64(raw: Buffer): Buffer | undefined {
  const text = raw.toString("latin1").replace(/\s+/g, "");
  if (text.length === 0 || text.length % 4 !== 0 || !/^[A-Za-z0-9+/]+={0,2}$/.test(text)) return undefined;
  return Buffer.from(text, "base64");
}

function unavailable(what: string, why: string, hint?: string): ExchangeError {
  return new ExchangeError("SECRET_UNAVAILABLE", `A secret is missing: ${what} ${why}.`, { hint });
}
