/**
 * Subscription files of an Edge that does not exist, made out of one that the throw-away Edge wrote: what an import judges shows without
 * a second machine. What was taken is removed at once.
 */
import { randomBytes } from "node:crypto";
import { asExchangeError, isExchangeError } from "../../../base/errors";
import { waitUntilPast } from "../../../exchange/clocks";
import { exportSubscription, importSubscription, listSubscriptions, removeSubscription } from "../../../exchange/subscriptions";
import { makeSelfSigned, writeSerialisedCertificate } from "../../../pki";
import { notSeen, seen, type Answer } from "../answers";
import { datesOf, edgeNow, freshName } from "../edge/bench";
import { one, type Question } from "../edge/questions";
import type { Site } from "./site";

const NAME = /^PX[0-9A-F]{10}$/;

/** How a made-up file differs from the real one, beside its names. */
interface Changes {
  /** Another certificate than the Edge's. */
  fresh?: boolean;
  version?: "build" | "minor";
}

const MINOR = { shift: 16, mask: 0x3f };
const BUILD_MASK = 0x7fff;

/** VersionNumber packs minor (bits 16–21) and build (0–14); SerialNumber prints them (exchange.md 15.5). */
function otherVersion(file: string, part: "build" | "minor"): string {
  const packed = (text: string): string => {
    const number = Number(text);
    const build = ((number & BUILD_MASK) + 1000) & BUILD_MASK;
    const minor = ((number >> MINOR.shift) + 7) & MINOR.mask;
    const changed = part === "build" ? (number & ~BUILD_MASK) | build : (number & ~(MINOR.mask << MINOR.shift)) | (minor << MINOR.shift);
    return String(changed >>> 0);
  };
  const printed = (_all: string, major: string, minor: string, build: string): string =>
    part === "build"
      ? `Version ${major}.${minor} (Build ${Number(build) + 1000}.`
      : `Version ${major}.${Number(minor) + 7} (Build ${build}.`;
  return file
    .replace(/(<VersionNumber>\s*)(\d+)/, (_all, tag: string, number: string) => tag + packed(number))
    .replace(/Version (\d+)\.(\d+) \(Build (\d+)\./, printed);
}

async function madeUp(site: Site, file: string, { fresh, version }: Changes): Promise<{ name: string; file: Buffer }> {
  const name = `PX${randomBytes(5).toString("hex").toUpperCase()}`;
  let text = file
    .replace(/(<EdgeServerName>)[^<]*/, `$1${name}`)
    .replace(/(<EdgeServerFQDN>)[^<]*/, `$1${name.toLowerCase()}.conformance.invalid`);
  if (fresh) {
    const { certificate } = await makeSelfSigned(freshName(), ...(await datesOf(site)));
    text = text.replace(/(<EdgeCertificateBlob>)[^<]*/, `$1${writeSerialisedCertificate(certificate.der).toString("base64")}`);
  }
  return { name, file: Buffer.from(version ? otherVersion(text, version) : text, "utf8") };
}

/** Null where the organisation takes the file, else the refusal. */
async function refused(site: Site, original: string, changes: Changes): Promise<string | null> {
  const { name, file } = await madeUp(site, original, changes);
  try {
    await importSubscription(site.insideLeased, { file, site: site.before.site, createInternet: false, createInbound: false });
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED")) return asExchangeError(error).sentence;
    throw error;
  }
  await removeSubscription(site.insideLeased, name);
  return null;
}

/** A file that the organisation takes when only its names and its key are made up: else nothing can be told from a refusal. */
async function original(site: Site): Promise<{ file: string } | { why: string }> {
  const file = (await exportSubscription(site.leased)).toString("utf8");
  await waitUntilPast(site.inside.session, await edgeNow(site), site.signal);
  const refusal = await refused(site, file, { fresh: true });
  return refusal === null ? { file } : { why: `a file of a made-up Edge is refused: ${refusal}` };
}

async function edgesMayShareKey(site: Site): Promise<Answer> {
  const taken = await original(site);
  if ("why" in taken) return notSeen(taken.why);
  return (await refused(site, taken.file, {})) === null
    ? seen(true, "a made-up Edge with the key of the throw-away Edge is subscribed")
    : seen(false, "a made-up Edge with the key of the throw-away Edge is refused, one with a key of its own is not");
}

async function subscriptionVersion(site: Site): Promise<Answer> {
  const taken = await original(site);
  if ("why" in taken) return notSeen(taken.why);
  if ((await refused(site, taken.file, { fresh: true, version: "build" })) !== null)
    return seen("build", "an Edge of another build is refused");
  if ((await refused(site, taken.file, { fresh: true, version: "minor" })) !== null)
    return seen("minor", "an Edge of another build is subscribed, one of another minor version is refused");
  return seen("major", "an Edge of another minor version is subscribed");
}

/** What a run that was killed between import and removal has left. */
export async function removeMadeUp({ insideLeased }: Site): Promise<void> {
  for (const { name } of await listSubscriptions(insideLeased)) if (NAME.test(name)) await removeSubscription(insideLeased, name);
}

export const MADE_UP_QUESTIONS: readonly Question<Site>[] = [
  one("edgesMayShareKey", edgesMayShareKey),
  one("subscriptionVersion", subscriptionVersion),
];
