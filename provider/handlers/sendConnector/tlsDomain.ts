/**
 * A TlsDomain that the program does not declare is not ours, but Exchange takes a connector with one only at TlsAuthLevel
 * DomainValidation (exchange.md 15.4): it goes where the level leaves that, and comes back with it in a delete.
 */
import type { JsonObject } from "../../base/json";
import type { ConnectorBag } from "../../exchange/sendConnectors";
import { text } from "../../exchange/shell";
import type { Value } from "../../remote/protocol";
import type { Bag } from "../settings";
import type { ConnectorInputs } from "./inputs";

interface Changes {
  [property: string]: Value;
}
const LEVEL = "DomainValidation";
/** For the preview, which does not know whether the connector has one. */
export const GOES = "a TlsDomain goes with DomainValidation";

/** The changes, and with them the TlsDomain where the level leaves DomainValidation. */
export function withoutTlsDomain(inputs: ConnectorInputs, changes: Changes, connector: ConnectorBag): Changes {
  const leaves = changes.TlsAuthLevel !== undefined && changes.TlsAuthLevel !== LEVEL;
  const clears = inputs.tlsDomain === undefined && leaves && text(connector.TlsDomain) !== "";
  return clears ? { ...changes, TlsDomain: null } : changes;
}

/** The same for a delete; where the level goes back to DomainValidation the TlsDomain of that time comes back, too. */
export function restoringTlsDomain(inputs: ConnectorInputs, changes: Changes, connector: ConnectorBag, previous: Bag): Changes {
  const comesBack = changes.TlsAuthLevel === LEVEL && inputs.tlsDomain === undefined && text(connector.TlsDomain) === "";
  if (comesBack && text(previous.TlsDomain) !== "") return { ...changes, TlsDomain: previous.TlsDomain };
  return withoutTlsDomain(inputs, changes, connector);
}

/** What to tell when one is cleared that was not declared; null where none is. */
export function lostWords(inputs: ConnectorInputs, changes: Changes, connector: ConnectorBag): string | null {
  if (inputs.tlsDomain !== undefined || changes.TlsDomain !== null) return null;
  return `"${inputs.connector}" loses its TlsDomain ${text(connector.TlsDomain)}: Exchange keeps one with TlsAuthLevel ${LEVEL} only.`;
}

/** Whether a declared level may take away a TlsDomain; `seen` is the level that the stack knows. */
export function mayLose(seen: unknown, news: JsonObject): boolean {
  const level = news.tlsAuthLevel;
  return typeof level === "string" && level !== LEVEL && news.tlsDomain === undefined && (seen === LEVEL || seen === undefined);
}
