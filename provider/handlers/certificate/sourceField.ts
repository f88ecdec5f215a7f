/** The check of `source`: exactly one of its forms, no unknown fields, no value in any message. */
import { z } from "zod";
import { hasUnknown, type JsonObject } from "../../base/json";
import { secretRef, validateHost } from "../../remote/hosts";
import { isPath, WRITE_FILE } from "../../remote/secrets";
import type { CheckFailure } from "../types";
import { failure, subjectName, thumbprint, type Field } from "../validation";

type Test = (value: unknown, path: string) => CheckFailure[];
interface Form {
  marker: string;
  fields: { [name: string]: Test };
  required: string[];
}

const schema =
  (type: z.ZodType, expected: string): Test =>
  (value, path) =>
    hasUnknown(value) || type.safeParse(value).success ? [] : [failure("INVALID_ARGUMENT", path, `${path} must be ${expected}.`)];
const text = schema(z.string().trim().min(1), "a non-empty string");
const names = schema(z.array(z.string().trim().min(1)).min(1), "a list of at least one domain name");
/** What `certreq -config` takes, and what the agent lets through (docs/agent-protocol.md). */
const CA = /^[A-Za-z0-9._-]{1,253}\\[^"\\\p{Cc}]{1,128}$/u;
const authority = schema(z.string().regex(CA), 'the server and the name of the authority, "server\\Issuing CA"');
const keySize = schema(z.union([z.literal(1024), z.literal(2048), z.literal(4096)]), "1024, 2048 or 4096");
const secret: Test = (value, path) => (hasUnknown(value) ? [] : secretRef(value, path));
const pfx: Test = (value, path) =>
  typeof value === "string" && isPath(value)
    ? [
        failure(
          "INVALID_ARGUMENT",
          path,
          `${path} must be the container in base64; what is given looks like the path of a file.`,
          WRITE_FILE,
        ),
      ]
    : secret(value, path);
/** A PFX may have an empty password, which is what many tools outside Windows write unasked. */
const pfxPassword: Test = (value, path) => (value === "" ? [] : secret(value, path));
const chain: Test = (value, path) => (Array.isArray(value) ? value.flatMap((one, i) => secret(one, `${path}[${i}]`)) : secret(value, path));
const inner =
  (form: Form): Test =>
  (value, path) =>
    typeof value === "string" && hasUnknown(value) ? [] : shape(value, path, form);

const lifetime = schema(z.int().min(1).max(36_500), "a whole number of days, 1 to 36500");
const SELF_SIGNED: Form = { marker: "selfSigned", fields: { domainNames: names, keySize, lifetime }, required: ["domainNames"] };
/** With a lifetime `certreq` makes it, which takes names as they stand in a certificate (docs/agent-protocol.md); Exchange has rules of its own. */
const DNS_NAME = /^(\*\.)?[a-z0-9_]([a-z0-9_.-]{0,250}[a-z0-9_])?$/i;
const selfSigned: Test = (value, path) => {
  const failures = shape(value, path, SELF_SIGNED);
  const { domainNames, lifetime: given } = (failures.length > 0 ? {} : value) as JsonObject;
  if (given === undefined || !Array.isArray(domainNames)) return failures;
  const [first] = domainNames;
  const wrong = domainNames.find((name) => !hasUnknown(name) && !DNS_NAME.test(String(name)));
  if (wrong !== undefined)
    return [failure("INVALID_ARGUMENT", path, `${path}.domainNames: ${JSON.stringify(wrong)} is no domain name.`, PUNYCODE)];
  if (hasUnknown(first) || String(first).length <= COMMON_NAME) return [];
  const sentence = `${path}.domainNames: the first one becomes the common name and has ${String(first).length} characters; ${COMMON_NAME} is the most.`;
  return [failure("INVALID_ARGUMENT", path, sentence, "Put a shorter name first.")];
};
/** ub-common-name of RFC 5280. */
const COMMON_NAME = 64;
const PUNYCODE =
  "Names are letters, digits, hyphens and dots, with `*.` in front of a wildcard's; an international one is written in its xn-- form.";
const ADCS: Form = {
  marker: "adcs",
  fields: { template: text, ca: authority, domainNames: names, subject: subjectName.test },
  required: ["template", "ca", "domainNames"],
};
const EXPORT: Form = { marker: "export", fields: { host: validateHost, thumbprint: thumbprint.test }, required: ["host", "thumbprint"] };

/** In this order: `request` before PEM, since both have a certificate. */
const FORMS: Form[] = [
  { marker: "pfx", fields: { pfx, password: pfxPassword }, required: ["pfx", "password"] },
  { marker: "request", fields: { request: secret, certificate: secret, chain }, required: ["request", "certificate"] },
  {
    marker: "certificate",
    fields: { certificate: secret, privateKey: secret, privateKeyPassword: secret, chain },
    required: ["certificate", "privateKey"],
  },
  {
    marker: "selfSigned",
    fields: { selfSigned: (value, path) => (typeof value === "string" && hasUnknown(value) ? [] : selfSigned(value, path)) },
    required: ["selfSigned"],
  },
  { marker: "adcs", fields: { adcs: inner(ADCS) }, required: ["adcs"] },
  { marker: "export", fields: { export: inner(EXPORT) }, required: ["export"] },
];

function shape(value: unknown, path: string, form: Form): CheckFailure[] {
  if (!value || typeof value !== "object" || Array.isArray(value)) return [failure("INVALID_ARGUMENT", path, `${path} must be an object.`)];
  const given = value as JsonObject;
  const known = Object.keys(form.fields);
  return [
    ...form.required
      .filter((key) => given[key] === undefined)
      .map((key) => failure("INVALID_ARGUMENT", path, `${path}.${key} is required.`)),
    ...known.filter((key) => given[key] !== undefined).flatMap((key) => form.fields[key](given[key], `${path}.${key}`)),
    ...Object.keys(given)
      .filter((key) => !known.includes(key))
      .map((key) => failure("UNKNOWN_ARGUMENT", path, `${path} has no ${key}; it knows ${known.join(", ")}.`)),
  ];
}

export const sourceField: Omit<Field, "type"> = {
  words: "the source of a certificate",
  secret: true,
  test: (value, path) => {
    if (typeof value === "string" && hasUnknown(value)) return [];
    const keys = value && typeof value === "object" && !Array.isArray(value) ? Object.keys(value) : [];
    const form = FORMS.find((one) => keys.includes(one.marker));
    if (form) return shape(value, path, form);
    const forms = "{pfx, password}, {certificate, privateKey, chain}, {selfSigned}, {adcs}, {request, certificate} or {export}";
    return [failure("INVALID_ARGUMENT", path, `${path} must be ${forms}.`)];
  },
};
