/** The handler of `ReceiveConnectorTls` (exchange.md 3.3, 8). Receive connectors belong to one server and are never replicated. */
import { z } from "zod";
import { bareName, findReceiveConnector, setReceiveConnector } from "../../exchange/receiveConnectors";
import { settingsHandler } from "../settingsHandler";
import { AUTO, capabilities, isCapability, isCapableDomain, KNOWN, refuseMissing, VERSION } from "./capabilities";
import { COMMON, type Arguments } from "../arguments";
import { field, fqdn, host, oneOf, revisions, text, tlsName } from "../validation";
import { text as textOf } from "../../exchange/shell";
import { handoverToSetup } from "./handover";
import { refuseNameless, refuseUnresolved } from "./name";

const capabilitiesByDomain = field<{ [domain: string]: string }>(
  z.record(z.string().refine(isCapableDomain), z.string().refine(isCapability)),
  `an object {domain: capability}, e.g. {"mail.protection.outlook.com": "${AUTO}"}; capabilities are "${AUTO}" and, several with commas, ${KNOWN.join(", ")}`,
);
export const ARGUMENTS = {
  ...COMMON,
  host: { is: host, changes: "state", required: true },
  connector: { is: text, changes: "identity", required: true },
  tlsCertificateName: { is: tlsName, changes: "work" },
  tlsDomainCapabilities: { is: capabilitiesByDomain, changes: "work" },
  fqdn: { is: fqdn, changes: "work" },
  after: { is: revisions, changes: "state" },
  onDelete: { is: oneOf("restore", "clear", "keep"), changes: "state" },
} as const satisfies Arguments;

export const receiveConnectorTls = settingsHandler({
  name: "ReceiveConnectorTls",
  kind: "receiveConnector",
  step: "set-receive-connector",
  noun: "receive connector",
  owned: { tlsCertificateName: "TlsCertificateName", tlsDomainCapabilities: capabilities, fqdn: "Fqdn" },
  arguments: ARGUMENTS,
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
