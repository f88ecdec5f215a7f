/** The handler of `HybridConfigurationTls`: the name that the hybrid configuration carries must be the connectors' (exchange.md 7.2, 8). */
import { getHybridConfiguration, setHybridConfiguration } from "../../exchange/hybrid";
import { settingsHandler } from "../settingsHandler";
import { COMMON, type Arguments } from "../arguments";
import { host, oneOf, revisions, tlsName } from "../validation";

export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  tlsCertificateName: { is: tlsName, changes: "work", required: true },
  after: { is: revisions, changes: "state" },
  onDelete: { is: oneOf("restore", "clear", "keep"), changes: "state" },
} as const satisfies Arguments;

export const hybridConfigurationTls = settingsHandler({
  name: "HybridConfigurationTls",
  kind: "hybrid",
  step: "set-hybrid",
  noun: "hybrid configuration",
  owned: { tlsCertificateName: "TlsCertificateName" },
  arguments: ARGUMENTS,
  nameArgument: null,
  role: { role: "Mailbox", argument: "host" },
  find: (shell) => getHybridConfiguration(shell),
  // a name that is not there may be one that the account must not read
  inDirectory: ({ hybrid }) => (hybrid?.TlsCertificateName ? hybrid : undefined),
  set: (leased, _name, changes) => setHybridConfiguration(leased, changes),
  id: () => "hybrid",
});
