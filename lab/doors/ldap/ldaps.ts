/** Port 50636 of one Edge: AD LDS's secure port, presenting what the model says AD LDS presents at that moment. */
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { DoorIdentity, LabOrganisation } from "../../model/contract";
import { closeServer, cutOff, listen } from "../listen";
import { type Backend, LdapSession } from "./session";

/** Windows presents what it has: OpenSSL's security level would refuse SHA-1 and short keys, and the door with them. */
export const ANY_CERTIFICATE = "DEFAULT@SECLEVEL=0";

/** The certificate, its key and its chain for TLS 1.2 and 1.3. */
export function secureContext(identity: DoorIdentity): ReturnType<typeof createSecureContext> {
  return createSecureContext({
    key: identity.privateKeyPem,
    cert: [identity.certificatePem, ...identity.chainPem].join("\n"),
    minVersion: "TLSv1.2",
    ciphers: ANY_CERTIFICATE,
  });
}

/** Root DSE of an AD LDS instance; nothing else of it is readable without an Exchange credential. */
function backend(fqdn: string): Backend {
  return {
    rootDse: {
      objectClass: ["top"],
      supportedLDAPVersion: ["3"],
      dnsHostName: [fqdn],
      namingContexts: ["CN=Configuration", "OU=MSExchangeGateway"],
    },
    bind: (dn, password) => dn === "" && password === "",
    entries: () => [],
  };
}

export class LdapsDoor {
  port = 0;
  private readonly listener: Server;
  private readonly sockets = new Set<Socket>();

  constructor(
    private readonly organisation: LabOrganisation,
    private readonly host: string,
  ) {
    this.listener = createServer({ noDelay: true }, (socket) => this.accept(socket));
    organisation.onChange(() => {
      if (this.sockets.size > 0 && !this.reachable) this.dropAll();
    });
  }

  async listen(address: string): Promise<void> {
    this.port = await listen(this.listener, address);
  }

  async close(): Promise<void> {
    this.dropAll();
    await closeServer(this.listener);
  }

  get reachable(): boolean {
    return this.organisation.ldapsIdentity(this.host) !== undefined;
  }

  private dropAll(): void {
    // TLS may have begun to end the connection: see cutOff.
    for (const socket of this.sockets) socket.destroy();
  }

  private accept(socket: Socket): void {
    socket.on("error", () => undefined);
    const identity = this.organisation.ldapsIdentity(this.host);
    if (!identity) return cutOff(socket);
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
    const secure = new TLSSocket(socket, { isServer: true, secureContext: secureContext(identity) });
    new LdapSession(secure, backend(this.organisation.facts(this.host).fqdn));
  }
}
