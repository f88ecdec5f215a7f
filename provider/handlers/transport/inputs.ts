/** Arguments of `TransportService`. */
import { z } from "zod";
import { QUEUE_TIMEOUT } from "../../rotation/drain";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import { watchMailField } from "./mailFlow";
import { field, host, oneOf, revisions, seconds, thumbprint } from "../validation";

const names = field<{ [connector: string]: string }>(
  z.record(z.string().min(1), z.string().min(1)),
  "an object {connector: TlsCertificateName}",
);

export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  organization: { is: host, changes: "state" },
  after: { is: revisions, changes: "state" },
  expectThumbprint: { is: thumbprint, changes: "work" },
  expectConnectors: { is: names, changes: "work" },
  queueTimeout: { is: seconds, changes: "state", default: QUEUE_TIMEOUT },
  watchMail: { is: watchMailField, changes: "state" },
  onDelete: { is: oneOf("keep"), changes: "state" },
} as const satisfies Arguments;
export type TransportInputs = InputsOf<typeof ARGUMENTS>;
