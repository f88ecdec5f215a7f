/** `check` and `diff` of every resource: offline, tolerant of unknown values, from a few lines that say what is special about one. */
import { ExchangeError } from "../base/errors";
import { hasUnknown, type JsonObject } from "../base/json";
import { changed, validate, withDefaults, type Arguments } from "./arguments";
import { keepWords, keptWords } from "./memo";
import { serverName } from "./outcome";
import { isMoved, movedWords, type Stands } from "./whereabouts";
import type { CheckFailure, CheckResult, Context, DiffResult } from "./types";

/** What a preview says of a resource. `olds` are outputs, `{}` at the first deployment; `news` are checked arguments. */
export interface Offline {
  /** The class. */
  name: string;
  arguments: Arguments;
  /** Fields that `check` adds to the arguments; default `rotation` and `plan`. */
  derived?: readonly string[];
  /** Left out where any server of the organisation will do. */
  stands?: Stands;
  /** Another identity continues the old object: the words of its replacement are those found with the old one (memo.ts). */
  renews?: true;
  /** What cannot be declared together. */
  combination?(inputs: JsonObject): CheckFailure[];
  /** What checked arguments lead to, and what speaks against that. May read secrets; asks no server. */
  derive?(ctx: Context, olds: JsonObject, inputs: JsonObject): Promise<{ facts: JsonObject; failures: CheckFailure[] }>;
  /** No words are found before these are known. */
  needs: readonly string[];
  /** Whether there is something to say; default: another identity or work in the table. */
  isPending?(olds: JsonObject, news: JsonObject): boolean;
  /** `rotation` and `plan` of a change. */
  words(olds: JsonObject, news: JsonObject): JsonObject;
  /** What must not be declared over what is deployed; throws. */
  refuse?(olds: JsonObject, news: JsonObject): void;
  /** Another object takes its place; default: where an argument of the table that is its identity differs. */
  another?(ctx: Context, olds: JsonObject, news: JsonObject): Another | null;
  /** The line about unfinished work. */
  unfinished?(news: JsonObject, olds: JsonObject): string;
  /** Arguments of which the servers have to do something; default: those of the table that differ. */
  differs?(olds: JsonObject, news: JsonObject): string[];
  /** The line about what is not as declared though the declaration is the old one; `pending`: what `differs` found. */
  drift?(olds: JsonObject, news: JsonObject, pending: readonly string[], now: Date): string | null;
  /** The line about a change whose words cannot be known yet. */
  unknown?(news: JsonObject, olds: JsonObject): string | undefined;
}
/** Why an object is replaced. */
export interface Another extends Pick<DiffResult, "changes"> {
  replaces: string[];
  /** In place of the words that `check` has found. */
  sentence?: string;
}

const WORDS = ["rotation", "plan"] as const;

export async function check(offline: Offline, ctx: Context, olds: JsonObject, news: JsonObject): Promise<CheckResult> {
  const derived = offline.derived ?? WORDS;
  const declared = withDefaults(offline.arguments, news, derived);
  const failures = [...validate(offline.arguments, news, derived), ...(offline.combination?.(declared) ?? [])];
  if (failures.length > 0) return { inputs: declared, failures };
  const found = await offline.derive?.(ctx, olds, declared);
  const inputs = { ...declared, ...found?.facts };
  return { inputs: { ...inputs, ...words(offline, olds, inputs) }, failures: found?.failures ?? [] };
}

/** Words of a pending change. What nothing is pending for keeps its old ones, so that a no-op changes no state. */
function words(offline: Offline, olds: JsonObject, news: JsonObject): JsonObject {
  const fresh = Object.keys(olds).length === 0;
  if (!fresh && !isPending(offline, olds, news) && olds.rotation !== undefined) return wordsOf(olds);
  if (offline.needs.some((name) => hasUnknown(news[name]))) return {};
  const derived = offline.derived ?? WORDS;
  const kept = fresh && offline.renews ? keptWords(offline.name, news, derived) : undefined;
  const found = kept ?? offline.words(olds, news);
  if (!fresh && offline.renews) keepWords(offline.name, news, derived, found);
  return found;
}

function isPending(offline: Offline, olds: JsonObject, news: JsonObject): boolean {
  if (offline.isPending) return offline.isPending(olds, news);
  return (["identity", "work"] as const).some((change) => changed(offline.arguments, change, olds, news).length > 0);
}

/** `rotation` and `plan`, as far as they are there. */
function wordsOf(from: JsonObject): JsonObject {
  return Object.fromEntries(WORDS.flatMap((name) => (from[name] === undefined ? [] : [[name, from[name]]])));
}

/** Old outputs against new arguments. Prints the sentence: a plain preview shows no values (pulumi.md 0.1). */
export function diff(offline: Offline, ctx: Context, id: string, olds: JsonObject, news: JsonObject): DiffResult {
  const { arguments: table, stands } = offline;
  refuseRename(olds, news);
  const say = (line: string | undefined): void => {
    if (line !== undefined) ctx.note(`[${serverName(news.host ?? news.edge)}] ${line}`);
  };
  const sentence = typeof news.rotation === "string" ? news.rotation : offline.unknown?.(news, olds);
  if (stands && isMoved(stands, id, olds, news)) {
    say(movedWords(stands, id, olds, news));
    return { replaces: [stands.argument] };
  }
  offline.refuse?.(olds, news);
  const another = offline.another ? offline.another(ctx, olds, news) : anotherIn(table, olds, news);
  if (another) {
    const { sentence: reason = sentence, ...result } = another;
    if (offline.renews) say(reason);
    return result;
  }
  if (olds.unfinished === true) {
    say(offline.unfinished?.(news, olds));
    return { changes: true };
  }
  const pending = (offline.differs ?? ((before, after) => changed(table, "work", before, after)))(olds, news);
  const drift = offline.drift?.(olds, news, pending, ctx.now) ?? null;
  if (drift !== null || pending.length > 0) {
    say(drift ?? sentence);
    return drift !== null ? { changes: true } : {};
  }
  return { changes: changed(table, "state", olds, news).length > 0 };
}

/**
 * A failed renewal leaves a certificate that waits for its deletion. When aliases give resources other names beside it, the engine writes a state that
 * it cannot read again (docs/pulumi.md 3): said in the preview. A stack that is renamed as a whole is none of it. @throws ROTATION_OPEN
 */
function refuseRename(olds: JsonObject, news: JsonObject): void {
  if (olds.unfinished !== true || typeof olds.owner !== "string" || typeof news.owner !== "string" || olds.owner === news.owner) return;
  const [before, after] = [olds.owner, news.owner].map((owner) => /^([^/]*\/[^/]*)\/(.*)$/.exec(owner));
  if (before?.[1] !== after?.[1]) return;
  throw new ExchangeError("ROTATION_OPEN", `${before?.[2]} would get the name ${after?.[2]} while its work is unfinished.`, {
    hint: "Take the new name back and run `pulumi up`, which finishes it; rename then.",
  });
}

function anotherIn(table: Arguments, olds: JsonObject, news: JsonObject): Another | null {
  const replaces = changed(table, "identity", olds, news);
  return replaces.length > 0 ? { replaces } : null;
}
