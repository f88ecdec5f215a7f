/** `watchMail` as an argument, and what the handler tells of the watch: the output `mailFlow`, a sentence, and the condition. */
import { z } from "zod";
import { ExchangeError } from "../../base/errors";
import { plain, type JsonObject } from "../../base/json";
import { READY } from "../../rotation/conditions";
import { mailWords, watchMail, type MailWatch, type Watched, type Watching } from "../../steps/watchMail";
import type { Context } from "../types";
import { field, type Field } from "../validation";

/** `true` is until it is proven, or so many seconds. */
const ENOUGH = 120;

const ADDRESS = /^[^\s<>"@]+@[^\s<>"@]+$/;
const probe = z.strictObject({
  recipient: z.string().max(320).regex(ADDRESS),
  sender: z.string().max(320).regex(ADDRESS).optional(),
  send: z.boolean().optional(),
});
const watch = z.union([z.boolean(), z.strictObject({ seconds: z.number().min(0).max(3600).optional(), probe: probe.optional() })]);

export type WatchMail = z.infer<typeof watch>;

export const watchMailField: Field<WatchMail> = field(
  watch,
  "true, false, or {seconds (at most 3600), probe: {recipient, sender, send}} with mail addresses",
);

/** The watch that is asked for; null where none is. */
export function watchOf(value: WatchMail | undefined): MailWatch | null {
  if (value === undefined || value === null || value === false) return null;
  if (value === true) return { seconds: ENOUGH };
  const { seconds = ENOUGH, probe: asked } = value;
  return { seconds, ...(asked ? { probe: asked } : {}) };
}

/** Outputs of what is asked for after a change: the watch, the one look at the end of a window, or nothing. */
export async function mailAfter(ctx: Context, watching: Watching, asked: MailWatch | null, since: Date | null): Promise<JsonObject> {
  if (since === null) return {};
  if (!asked) return lookOnce(watching, since);
  try {
    return await watched(ctx, watching, since, asked);
  } catch (error) {
    // transport runs and was verified: a watch that broke off changes nothing of that
    if (!(error instanceof ExchangeError)) throw error;
    ctx.warn(`${watching.session.facts.name}: transport is back, but its mail could not be watched: ${error.message}`);
    return {};
  }
}

/** Outputs of a watch, said in a line. Mail that waits is a warning with its remedy, not a failure: transport runs and is right. */
async function watched(ctx: Context, watching: Watching, since: Date, asked: MailWatch): Promise<JsonObject> {
  const { name } = watching.session.facts;
  const { flow, causes } = await watchMail(watching, since, asked);
  ctx.note(`[${name}] ${mailWords(flow)}`);
  for (const { cause, remedy, id } of causes) {
    ctx.warn(`[MAIL_WAITS] ${name}: mail waits, because ${cause}. Remedy: ${remedy} (doctor: ${id}).`);
  }
  return plain({ mailFlow: flow, condition: conditionOf({ flow, causes }) }) as unknown as JsonObject;
}

function conditionOf({ causes }: Watched): string {
  return causes.length === 0 ? READY : `Degraded(MAIL_WAITS: ${causes.map(({ id }) => id).join(", ")})`;
}

/** The one look at the end of a window that nobody asked to watch: in silence, and what it cannot see is no matter. */
async function lookOnce(watching: Watching, since: Date): Promise<JsonObject> {
  try {
    const { flow } = await watchMail(watching, since, { seconds: 0 });
    return plain({ mailFlow: flow }) as unknown as JsonObject;
  } catch (error) {
    if (!(error instanceof ExchangeError)) throw error;
    return {};
  }
}
