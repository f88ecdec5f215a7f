/** The handler of `HybridConfigurationTls`: the name that the hybrid configuration carries must be the connectors' (exchange.md 7.2, 8). */
import { getHybridConfiguration, setHybridConfiguration } from "../../exchange/hybrid";
import { requireRole } from "../outcome";
import { settingsHandler } from "../settingsHandler";
import { COMMON, host, oneOf, required, revisions, tlsName } from "../validation";

export const hybridConfigurationTls = settingsHandler({
  kind: "hybrid",
  step: "set-hybrid",
  noun: "hybrid configuration",
  owned: { tlsCertificateName: "TlsCertificateName" },
  fields: {
    ...COMMON,
    host: required(host),
    tlsCertificateName: required(tlsName),
    after: revisions,
    onDelete: oneOf("restore", "clear", "keep"),
  },
  nameArgument: null,
  find: (shell) => getHybridConfiguration(shell),
  // a name that is not there may be one that the account must not read
  inDirectory: ({ hybrid }) => (hybrid?.TlsCertificateName ? hybrid : undefined),
  set: (leased, _name, changes) => setHybridConfiguration(leased, changes),
  id: () => "hybrid",
  refuse: (_inputs, session) => requireRole(session, "Mailbox", "host"),
});
