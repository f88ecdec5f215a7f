/** The handler of `AuthCertificate`: the certificate that signs the organisation's OAuth tokens. */
import { hasUnknown, plain, same, type JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { ANY, planLines } from "../../rotation/order";
import { deleteClaimed } from "../deletion";
import { serverName } from "../outcome";
import type { CheckResult, Context, DiffResult, Handler, ReadResult } from "../types";
import { validate } from "../validation";
import { converge, observed } from "./converge";
import { gather } from "./gather";
import { FIELDS, withDefaults, type AuthInputs } from "./inputs";
import { changedWords, firstWords, pendingOf } from "./words";

const DERIVED = ["rotation", "plan"] as const;
const MEANING = ["renewBefore", "effectiveAfter", "uploadedThumbprint"];
const QUIET = ["host", "after", "onUnreachable", "owner"];

function check(olds: JsonObject, news: JsonObject): CheckResult {
  const failures = validate(news, FIELDS, DERIVED);
  const inputs = withDefaults(news);
  for (const name of DERIVED) delete inputs[name];
  if (failures.length > 0 || hasUnknown(MEANING.map((name) => inputs[name] ?? null))) return { inputs, failures };
  const fresh = Object.keys(olds).length === 0;
  const rotation = fresh ? firstWords(inputs) : changedWords(olds, inputs, MEANING);
  const plan = planLines({ ...ANY, organization: serverName(inputs.host) }, ["auth-make", "auth-next"]);
  return { inputs: { ...inputs, ...(rotation === undefined ? {} : { rotation }), plan }, failures };
}

function diff(ctx: Context, olds: JsonObject, news: JsonObject): DiffResult {
  const server = serverName(news.host);
  if (olds.unfinished === true) return { changes: true };
  const pending = pendingOf(olds, news, ctx.now);
  if (pending !== null) {
    ctx.note(`[${server}] ${pending}`);
    return { changes: true };
  }
  return { changes: [...MEANING, ...QUIET].some((name) => !same(olds[name], news[name])) };
}

async function read(ctx: Context, id: string, props: JsonObject): Promise<ReadResult> {
  const session = await ctx.session(props.host as unknown as HostConnection);
  return { id, props: plain({ ...props, ...observed(await gather(session), props) }) };
}

/** The organisation always needs one: a delete only forgets. */
async function remove(ctx: Context, _id: string, props: JsonObject): Promise<void> {
  const host = props.host as unknown as HostConnection;
  await deleteClaimed(ctx, { kind: "auth", name: "auth", host, props }, () => Promise.resolve());
}

const typed = (inputs: JsonObject): AuthInputs => inputs as unknown as AuthInputs;

export const authCertificate: Handler = {
  check: (_ctx, olds, news) => Promise.resolve(check(olds, news)),
  diff: (ctx, _id, olds, news) => Promise.resolve(diff(ctx, olds, news)),
  create: (ctx, inputs) => converge(ctx, typed(inputs), null),
  update: async (ctx, _id, olds, news) => ({ outs: (await converge(ctx, typed(news), olds)).outs }),
  read,
  delete: remove,
};
