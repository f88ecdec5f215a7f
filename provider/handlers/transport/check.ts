/** `check` and `diff` of a transport service: offline. */
import { hasUnknown, same, type JsonObject } from "../../base/json";
import { ANY, planLines } from "../../rotation/order";
import { short } from "../../rotation/reasons";
import { serverName } from "../outcome";
import type { CheckResult, Context, DiffResult } from "../types";
import { validate } from "../validation";
import { FIELDS, withDefaults } from "./inputs";

const DERIVED = ["rotation", "plan"] as const;
const MEANING = ["expectThumbprint", "expectConnectors"];
const QUIET = ["host", "organization", "after", "queueTimeout", "onDelete", "onUnreachable", "owner"];

export function checkTransport(_ctx: Context, olds: JsonObject, news: JsonObject): CheckResult {
  const failures = validate(news, FIELDS, DERIVED);
  const inputs = withDefaults(news);
  for (const name of DERIVED) delete inputs[name];
  if (failures.length > 0 || MEANING.some((name) => hasUnknown(inputs[name]))) return { inputs, failures };
  return { inputs: { ...inputs, ...words(olds, inputs) }, failures };
}

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const fresh = Object.keys(olds).length === 0;
  if (!fresh && olds.rotation !== undefined && MEANING.every((name) => same(olds[name], news[name]))) {
    return { rotation: olds.rotation, ...(olds.plan === undefined ? {} : { plan: olds.plan }) };
  }
  const server = serverName(news.host);
  const leaf = typeof news.expectThumbprint === "string" ? short(news.expectThumbprint) : "its certificate";
  const rotation = fresh
    ? `first deployment: adopts ${server} if transport runs and presents ${leaf}`
    : `back into service: ${server} presents ${leaf} afterwards`;
  const ends = news.organization !== undefined;
  return { rotation, plan: planLines({ ...ANY, host: server }, ends ? ["invariants", "predecessor", "start"] : ["stand"]) };
}

export function diffTransport(ctx: Context, _id: string, olds: JsonObject, news: JsonObject): DiffResult {
  const server = serverName(news.host);
  if (olds.unfinished === true) {
    ctx.note(`[${server}] out of service: the open rotation is taken up again`);
    return { changes: true };
  }
  if (MEANING.some((name) => !same(olds[name], news[name]))) {
    if (typeof news.rotation === "string") ctx.note(`[${server}] ${news.rotation}`);
    return {};
  }
  if (olds.status !== undefined && olds.status !== "Running") {
    ctx.note(`[${server}] drift: transport is ${String(olds.status)}; \`pulumi up\` starts it`);
    return { changes: true };
  }
  if (news.expectThumbprint !== undefined && olds.presentedThumbprint !== undefined && olds.presentedThumbprint !== news.expectThumbprint) {
    if (olds.toleratedThumbprint !== olds.presentedThumbprint) {
      ctx.note(
        `[${server}] drift: STARTTLS presents ${olds.presentedThumbprint === null ? "nothing" : short(String(olds.presentedThumbprint))}`,
      );
      return { changes: true };
    }
  }
  return { changes: QUIET.some((name) => !same(olds[name], news[name])) };
}
