/**
 * The configuration partition, read over LDAP: which default certificates, connectors, subscriptions and hybrid settings the directory
 * holds. Read-only; one bind and three searches in pages, whatever the number of objects.
 */
import { escapeFilter } from "ldapts";
import type { DirectoryConnection } from "../remote/hosts";
import { withDirectory, type SearchOptions } from "./connect";
import { CONNECTOR_ATTRIBUTES, HYBRID_ATTRIBUTES, SERVER_ATTRIBUTES, viewOf, type DirectoryView } from "./view";

export interface DirectoryOptions extends SearchOptions {
  /** Only this Edge; default all servers. */
  edge?: string;
}

const SERVERS = "(objectClass=msExchExchangeServer)";
/** Bit 64 of the roles is Edge; the rule is LDAP_MATCHING_RULE_BIT_AND. */
const EDGES = `(&${SERVERS}(msExchCurrentServerRoles:1.2.840.113556.1.4.803:=64)`;

/** The filter for all Edges, or for one of a name; whatever stands in the name arrives escaped. */
export function edgeFilter(name?: string): string {
  return name === undefined ? `${EDGES})` : `${EDGES}${escapeFilter`(cn=${name})`})`;
}

/** Reads the view. Errors: HOST_UNREACHABLE, LOGIN_FAILED, SECRET_UNAVAILABLE. */
export function readDirectory(directory: DirectoryConnection, options: DirectoryOptions = {}): Promise<DirectoryView> {
  return withDirectory(directory, options, async ({ search }) => {
    const servers = await search(options.edge === undefined ? SERVERS : edgeFilter(options.edge), SERVER_ATTRIBUTES);
    const connectors = await search("(objectClass=mailGateway)", CONNECTOR_ATTRIBUTES);
    const hybrid = await search("(objectClass=msExchCoexistenceRelationship)", HYBRID_ATTRIBUTES);
    return viewOf({ servers, connectors, hybrid });
  });
}
