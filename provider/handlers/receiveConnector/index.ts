/** The handler of `ReceiveConnectorTls` (exchange.md 3.3, 8). Receive connectors belong to one server and are never replicated. */
import { z } from "zod";
import { findReceiveConnector, setReceiveConnector } from "../../exchange/receiveConnectors";
import { tlsName } from "../sendConnector/inputs";
import { settingsHandler } from "../settingsHandler";
import { COMMON, host, oneOf, required, revisions, text, zodTest } from "../validation";

const capabilities = z.union([z.string().min(1), z.array(z.string().min(1))]);
const bare = (name: string): string => (name.includes("\\") ? name.slice(name.indexOf("\\") + 1) : name);

export const receiveConnectorTls = settingsHandler({
  kind: "receiveConnector",
  noun: "receive connector",
  owned: { tlsCertificateName: "TlsCertificateName", tlsDomainCapabilities: "TlsDomainCapabilities", fqdn: "Fqdn" },
  fields: {
    ...COMMON,
    host: required(host),
    connector: required(text),
    tlsCertificateName: tlsName,
    tlsDomainCapabilities: {
      test: zodTest(capabilities, 'text such as "mail.protection.outlook.com:AcceptCloudServicesMail", or a list of it'),
    },
    fqdn: text,
    after: revisions,
    onDelete: oneOf("restore", "clear", "keep"),
  },
  nameArgument: "connector",
  find: findReceiveConnector,
  set: (hand, name, changes) => setReceiveConnector(hand, bare(name), changes),
  id: (session, name) => `${session.facts.name}\\${bare(name)}`,
});
