/** Arguments of `EdgeSubscription`. */
import { SYNC_TIMEOUT } from "../../steps/edgeSync";
import { COMMON, type Arguments, type InputsOf } from "../arguments";
import { flag, host, oneOf, revisions, seconds, text, thumbprint, thumbprints } from "../validation";

export const ARGUMENTS = {
  ...COMMON,
  edge: { is: host, changes: "state", required: true },
  organization: { is: host, changes: "state", required: true },
  site: { is: text, changes: "work", required: true },
  certificateThumbprint: { is: thumbprint, changes: "work" },
  organizationThumbprints: { is: thumbprints, changes: "work" },
  method: { is: oneOf("overwrite", "recreate"), changes: "work", default: "overwrite" },
  createInternetSendConnector: { is: flag, changes: "work", default: false },
  createInboundSendConnector: { is: flag, changes: "work", default: false },
  allowConnectorLoss: { is: flag, changes: "state", default: false },
  after: { is: revisions, changes: "state" },
  // Without a default: stacks of before would have an update of it alone.
  synchronise: { is: oneOf("beforeStart", "afterStart"), changes: "state" },
  syncTimeout: { is: seconds, changes: "state", default: SYNC_TIMEOUT },
  onDelete: { is: oneOf("remove", "keep"), changes: "state" },
} as const satisfies Arguments;
export type SubscriptionInputs = InputsOf<typeof ARGUMENTS>;
