import { ExchangeError } from "../../base/errors";

/** Refuses misspelt arguments: a component's own never reach a provider's check. Errors: `UNKNOWN_ARGUMENT`. */
export function refuseUnknown(what: string, args: object, known: readonly string[]): void {
  const unknown = Object.keys(args).filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const sentence = `${what} has no argument ${unknown.join(", ")}; known are ${known.join(", ")}.`;
  throw new ExchangeError("UNKNOWN_ARGUMENT", sentence);
}

const SITE = ["organization", "site", "sendConnectors", "mailboxHosts", "subscription", "synchronise", "queueTimeout", "watchMail"];
const EDGE = ["edge", "certificate", "receiveConnectors", "loadBalancer"];

/** Arguments of the components. */
export const KNOWN = {
  edgeTransport: [...EDGE, "peers", "lookAhead", ...SITE],
  edgeFleet: ["edges", "maxUnavailable", ...SITE],
  fleetEdge: ["name", ...EDGE],
  /** Of a certificate inside: its own check comes only when its copies are in place. */
  certificate: [
    ...["source", "services", "organization", "defaultSmtp", "friendlyName", "exportable", "renewBefore"],
    ...["drain", "queueTimeout", "adoptOnly", "sendConnectors", "onDelete", "onUnreachable"],
  ],
} as const;
