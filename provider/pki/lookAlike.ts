/**
 * Look-alikes: certificates that a copy of an organisation (`npx pulumi-exchange snapshot`) presents at its doors, because it has no key
 * of the real ones. A look-alike has the names, dates, serial number and extensions of the certificate that it stands for, another key,
 * and that certificate itself in an extension of its own, so that whoever looks at such a door can say which one is meant.
 */
import { child, DerError, octets, oidText, readDer, type DerElement } from "./der";

/** An object identifier below 2.25 needs no registration (X.667). */
export const LOOK_ALIKE_OID = "2.25.225015750442353591866381975516762962767";

const EXTENSIONS = 0xa3;

/** DER of the certificate that a look-alike stands for; null where `der` is none. Never ask it outside of a copy: anybody can make one. */
export function originalOf(der: Uint8Array): Buffer | null {
  try {
    const list = child(readDer(der), 0).children.find(({ tag }) => tag === EXTENSIONS);
    const own = list && child(list, 0).children.find((extension) => oidText(child(extension, 0)) === LOOK_ALIKE_OID);
    return own ? Buffer.from(octets(valueOf(own))) : null;
  } catch (error) {
    if (error instanceof DerError) return null;
    throw error;
  }
}

/** An extension's last part; a critical flag may stand before it. */
const valueOf = (extension: DerElement): DerElement => child(extension, extension.children.length - 1);
