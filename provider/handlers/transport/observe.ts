/** What a transport service shows now. */
import { isExchangeError } from "../../base/errors";
import type { JsonObject } from "../../base/json";
import { defaultThumbprint } from "../../exchange/certificates";
import { transportSeen } from "../../exchange/transport";
import type { HostConnection } from "../../remote/hosts";
import type { HostSession } from "../../remote/sessions";
import { gatherCompetitors } from "../../rotation/competitors";
import { starttlsLeaf, starttlsSeen, waitForLeaf } from "../../rotation/doors";
import type { TransportInputs } from "./inputs";

/** `status`, `presentedThumbprint` and, until a connector has flipped, `toleratedThumbprint`. */
export async function observe(session: HostSession, inputs: TransportInputs): Promise<JsonObject> {
  const { status } = await transportSeen(session);
  const leaf = status === "Running" ? await starttlsSeen(inputs.host, session).catch(unseen) : null;
  // What nobody could look at is no drift.
  if (leaf === undefined) return { status };
  const expected = inputs.expectThumbprint;
  const tolerated = leaf !== null && expected !== undefined && leaf !== expected && (await isTolerated(session, expected, leaf));
  return { status, presentedThumbprint: leaf, ...(tolerated ? { toleratedThumbprint: leaf } : {}) };
}

/** Undefined where an SSH server lets nobody look. */
function unseen(error: unknown): null | undefined {
  return isExchangeError(error, "FORWARDING_REFUSED") ? undefined : null;
}

/** One look at STARTTLS, whatever it shows. */
export function leafOf(host: HostConnection, session: HostSession, signal: AbortSignal): Promise<string | null> {
  return waitForLeaf(
    () => starttlsLeaf(host, session),
    () => true,
    0,
    signal,
  );
}

/** Whether a connector still needs this other certificate, so that its leaf is accepted until the connector's name flips. */
export async function isTolerated(session: HostSession, expected: string, leaf: string): Promise<boolean> {
  return (await gatherCompetitors(session, expected, defaultThumbprint(session))).tolerated.includes(leaf);
}
