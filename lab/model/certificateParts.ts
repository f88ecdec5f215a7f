/** Takes a certificate apart into the elements of which a changed copy is made. */
import { child, readDer, type DerElement } from "../../provider/pki/der";
import type { CertificateParts } from "./derWriter";

/** Serial number, issuer, validity, subject, key and extensions as they stand in the bytes. */
export function partsOf(
  der: Uint8Array,
): CertificateParts & { extensionElements: DerElement[]; subjectElement: DerElement; issuerElement: DerElement } {
  const tbs = child(readDer(der), 0);
  // [0] holds the version; version 1 has none
  const at = tbs.children[0].tag === 0xa0 ? 1 : 0;
  const [serial, , issuer, validity, subject, publicKey] = tbs.children.slice(at);
  const list = tbs.children.find(({ tag }) => tag === 0xa3);
  const extensionElements = list ? child(list, 0).children : [];
  return {
    serial: serial.bytes,
    issuer: issuer.bytes,
    validity: validity.bytes,
    subject: subject.bytes,
    publicKey: publicKey.bytes,
    extensions: extensionElements.map(({ bytes }) => bytes),
    extensionElements,
    subjectElement: subject,
    issuerElement: issuer,
  };
}
