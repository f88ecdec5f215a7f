/**
 * Everything that a certificate would be refused for, asked without changing anything: for what has to run before the certificate does
 * (a command that takes the Edge out of a load balancer). It runs in the program's own process, whose sessions end with it.
 */
import { currentTime } from "../../base/clock";
import type { JsonObject } from "../../base/json";
import { closeAll, openSession, registerConnection } from "../../remote/sessions";
import { setConfig } from "../../remote/secrets";
import { actorOf } from "../../rotation/actor";
import { readJournal } from "../../rotation/journal";
import { lookingAhead } from "../ahead";
import { certificate } from ".";
import { refuseAwaited } from "./awaited";
import { lookAt } from "./look";
import { REFUSALS } from "./refusals";
import { findSubject, halfMade } from "./subject";
import type { CertificateInputs } from "./inputs";
import { refuseFirst } from "../refusals";
import { namingStopped } from "../stopped";
import type { Context } from "../types";

/** The certificate's handler with a create that only looks. */
const looking = namingStopped(
  lookingAhead({
    ...certificate,
    create: async (ctx, inputs) => {
      await lookOnly(ctx, inputs as unknown as CertificateInputs);
      return { id: "", outs: {} };
    },
  }),
);

async function lookOnly(ctx: Context, inputs: CertificateInputs): Promise<void> {
  const session = await ctx.session(inputs.host);
  const journal = session.facts.role === "Edge" ? await readJournal(session) : null;
  // Out of service already: only the certificate's own run may heal what its window left.
  if (journal?.open && journal.stack === actorOf(inputs.owner).stack) return;
  const subject = (await findSubject(ctx, inputs, session, null)) ?? (await halfMade(inputs, session, { claimed: false }));
  if (!subject) await refuseAwaited(inputs, session);
  await refuseFirst(REFUSALS, await lookAt(ctx, inputs, session, subject));
}

let running = 0;

/**
 * @param news the certificate's arguments with its owner
 * @param config the stack's configuration, for `{config}` references
 * @throws what the certificate's create would throw before its first change
 */
export async function refuseEarly(news: JsonObject, config: (key: string) => string | undefined): Promise<void> {
  setConfig(config);
  running += 1;
  try {
    const ctx = quietContext();
    const { inputs, failures } = await looking.check(ctx, {}, news);
    if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join(" "));
    await looking.create(ctx, inputs);
  } finally {
    running -= 1;
    if (running === 0) await closeAll();
  }
}

/** The provider's process prints the same lines when it comes to them. */
function quietContext(): Context {
  return {
    now: currentTime(),
    signal: new AbortController().signal,
    session: (host, options) => openSession(host, options),
    register: (host) => registerConnection(host),
    note: () => undefined,
    warn: () => undefined,
  };
}
