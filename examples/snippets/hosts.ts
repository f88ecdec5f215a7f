/** Connections that the other snippets use. */
import type { ConnectionArgs } from "pulumi-exchange";

/** An Edge in the DMZ, logged on to with a password that the pipeline provides. */
export const edge01: ConnectionArgs = {
  host: "edge01.contoso.com",
  user: "Administrator",
  password: { env: "EDGE_PASSWORD" },
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExample",
};

/** A Mailbox server, logged on to with a key; Exchange's remote shell then needs a credential of its own. */
export const mbx01: ConnectionArgs = {
  host: "mbx01.contoso.com",
  user: "svc-exchange",
  privateKey: { file: "keys/mbx01" },
  knownHosts: { file: "keys/known_hosts" },
  exchangeCredential: { user: "CONTOSO\\svc-exchange", password: { config: "exchangePassword" } },
};
