/** Copies of Edge certificates on Mailbox servers: Set-SendConnector must find there what it is to name. */
import * as pulumi from "@pulumi/pulumi";
import { ExchangeError } from "../../base/errors";
import { Certificate, type CertificateSettings, type LookAhead } from "../certificate";
import type { ConnectionArgs } from "../connection";
import type { CertificateSourceArgs } from "../source";
import { child, type Dependencies } from "./dependencies";
import { hostLabels } from "./labels";

/** A certificate to copy, and the Edge that it is for. */
export interface Original {
  /** Part of the copy's name where there are several different certificates. */
  label: string;
  edge: pulumi.Input<ConnectionArgs>;
  settings: CertificateSettings;
  /** For copies that are made first of all. */
  lookAhead?: LookAhead;
}

/** Sources whose key is born on the server that they are deployed to. */
const GENERATED = ["selfSigned", "adcs", "request"] as const;

/**
 * Whether the copy comes from the same source, or can only be carried over from the Edge that generated it. An Output (or a Promise)
 * does not show yet what it holds, and what waits for what is settled now: it counts as portable, and {@link portable} looks later.
 */
export function isPortable(settings: CertificateSettings): boolean {
  const source = settings.source as object;
  return !GENERATED.some((kind) => kind in source);
}

/** The source as a copy takes it: from a generated one, every server would make or seek another certificate. */
function portable(source: pulumi.Input<CertificateSourceArgs>): pulumi.Input<CertificateSourceArgs> {
  if (isPlain(source)) return source;
  return (pulumi.output(source) as pulumi.Output<CertificateSourceArgs>).apply((known) => {
    const kind = GENERATED.find((one) => one in known);
    if (kind === undefined) return known;
    const sentence = `The source of Mailbox copies (mailboxHosts) cannot be an Output that holds {${kind}}.`;
    throw new ExchangeError("INVALID_ARGUMENT", sentence, {
      hint: `Write the object {${kind}: …} in the program; what is inside it may be Outputs.`,
    });
  });
}

/** One copy a Mailbox server and different certificate, installed only. */
export function makeCopies(
  parent: pulumi.ComponentResource,
  name: string,
  hosts: readonly pulumi.Input<ConnectionArgs>[],
  originals: readonly Original[],
  ...after: Dependencies[]
): Certificate[] {
  const labels = hostLabels(hosts, "mailbox");
  return distinct(originals).flatMap((original, index) =>
    hosts.map((host, at) => {
      const suffix = index === 0 ? "" : `-${original.label}`;
      const { source, services: copyFor, friendlyName, exportable, onUnreachable, sendConnectors } = original.settings;
      const { lookAhead } = original;
      const quiet = { copyFor, sendConnectors, lookAhead };
      const args = { host, source: portable(source), services: [], friendlyName, exportable, onUnreachable, ...quiet };
      return new Certificate(`${name}-${labels[at]}-certificate${suffix}`, args, child(parent, ...after));
    }),
  );
}

/** Copies of a certificate that was generated on an Edge: exported there once it exists. */
export function carryCopies(
  parent: pulumi.ComponentResource,
  name: string,
  hosts: readonly pulumi.Input<ConnectionArgs>[],
  original: Original,
  certificate: Certificate,
): Certificate[] {
  const source = { export: { host: original.edge, thumbprint: certificate.thumbprint } };
  return makeCopies(parent, name, hosts, [{ ...original, lookAhead: undefined, settings: { ...original.settings, source } }], certificate);
}

function distinct(originals: readonly Original[]): Original[] {
  return originals.filter((one, index) => originals.findIndex((other) => equal(other.settings.source, one.settings.source)) === index);
}

/** Equal as the program wrote them; Outputs only if they are the same one. */
function equal(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (!isPlain(a) || !isPlain(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => key in b && equal(a[key], b[key]));
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return value !== null && typeof value === "object" && Object.getPrototypeOf(value) === Object.prototype;
}
