/** Arguments of `TransportService` as the handler sees them. */
import { z } from "zod";
import type { JsonObject } from "../../base/json";
import type { HostConnection } from "../../remote/hosts";
import { QUEUE_TIMEOUT } from "../../rotation/drain";
import { COMMON, host, oneOf, required, revisions, seconds, thumbprint, withNormalThumbprint, zodTest, type Fields } from "../validation";

export interface TransportInputs {
  host: HostConnection;
  organization?: HostConnection;
  after?: string[];
  expectThumbprint?: string;
  expectConnectors?: { [connector: string]: string };
  queueTimeout: number;
  onDelete?: "keep";
  onUnreachable: "fail" | "forget";
  owner: string;
}

export const FIELDS: Fields = {
  ...COMMON,
  host: required(host),
  organization: host,
  after: revisions,
  expectThumbprint: thumbprint,
  expectConnectors: { test: zodTest(z.record(z.string().min(1), z.string().min(1)), "an object {connector: TlsCertificateName}") },
  queueTimeout: seconds,
  onDelete: oneOf("keep"),
};

export function withDefaults(news: JsonObject): JsonObject {
  const { expectThumbprint: expected } = news;
  return {
    ...news,
    ...(expected === undefined ? {} : { expectThumbprint: withNormalThumbprint(expected) }),
    queueTimeout: news.queueTimeout ?? QUEUE_TIMEOUT,
    onUnreachable: news.onUnreachable ?? "fail",
  };
}
