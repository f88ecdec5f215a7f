/** What the tests of a preview's words share. */
import assert from "node:assert/strict";
import type { JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import type { Context } from "../../../provider/handlers/types";
import { keyPem, type Authority } from "../../support/certificates";

export const NOW = new Date("2026-11-22T12:00:00Z");
export const day = (count: number): Date => new Date(NOW.getTime() + count * 86_400_000 + 3_600_000);
export const named = (name: string): JsonObject => ({
  host: `${name}.contoso.com`,
  user: "admin",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
});
export const owner = "shop/prod/x";

/** A PEM source; days from now. */
export async function pemFrom(by: Authority, notBefore: number, notAfter: number, subject = "CN=mail.contoso.com"): Promise<JsonObject> {
  const issued = await by.issue({ subject, domainNames: ["mail.contoso.com"], notBefore: day(notBefore), notAfter: day(notAfter) });
  return { certificate: issued.certificate.pem, privateKey: keyPem(issued) };
}

/** The words of a change from one declaration to another; the old one is what a stack would have. */
export async function words(
  kind: keyof typeof handlers,
  before: JsonObject | null,
  after: JsonObject,
): Promise<{ rotation: string; plan: string[] }> {
  const ctx: Context = { ...createContext(), now: NOW };
  const check = async (olds: JsonObject, news: JsonObject): Promise<JsonObject> => {
    const { inputs, failures } = await handlers[kind].check(ctx, olds, { owner, ...news });
    assert.deepEqual(failures, []);
    return inputs;
  };
  const olds = before ? await check({}, before) : {};
  const { rotation, plan } = await check(olds, after);
  return { rotation: String(rotation), plan: (plan ?? []) as string[] };
}

/** Arguments of a certificate on an Edge. */
export const onEdge = (source: JsonObject, more: JsonObject = {}): JsonObject => ({
  host: named("edge01"),
  organization: named("mbx01"),
  source,
  services: ["SMTP"],
  defaultSmtp: "replace",
  ...more,
});

/** A certificate's sentence with its thumbprints hidden. */
export async function certificateSaid(before: JsonObject | null, next: JsonObject): Promise<string> {
  return (await words("Certificate", before, next)).rotation.replaceAll(/[0-9A-F]{8}…/g, "X…");
}
