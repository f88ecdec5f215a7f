/** What a preview says of send connector TLS settings: offline. */
import { hasUnknown, same, type JsonObject } from "../../base/json";
import { sameTlsCertificateName } from "../../pki";
import { ANY, planLines, stepsOf } from "../../rotation/order";
import { changed } from "../arguments";
import type { Offline } from "../offline";
import { serverName } from "../outcome";
import { changeWords, differing } from "../settings";
import { failure } from "../validation";
import type { CheckFailure } from "../types";
import { ARGUMENTS, OWNED } from "./inputs";
import { GOES, mayLose } from "./tlsDomain";

export const OFFLINE: Offline = {
  name: "SendConnectorTls",
  arguments: ARGUMENTS,
  combination,
  needs: ["connector", "tlsCertificateName"],
  words,
  unfinished: (news) => `unfinished work on ${quoted(news)} is taken up again`,
  unknown: (news) => `${quoted(news)} changes`,
  // Outputs hold the connector's real values, so drift of an owned property shows here.
  differs: (olds, news) => [...differing(OWNED, olds, news), ...changed(ARGUMENTS, "work", olds, news).filter((name) => !(name in OWNED))],
  drift: (olds, news, pending) => {
    const moved = pending.filter((name) => name in OWNED);
    // check keeps the old words while the declaration is the old one: then it is the connector that moved.
    return moved.length > 0 && olds.rotation !== undefined && olds.rotation === news.rotation ? driftWords(moved, olds, news) : null;
  },
};

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

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const fresh = Object.keys(olds).length === 0;
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

function driftWords(changed: string[], olds: JsonObject, news: JsonObject): string {
  const loses = changed.includes("tlsAuthLevel") && mayLose(olds.tlsAuthLevel, news);
  return `drift: ${changed.join(", ")} of ${quoted(news)} was changed by hand; \`pulumi up\` sets it again${loses ? `; ${GOES}` : ""}`;
}
