/** The organisation's directory: LDAP with simple bind on loopback, LDAPS on request, read-only, out of the model. */
import { randomBytes } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { createSecureContext, TLSSocket } from "node:tls";
import type { LabOrganisation } from "../model/contract";
import { directoryTree } from "./directoryTree";
import type { DirectoryEntry } from "./ldap/filter";
import { type Backend, LdapSession, normalDn } from "./ldap/session";
import { closeServer, listen } from "./listen";
import { selfSigned } from "./selfSigned";

export interface DirectoryDoor {
  url: string;
  bindDn: string;
  password: string;
  /** The configuration naming context. */
  baseDn: string;
  /** Opens the LDAPS listener (once) and gives its URL with the certificate to trust, PEM: StartTLS presents the same. */
  secure(): Promise<{ url: string; ca: string }>;
  /** Entries that one search gives at most, as an administrator may limit it; default: all. */
  sizeLimit: number;
  /** Every request since the start, in order: `bind`, `search`, `unbind`, `startTls`, `other`. */
  readonly requests: readonly string[];
  close(): Promise<void>;
}

/** A model may bring a tree of its own. */
interface WithDirectory {
  directoryEntries?(): DirectoryEntry[];
}

/** `contoso.com` → `DC=contoso,DC=com`. */
export function domainDn(domain: string): string {
  return domain
    .split(".")
    .map((part) => `DC=${part}`)
    .join(",");
}

function domainOf(organisation: LabOrganisation): string {
  const inside = organisation.hostNames.map((name) => organisation.facts(name)).find((facts) => facts.role === "Mailbox");
  const fqdn = (inside ?? organisation.facts(organisation.hostNames[0])).fqdn;
  return fqdn.split(".").slice(1).join(".") || fqdn;
}

export async function openDirectory(organisation: LabOrganisation, address: string): Promise<DirectoryDoor> {
  const domain = domainDn(domainOf(organisation));
  const configuration = `CN=Configuration,${domain}`;
  const bindDn = `CN=Exchange Reader,CN=Users,${domain}`;
  const password = randomBytes(15).toString("base64url");
  const base: DirectoryEntry = {
    dn: configuration,
    attributes: { objectClass: ["top", "configuration"], cn: ["Configuration"], distinguishedName: [configuration] },
  };
  const requests: string[] = [];
  const identity = lazily(() => selfSigned("Lab directory", address));
  const context = lazily(async () => {
    const { key, cert } = await identity();
    return createSecureContext({ key, cert, minVersion: "TLSv1.2" });
  });
  const limits = { sizeLimit: Infinity };
  const backend: Backend = {
    sizeLimit: () => limits.sizeLimit,
    saw: ({ kind }) => void requests.push(kind),
    secureContext: context,
    rootDse: {
      objectClass: ["top"],
      namingContexts: [domain, configuration],
      defaultNamingContext: [domain],
      configurationNamingContext: [configuration],
      supportedLDAPVersion: ["3"],
    },
    bind: (dn, given) => (dn === "" && given === "") || (normalDn(dn) === normalDn(bindDn) && given === password),
    entries: () => {
      const entries = (organisation as WithDirectory).directoryEntries?.() ?? directoryTree(organisation, configuration);
      return entries.some(({ dn }) => normalDn(dn) === normalDn(configuration)) ? entries : [base, ...entries];
    },
  };
  const listeners = new Listeners(address);
  const port = await listeners.open((socket) => void new LdapSession(socket, backend));
  let secured: ReturnType<DirectoryDoor["secure"]> | undefined;
  const secure = async (): ReturnType<DirectoryDoor["secure"]> => {
    const secureContext = await context();
    const at = await listeners.open((socket) => {
      void new LdapSession(new TLSSocket(socket, { isServer: true, secureContext }), { ...backend, secureContext: undefined });
    });
    return { url: `ldaps://${address}:${at}`, ca: (await identity()).cert };
  };
  return Object.assign(limits, {
    url: `ldap://${address}:${port}`,
    bindDn,
    password,
    baseDn: configuration,
    requests,
    secure: () => (secured ??= secure()),
    close: () => listeners.close(),
  });
}

/** Made on first need: most labs are never asked. */
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}

class Listeners {
  private readonly servers: Server[] = [];
  private readonly sockets = new Set<Socket>();

  constructor(private readonly address: string) {}

  open(serve: (socket: Socket) => void): Promise<number> {
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => undefined);
      this.sockets.add(socket);
      socket.once("close", () => this.sockets.delete(socket));
      serve(socket);
    });
    this.servers.push(server);
    return listen(server, this.address);
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(this.servers.map(closeServer));
  }
}
