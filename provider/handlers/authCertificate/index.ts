/** The handler of `AuthCertificate`: the certificate that signs the organisation's OAuth tokens. */
import type { JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { ANY, planLines } from "../../rotation/order";
import { changed } from "../arguments";
import { deleteClaimed } from "../deletion";
import { lifecycle } from "../lifecycle";
import { serverName } from "../outcome";
import type { Context } from "../types";
import { isSettled, observed, tell, work } from "./converge";
import { gather, type Gathered } from "./gather";
import { ARGUMENTS, type AuthInputs } from "./inputs";
import { changedWords, firstWords, pendingOf } from "./words";

export const authCertificate = lifecycle<AuthInputs, Gathered>({
  name: "AuthCertificate",
  arguments: ARGUMENTS,
  needs: ["renewBefore", "effectiveAfter", "uploadedThumbprint"],
  words,
  drift: (olds, news, _pending, now) => pendingOf(olds, news, now),
  kind: "auth",
  home: ({ host }) => ({ connection: host, role: { role: "Mailbox", argument: "host" } }),
  look: (_task, shell) => gather(shell),
  refusals: [],
  isSettled,
  work,
  id: (_task, { config }) => config.organization || "organisation",
  outputs: async ({ home, former }, facts, anew) => {
    const now = anew ? await gather(home) : facts;
    return { ...observed(now, former?.olds ?? null), server: home.facts.fqdn };
  },
  tell,
  read: async (_ctx, _id, inputs, home) => ({ outputs: observed(await gather(await home()), inputs as unknown as JsonObject) }),
  remove,
});

function words(olds: JsonObject, news: JsonObject): JsonObject {
  const names = changed(ARGUMENTS, "work", olds, news);
  const rotation = Object.keys(olds).length === 0 ? firstWords(news) : changedWords(olds, news, names);
  return {
    ...(names.length === 0 ? {} : { rotation }),
    plan: planLines({ ...ANY, organization: serverName(news.host) }, ["auth-make", "auth-next"]),
  };
}

/** The organisation always needs one: a delete only forgets. */
async function remove(ctx: Context, _id: string, props: JsonObject): Promise<void> {
  const host = props.host as unknown as HostConnection;
  await deleteClaimed(ctx, { kind: "auth", name: "auth", host, props }, () => Promise.resolve());
}
