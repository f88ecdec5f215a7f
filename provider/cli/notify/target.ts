/** Where a notice goes. A webhook's address is a secret: it is named by reference, and never printed. */
import { ExchangeError } from "../../base/errors";
import { registerSecret } from "../../base/redact";
import { resolveSecret } from "../../remote/secrets";

export type Form = "json" | "teams" | "slack" | "mail";
export const FORMS: readonly Form[] = ["json", "teams", "slack", "mail"];

export type Target = { kind: "url"; url: URL; open: boolean } | { kind: "command"; command: string };

const REFERENCE = /^(env|file):(.+)$/s;
const URL_LIKE = /^https?:\/\//i;

/** `env:NAME` and `file:path` lead to a URL; a URL may stand there itself (`open`: others see it in the list of processes); else a command. */
export async function targetOf(text: string): Promise<Target> {
  const [, kind, name] = REFERENCE.exec(text) ?? [];
  if (kind !== undefined) {
    const value = (await resolveSecret(kind === "env" ? { env: name } : { file: name })).trim();
    return { kind: "url", url: parsed(value, text), open: false };
  }
  if (URL_LIKE.test(text)) return { kind: "url", url: parsed(text.trim(), "--notify"), open: true };
  return { kind: "command", command: text };
}

function parsed(value: string, named: string): URL {
  registerSecret(value);
  if (URL_LIKE.test(value) && URL.canParse(value)) {
    const url = new URL(value);
    // however a message may print it
    for (const part of [url.href, url.pathname, url.search]) if (part.length > 8) registerSecret(part);
    return url;
  }
  throw new ExchangeError("INVALID_ARGUMENT", `${named} leads to no http:// or https:// address.`, {
    hint: "Put the webhook's whole address there.",
  });
}

/** By the host of a known webhook, else the whole JSON document. */
export function formOf(target: Target, given: Form | undefined): Form {
  if (given) return given;
  if (target.kind === "command") return "json";
  const { hostname } = target.url;
  if (/(^|\.)hooks\.slack\.com$/i.test(hostname)) return "slack";
  if (/(^|\.)(webhook\.office\.com|logic\.azure\.com|powerplatform\.com)$/i.test(hostname)) return "teams";
  return "json";
}
