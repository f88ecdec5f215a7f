/** `rotation` and `plan` of a certificate: what the preview says, from inputs alone. */
import { hasUnknown, type JsonObject } from "../../base/json";
import { remaining, rotationSentence, short, type Known } from "../../rotation/reasons";
import { serverName } from "../outcome";

function known(inputs: JsonObject): Known | null {
  const { thumbprint, issuer, subject, notBefore, notAfter } = inputs;
  if (typeof thumbprint !== "string" || hasUnknown(thumbprint)) return null;
  return { thumbprint, issuer, subject, notBefore, notAfter } as Known;
}

function drains(inputs: JsonObject): boolean {
  const services = Array.isArray(inputs.services) ? inputs.services : [];
  return services.includes("SMTP") && inputs.organization !== undefined && inputs.drain !== "never";
}

/** The sentence, or undefined while the certificate is not known. */
export function sentence(olds: JsonObject, news: JsonObject, now: Date): string | undefined {
  const after = known(news);
  if (!after) return undefined;
  const before = known(olds);
  const server = serverName(news.host);
  if (before && before.thumbprint === after.thumbprint) {
    return `settings of ${short(after.thumbprint)} change on ${server}; ${remaining(after.notAfter, now)}`;
  }
  return rotationSentence({ server, before, after, drains: drains(news) }, now);
}

/** Numbered steps with host, what is interrupted, and the point of no return. */
export function planLines(olds: JsonObject, news: JsonObject): string[] | undefined {
  const after = known(news);
  if (!after) return undefined;
  const server = serverName(news.host);
  const replaces = news.defaultSmtp === "replace";
  const smtp = Array.isArray(news.services) && news.services.includes("SMTP");
  const steps = [
    ...(drains(news) ? [`${server}: suspend transport, let the queues empty, stop it (mail goes through the other Edges meanwhile)`] : []),
    `${server}: install missing chain certificates`,
    `${server}: import ${short(after.thumbprint)}${smtp ? " and let NETWORK SERVICE read its key" : ""}`,
    ...(smtp && replaces
      ? [
          `${server}: enable SMTP and make it the default (point of no return without the old key: EdgeSync needs a new subscription from here)`,
        ]
      : []),
    ...(smtp && !replaces ? [`${server}: check that SMTP shows and the default stays`] : []),
    ...(drains(news)
      ? [news.drain === "hold" ? `${server}: stays out of service until its TransportService` : `${server}: start transport`]
      : []),
  ];
  return steps.map((step, index) => `${index + 1}. ${step}`);
}
