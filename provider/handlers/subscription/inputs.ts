/** Arguments of `EdgeSubscription` as the handler sees them. */
import type { Json, JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { SYNC_TIMEOUT } from "../../steps/edgeSync";
import {
  COMMON,
  flag,
  host,
  oneOf,
  required,
  revisions,
  seconds,
  text,
  thumbprint,
  thumbprints,
  withNormalThumbprint,
  type Fields,
} from "../validation";

export interface SubscriptionInputs {
  edge: HostConnection;
  organization: HostConnection;
  site: string;
  certificateThumbprint?: string;
  organizationThumbprints?: { [server: string]: string };
  method: "overwrite" | "recreate";
  createInternetSendConnector: boolean;
  createInboundSendConnector: boolean;
  allowConnectorLoss: boolean;
  after?: string[];
  syncTimeout: number;
  onDelete?: "remove" | "keep";
  onUnreachable: "fail" | "forget";
  owner: string;
}

export const FIELDS: Fields = {
  ...COMMON,
  edge: required(host),
  organization: required(host),
  site: required(text),
  certificateThumbprint: thumbprint,
  organizationThumbprints: thumbprints,
  method: oneOf("overwrite", "recreate"),
  createInternetSendConnector: flag,
  createInboundSendConnector: flag,
  allowConnectorLoss: flag,
  after: revisions,
  syncTimeout: seconds,
  onDelete: oneOf("remove", "keep"),
};

export function withDefaults(news: JsonObject): JsonObject {
  const { certificateThumbprint: bound, organizationThumbprints: inside } = news;
  return {
    ...news,
    ...(bound === undefined ? {} : { certificateThumbprint: withNormalThumbprint(bound) }),
    ...(inside === undefined ? {} : { organizationThumbprints: normalised(inside) }),
    method: news.method ?? "overwrite",
    createInternetSendConnector: news.createInternetSendConnector ?? false,
    createInboundSendConnector: news.createInboundSendConnector ?? false,
    allowConnectorLoss: news.allowConnectorLoss ?? false,
    syncTimeout: news.syncTimeout ?? SYNC_TIMEOUT,
    onUnreachable: news.onUnreachable ?? "fail",
  };
}

function normalised(inside: Json): Json {
  if (inside === null || typeof inside !== "object" || Array.isArray(inside)) return inside;
  return Object.fromEntries(Object.entries(inside).map(([server, one]) => [server, withNormalThumbprint(one)]));
}
