import type * as pulumi from "@pulumi/pulumi";

/**
 * Where the provider process finds a secret when it needs it. State, previews and logs hold the reference alone.
 * Exactly one of the fields is set. Errors: `SECRET_UNAVAILABLE`.
 *
 * @example { env: "EDGE_PASSWORD" }
 */
export type SecretReference =
  | { /** Name of an environment variable of the process that runs Pulumi. */ env: string }
  | { /** Path of a file, relative to the project's folder. */ file: string }
  | { /** Key of the stack's configuration; without a namespace the project's. */ config: string };

/** A secret itself (the class makes it a Pulumi secret) or a reference to it. */
export type Secret = string | SecretReference;

/** A jump host, and what every connection has. */
export interface ProxyArgs {
  /** Host name or address; IPv6 with or without brackets. */
  host: pulumi.Input<string>;
  /** TCP port; default 22. */
  port?: pulumi.Input<number>;
  /** User name; required here, optional in the type because it is so in `@pulumi/command`. */
  user?: pulumi.Input<string>;
  /** Password; a string or a reference. */
  password?: pulumi.Input<Secret>;
  /**
   * Private key in PEM (PKCS#8 too) or OpenSSH form; a string or a reference. With `agentSocketPath` also the public half of a key
   * that the agent holds: then that one alone is offered. Errors: `SSH_KEY_UNREADABLE`.
   */
  privateKey?: pulumi.Input<Secret>;
  /** Passphrase of `privateKey`. */
  privateKeyPassword?: pulumi.Input<Secret>;
  /**
   * Socket of an SSH agent, a Windows pipe, or `pageant`; default `SSH_AUTH_SOCK`, on Windows else the pipe of OpenSSH's agent
   * (`\\\\.\\pipe\\openssh-ssh-agent`). Its keys are offered after `privateKey` and `password`.
   */
  agentSocketPath?: pulumi.Input<string>;
  /**
   * The server's key: one authorized_keys line or several. `npx pulumi-exchange host-key <host>` prints it. For an object that
   * serves `@pulumi/command` too, give one line as a string: its type takes no list, and it reads the first line alone.
   */
  hostKey?: pulumi.Input<string | string[]>;
  /** Lines in OpenSSH's known_hosts format, or such a file. */
  knownHosts?: pulumi.Input<string | { /** Path of the file. */ file: string }>;
  /**
   * How often a connection is tried that is refused, or ends before a password or key was offered; default 4, `-1` for ever. Where
   * it is set, an address that does not answer counts too: a host that boots. A refused logon is never repeated.
   */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds until a connection attempt is given up; default 20. */
  perDialTimeout?: pulumi.Input<number>;
  /** Jump host on the way to `host`. */
  proxy?: pulumi.Input<ProxyArgs>;
}

/**
 * How to reach an Exchange server over SSH. A superset of `@pulumi/command`'s remote `ConnectionArgs`, so that one
 * object serves both packages.
 *
 * `hostKey` or `knownHosts` is required (`HOST_KEY_REQUIRED`). Secrets are strings or references; `host`, `port` and
 * `user` stay readable in previews. A changed connection updates the resource without any work on the server.
 * Other errors: `HOST_UNREACHABLE`, `HOST_KEY_CHANGED`, `LOGIN_FAILED` (a password that was refused, or on which the server hung
 * up, is not sent again in the run), `SSH_KEY_UNREADABLE`, `HOST_IS_ANOTHER_SERVER`.
 *
 * @example
 * { host: "edge01.contoso.com", user: "Administrator", password: { env: "EDGE_PASSWORD" }, hostKey: "ssh-ed25519 AAAA…" }
 */
export interface ConnectionArgs extends ProxyArgs {
  /** The server's name for sentences and for names of child resources, e.g. `EDGE01`; default the first label of `host`. */
  name?: pulumi.Input<string>;
  /** Logon for Exchange's remote shell on a Mailbox server, where an SSH key logon brings no network credentials. */
  exchangeCredential?: pulumi.Input<ExchangeCredentialArgs>;
  /** Addresses of the doors that are probed, where they are not the host's own on the default ports. */
  endpoints?: pulumi.Input<EndpointsArgs>;
  /** Where probes start: `"host"` (default: through SSH, STARTTLS from the Edge, LDAPS from the organisation) or `"runner"` (this machine). */
  probeFrom?: pulumi.Input<"host" | "runner">;
  /** The organisation's directory; only on a host that stands for the organisation. */
  directory?: pulumi.Input<DirectoryArgs>;
}

/** A domain account for Exchange's remote shell. */
export interface ExchangeCredentialArgs {
  /** `DOMAIN\user` or a user principal name. */
  user: pulumi.Input<string>;
  /** Its password; a string or a reference. */
  password: pulumi.Input<Secret>;
}

/** `host:port` of the doors of a server. */
export interface EndpointsArgs {
  /** SMTP with STARTTLS; default port 25 of the host. */
  smtp?: pulumi.Input<string>;
  /** AD LDS over TLS (secure LDAP of an Edge); default port 50636 of the host. */
  ldaps?: pulumi.Input<string>;
}

/**
 * How to read the configuration partition of the organisation's directory over LDAP. With it, a refresh, `report` and `doctor` take send
 * connectors, subscriptions, bound certificates, Mailbox servers' defaults and the hybrid configuration from one bind and a few searches, and
 * ask a shell only for what the directory does not hold; a Mailbox server that is down does not keep a refresh from answering (docs/directory.md).
 *
 * @example
 * { url: "ldaps://dc01.contoso.com", bindDn: "CN=svc-exchange-read,OU=Service,DC=contoso,DC=com", password: { env: "DIRECTORY_PASSWORD" } }
 */
export interface DirectoryArgs {
  /** `ldaps://dc01.contoso.com` (or `ldap://`). */
  url: pulumi.Input<string>;
  /** Distinguished or user principal name to bind with. */
  bindDn?: pulumi.Input<string>;
  /** Its password; a string or a reference. */
  password?: pulumi.Input<Secret>;
  /** The configuration naming context, e.g. `CN=Configuration,DC=contoso,DC=com`; default: what the server names as such. */
  baseDn?: pulumi.Input<string>;
  /** PEM certificates of the authorities that may have signed the directory's certificate; default: those that this machine trusts. */
  ca?: pulumi.Input<string>;
  /** With `ldap://`: TLS (StartTLS) before the bind, verified as with `ldaps://`; default false. */
  startTls?: pulumi.Input<boolean>;
  /** A directory that cannot be read is an error (`HOST_UNREACHABLE`, `LOGIN_FAILED`); default false: one warning, and the shells are asked. */
  required?: pulumi.Input<boolean>;
}
