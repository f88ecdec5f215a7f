/** What a preview says of an Edge Subscription: offline. */
import { rotationOf } from "../../base/edges";
import { ExchangeError } from "../../base/errors";
import { hasUnknown, same, type Json, type JsonObject } from "../../base/json";
import { ANY, planLines as linesOf, stepsOf } from "../../rotation/order";
import { sameSite } from "../../exchange/subscriptions";
import { short } from "../../rotation/reasons";
import { changed as changedOf } from "../arguments";
import { ORGANIZATION_CHANGES, RECREATES, refusedAfterStart } from "../afterStart";
import type { Offline } from "../offline";
import { serverName } from "../outcome";
import type { CheckFailure } from "../types";
import { failure } from "../validation";
import { otherSite } from "../site";
import { ARGUMENTS } from "./inputs";

export const OFFLINE: Offline = {
  name: "EdgeSubscription",
  arguments: ARGUMENTS,
  combination,
  needs: ["certificateThumbprint"],
  words: (olds, news) => ({ rotation: sentence(olds, news), plan: planLines(olds, news) }),
  refuse: (olds, news) => {
    refuseMove(olds, news);
    refuseOrganization(olds, news);
  },
  unfinished: () => "unfinished work on the Edge Subscription is taken up again",
  drift: (olds, news, pending) => (pending.length > 0 ? null : drift(olds, news)),
};

function sentence(olds: JsonObject, news: JsonObject): string {
  const server = serverName(news.edge);
  const bound = typeof news.certificateThumbprint === "string" ? news.certificateThumbprint : null;
  if (Object.keys(olds).length === 0) {
    return bound
      ? `first deployment: adopts the subscription if ${short(bound)} is bound and synchronised, else subscribes ${server}`
      : `first deployment: adopts the subscription of ${server}, else subscribes it`;
  }
  if (bound && olds.certificateThumbprint !== bound) {
    const before = typeof olds.certificateThumbprint === "string" ? short(olds.certificateThumbprint) : "as it is";
    const late = news.synchronise === "afterStart" ? `; EdgeSync is waited for once ${server} serves again` : "";
    return `re-subscribe ${server}: bound certificate ${before} → ${short(bound)}${late}`;
  }
  const changed = changedOf(ARGUMENTS, "work", olds, news);
  if (changed.includes("organizationThumbprints")) {
    const defaults = changedDefaults(olds.organizationThumbprints, news.organizationThumbprints);
    return `${defaults}: EdgeSync of ${server} is proved, and ${server} subscribed again where that fails`;
  }
  const verb = changed.length === 1 ? "changes" : "change";
  return `${changed.join(", ")} of the subscription of ${server} ${verb}; it counts when ${server} is subscribed the next time`;
}

/** `default certificate of MBX01 AAAA… → BBBB…`, as far as it is known. */
function changedDefaults(before: Json | undefined, after: Json | undefined): string {
  const [olds, news] = [before, after].map((one) => (one && typeof one === "object" && !Array.isArray(one) ? one : {}));
  const shown = (value: Json | undefined): string =>
    typeof value !== "string" ? "none" : hasUnknown(value) ? "not known yet" : short(value);
  const servers = [...new Set([...Object.keys(olds), ...Object.keys(news)])].filter((name) => !same(olds[name], news[name]));
  if (servers.length === 0) return "default certificates inside change";
  return `default certificate of ${servers.map((name) => `${name} ${shown(olds[name])} → ${shown(news[name])}`).join(", ")}`;
}

function planLines(olds: JsonObject, news: JsonObject): string[] {
  const fresh = Object.keys(olds).length === 0;
  const rebinds = fresh || !same(olds.certificateThumbprint, news.certificateThumbprint);
  const proves = !same(olds.organizationThumbprints, news.organizationThumbprints);
  if (!rebinds && !proves) return [];
  const late = rebinds && news.synchronise === "afterStart";
  const hosts = { host: serverName(news.edge), organization: serverName(news.organization) };
  const aim = { ...ANY, ...hosts, recreates: news.method === "recreate", late };
  const skipsProof = !proves || (rebinds && !fresh);
  const steps = stepsOf("subscription").filter((id) => id !== "proof" || !skipsProof);
  return linesOf(aim, [...steps, "late-sync"]);
}

/** What the arguments alone tell. */
function combination({ synchronise, method, edge }: JsonObject): CheckFailure[] {
  if (synchronise !== "afterStart" || method !== "recreate") return [];
  const { code, sentence, hint } = refusedAfterStart(serverName(edge), RECREATES);
  return [failure(code, "synchronise", `${sentence} Hint: ${hint}`)];
}

/**
 * What is not known yet may be another default: an Edge must not find that out in the middle of its window. Where this run has it out of
 * service already, the work waits for EdgeSync before the start instead. @throws AFTER_START_REFUSED
 */
function refuseOrganization({ organizationThumbprints: before, unfinished }: JsonObject, news: JsonObject): void {
  const { synchronise, organizationThumbprints: after, edge } = news;
  if (synchronise !== "afterStart" || unfinished === true || before === undefined || same(before, after)) return;
  const server = serverName(edge);
  if (!rotationOf(server)) throw refusedAfterStart(server, ORGANIZATION_CHANGES);
}

/** A subscription keeps its site: another one than the one last read is refused in the preview. @throws SITE_UNKNOWN */
function refuseMove({ site: before, unfinished }: JsonObject, { site, edge }: JsonObject): void {
  if (unfinished === true || typeof before !== "string" || typeof site !== "string" || hasUnknown(site) || sameSite(before, site)) return;
  const server = serverName(edge);
  const hint = `Set site to "${before}". Where the subscription was removed by hand, run \`pulumi up --refresh\`: then it is made anew.`;
  throw new ExchangeError("SITE_UNKNOWN", otherSite(server, before, site), { host: server, hint });
}

function drift(olds: JsonObject, news: JsonObject): string | null {
  const { certificateThumbprint: bound } = news;
  if (bound !== undefined && olds.boundThumbprint !== bound)
    return `drift: the subscription is not bound to ${short(String(bound))} or does not synchronise`;
  const { syncStatus: status } = olds;
  if (typeof status !== "string" || !status.startsWith("Failed")) return null;
  return `drift: EdgeSync fails (${status}); \`pulumi up\` proves it, and subscribes again where it cannot`;
}
