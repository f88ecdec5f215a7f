/** `check` and `diff` of send connector TLS settings: offline. */
import { hasUnknown, same, type Json, type JsonObject } from "../../base/json";
import { sameTlsCertificateName } from "../../pki";
import { ANY, planLines, stepsOf } from "../../rotation/order";
import { serverName } from "../outcome";
import { changeWords, equalSetting } from "../settings";
import { failure, validate } from "../validation";
import type { CheckFailure, CheckResult, Context, DiffResult } from "../types";
import { FIELDS, OWNED, withDefaults } from "./inputs";
import { GOES, mayLose } from "./tlsDomain";

const DERIVED = ["rotation", "plan"] as const;
const QUIET = ["host", "after", "onDelete", "onUnreachable", "owner"];

export function checkConnector(_ctx: Context, olds: JsonObject, news: JsonObject): CheckResult {
  const failures = [...validate(news, FIELDS, DERIVED), ...combination(news)];
  const inputs = withDefaults(news);
  for (const name of DERIVED) delete inputs[name];
  if (failures.length > 0 || hasUnknown([inputs.connector, inputs.tlsCertificateName])) return { inputs, failures };
  return { inputs: { ...inputs, ...words(olds, inputs) }, failures };
}

/** What Exchange itself refuses together (exchange.md 15.4). */
function combination(news: JsonObject): CheckFailure[] {
  if (hasUnknown([news.tlsAuthLevel, news.requireTls, news.tlsDomain])) return [];
  const result: CheckFailure[] = [];
  if (news.tlsAuthLevel !== undefined && news.requireTls === false) {
    result.push(failure("INVALID_ARGUMENT", "tlsAuthLevel", "tlsAuthLevel needs requireTls."));
  }
  if (news.tlsDomain !== undefined && news.tlsAuthLevel !== undefined && news.tlsAuthLevel !== "DomainValidation") {
    result.push(failure("INVALID_ARGUMENT", "tlsDomain", 'tlsDomain needs tlsAuthLevel "DomainValidation".'));
  }
  return result;
}

const thumbprints = (inputs: JsonObject): unknown[] =>
  (Array.isArray(inputs.sources) ? inputs.sources : []).map((one) => (one as JsonObject | null)?.thumbprint);
const meaning = (inputs: JsonObject): JsonObject =>
  ({
    ...Object.fromEntries(Object.keys(OWNED).map((name) => [name, inputs[name] ?? null])),
    thumbprints: thumbprints(inputs),
  }) as JsonObject;

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const fresh = Object.keys(olds).length === 0;
  if (!fresh && olds.rotation !== undefined && same(meaning(olds), meaning(news))) {
    return { rotation: olds.rotation, ...(olds.plan === undefined ? {} : { plan: olds.plan }) };
  }
  const flips = !fresh && !sameName(olds, news);
  const others = fresh ? [] : Object.keys(OWNED).filter((name) => name !== "tlsCertificateName" && !same(olds[name], news[name]));
  const sets = fresh || flips || others.length > 0;
  const loses = !same(olds.tlsAuthLevel, news.tlsAuthLevel) && mayLose(fresh ? undefined : (olds.tlsAuthLevel ?? undefined), news);
  const rotation = fresh
    ? `first deployment: adopts ${quoted(news)} as it is where it matches, else sets it`
    : sentence(olds, news, flips, others) + (loses ? `; ${GOES}` : "");
  const aim = { ...ANY, organization: serverName(news.host), connector: quoted(news), beside: loses ? GOES : "", looksOnly: !sets };
  return { rotation, plan: planLines(aim, stepsOf("sendConnector")) };
}

const quoted = (news: JsonObject): string => `"${String(news.connector)}"`;

function sentence(olds: JsonObject, news: JsonObject, flips: boolean, others: string[]): string {
  const changed = changeWords(others, olds, news);
  if (flips) {
    const [before, after] = [olds, news].map((one) => String(one.tlsCertificateName ?? "no name"));
    return `${quoted(news)} flips last: ${before} → ${after}${changed ? `; ${changed}` : ""}`;
  }
  return changed
    ? `${quoted(news)}: ${changed}; its name stays`
    : `${quoted(news)} keeps its name; its certificate on every source server is verified`;
}

function sameName(olds: JsonObject, news: JsonObject): boolean {
  const [a, b] = [olds.tlsCertificateName, news.tlsCertificateName];
  return typeof a === "string" && typeof b === "string" ? sameTlsCertificateName(a, b) : (a ?? null) === (b ?? null);
}

/** Outputs hold the connector's real values, so drift of an owned property shows here. */
export function diffConnector(ctx: Context, _id: string, olds: JsonObject, news: JsonObject): DiffResult {
  const name = `"${String(news.connector)}"`;
  if (olds.connector !== news.connector) return { replaces: ["connector"] };
  if (olds.unfinished === true) {
    ctx.note(`[${serverName(news.host)}] unfinished work on ${name} is taken up again`);
    return { changes: true };
  }
  const changed = Object.keys(OWNED).filter((argument) => differs(argument, olds[argument], news[argument]));
  if (changed.length > 0) {
    // check keeps the old words while the declaration is the old one: then it is the connector that moved.
    const drift = olds.rotation !== undefined && olds.rotation === news.rotation;
    ctx.note(`[${serverName(news.host)}] ${drift ? driftWords(changed, olds, news) : String(news.rotation ?? `${name} changes`)}`);
    return drift ? { changes: true } : {};
  }
  if (!same(thumbprints(olds), thumbprints(news))) {
    if (typeof news.rotation === "string") ctx.note(`[${serverName(news.host)}] ${news.rotation}`);
    return {};
  }
  return { changes: [...QUIET, "sources"].some((one) => !same(olds[one], news[one])) };
}

function driftWords(changed: string[], olds: JsonObject, news: JsonObject): string {
  const loses = changed.includes("tlsAuthLevel") && mayLose(olds.tlsAuthLevel, news);
  return `drift: ${changed.join(", ")} of ${quoted(news)} was changed by hand; \`pulumi up\` sets it again${loses ? `; ${GOES}` : ""}`;
}

/** Only arguments that are given are compared: the rest is not ours. */
function differs(argument: string, seen: Json | undefined, wanted: Json | undefined): boolean {
  if (wanted === undefined || wanted === null) return false;
  return hasUnknown(wanted) || !equalSetting(OWNED, argument, seen ?? null, wanted);
}
