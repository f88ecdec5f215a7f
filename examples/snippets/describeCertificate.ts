/** What a certificate is, before anything is deployed. */
import { readFileSync } from "node:fs";
import { describeCertificate } from "pulumi-exchange";

/** Days until the certificate in a PEM file expires. */
export function daysLeft(file: string, now: Date): number {
  const { notAfter } = describeCertificate(readFileSync(file, "utf8"));
  return Math.floor((Date.parse(notAfter) - now.getTime()) / 86_400_000);
}
