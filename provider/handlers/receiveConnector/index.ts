/** The handler of `ReceiveConnectorTls` (exchange.md 3.3, 8). Receive connectors belong to one server and are never replicated. */
import { z } from "zod";
import { bareName, findReceiveConnector, setReceiveConnector } from "../../exchange/receiveConnectors";
import { settingsHandler } from "../settingsHandler";
import { AUTO, capabilities, isCapability, isCapableDomain, KNOWN, refuseMissing, VERSION } from "./capabilities";
import { COMMON, fqdn, host, oneOf, required, revisions, text, tlsName, zodTest } from "../validation";
import { text as textOf } from "../../exchange/shell";
import { handoverToSetup } from "./handover";
import { refuseNameless, refuseUnresolved } from "./name";

export const receiveConnectorTls = settingsHandler({
  kind: "receiveConnector",
  step: "set-receive-connector",
  noun: "receive connector",
  owned: { tlsCertificateName: "TlsCertificateName", tlsDomainCapabilities: capabilities, fqdn: "Fqdn" },
  fields: {
    ...COMMON,
    host: required(host),
    connector: required(text),
    tlsCertificateName: tlsName,
    tlsDomainCapabilities: {
      test: zodTest(
        z.record(z.string().refine(isCapableDomain), z.string().refine(isCapability)),
        `an object {domain: capability}, e.g. {"mail.protection.outlook.com": "${AUTO}"}; capabilities are "${AUTO}" and, several with commas, ${KNOWN.join(", ")}`,
      ),
    },
    fqdn,
    after: revisions,
    onDelete: oneOf("restore", "clear", "keep"),
  },
  nameArgument: "connector",
  find: async (shell, name) => ({ ...(await findReceiveConnector(shell, name)), [VERSION]: shell.facts.exchange }),
  set: (leased, name, changes) => setReceiveConnector(leased, bareName(name), changes),
  id: (session, name) => `${session.facts.name}\\${bareName(name)}`,
  refuseChange: async (shell, { TlsCertificateName: named, Fqdn: fqdn }, now, bag) => {
    if (typeof named === "string") await refuseUnresolved(shell, named, now);
    if (named === null) await refuseNameless(shell, textOf(fqdn ?? bag.Fqdn), now);
  },
  handsOver: handoverToSetup,
  refuse: (inputs, session) => refuseMissing(inputs, session.facts),
});
