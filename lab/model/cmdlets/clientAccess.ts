/** Get- and Set-PopSettings, Get- and Set-ImapSettings: the certificate that POP and IMAP look for by name. // [PS:Set-PopSettings], [L15] 15.1 */
import type { Server } from "../server";
import { CONFIRM, domainController, type Call, type Cmdlet } from "./binding";
import { notFound } from "./errors";
import { remoting } from "./remoting";

type Protocol = "Pop" | "Imap";
const FIELD = { Pop: "popName", Imap: "imapName" } as const;
const NUMBER = { Pop: "POP3", Imap: "IMAP4" } as const;

function named(call: Call): Server {
  const name = call.values.Server as string | undefined;
  const server = name === undefined ? call.server : call.lab.world.findServer(name);
  if (server?.role === "Mailbox") return server;
  throw notFound(call.cmdlet, name ?? "");
}

const getSettings = (protocol: Protocol): Cmdlet => ({
  name: `Get-${protocol}Settings`,
  role: "Mailbox",
  parameters: (server) => ({ Server: "string", ...domainController(server) }),
  run(call) {
    const server = named(call);
    const Identity = `${server.name}\\1`;
    const settings = { X509CertificateName: server[FIELD[protocol]], LoginType: "SecureLogin", ProtocolName: NUMBER[protocol] };
    return [{ Name: "1", Identity, Server: server.name, ...settings, ...remoting(call.server) }];
  },
});

const setSettings = (protocol: Protocol): Cmdlet => ({
  name: `Set-${protocol}Settings`,
  role: "Mailbox",
  parameters: (server) => ({ Server: "string", X509CertificateName: "string", ...CONFIRM, ...domainController(server) }),
  run(call) {
    const server = named(call);
    const name = call.values.X509CertificateName as string | null | undefined;
    if (name === undefined || call.values.WhatIf) return [];
    server[FIELD[protocol]] = name;
    call.lab.world.changed();
    call.warn(`The changes take effect when the ${NUMBER[protocol]} services on ${server.name} have been restarted.`);
    return [];
  },
});

export const CLIENT_ACCESS_CMDLETS: Cmdlet[] = (["Pop", "Imap"] as const).flatMap((protocol) => [
  getSettings(protocol),
  setSettings(protocol),
]);
