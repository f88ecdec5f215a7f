/** One LDAP connection: bind, search (paged as well), nothing else. */
import type { Duplex } from "node:stream";
import { type SecureContext, TLSSocket } from "node:tls";
import { ProtocolOperation as Op } from "ldapts";
import { type DirectoryEntry, matches } from "./filter";
import {
  type AttributeValues,
  type BindRequest,
  entryMessage,
  type LdapRequest,
  messageLength,
  parseMessage,
  Result,
  resultMessage,
  type SearchRequest,
} from "./messages";

/** What a session serves. */
export interface Backend {
  /** Attributes of the root DSE, readable without a bind. */
  rootDse: { [name: string]: string[] };
  /** Whether dn and password are good; both empty = anonymous. */
  bind(dn: string, password: string): boolean;
  /** The tree as it is now; asked once per search. */
  entries(): DirectoryEntry[];
  /** What StartTLS presents; refused where it is missing. */
  secureContext?(): Promise<SecureContext>;
  /** Entries that one search gives at most, all its pages together; missing = all. */
  sizeLimit?(): number;
  /** Told every request. */
  saw?(request: LdapRequest): void;
}

const MAX_MESSAGE = 1_000_000;
/** Entries that one search returns at most without paging, as Active Directory's MaxPageSize. */
export const MAX_PAGE = 1000;

/** Two spellings of one name compare equal: case and blanks around commas do not matter. */
export function normalDn(dn: string): string {
  return dn
    .replace(/\s*([,=])\s*/g, "$1")
    .trim()
    .toLowerCase();
}

const parentOf = (dn: string): string => {
  const parts = splitDn(dn);
  return parts.slice(1).join(",");
};

/** Splits at commas that are not escaped. */
function splitDn(dn: string): string[] {
  return dn.match(/(?:\\.|[^,\\])+/g) ?? [];
}

export class LdapSession {
  private pending = Buffer.alloc(0);
  private bound = false;

  constructor(
    private stream: Duplex,
    private readonly backend: Backend,
  ) {
    this.listen(stream);
  }

  private listen(stream: Duplex): void {
    stream.on("data", this.receive);
    stream.on("error", () => stream.destroy());
  }

  private readonly receive = (chunk: Buffer): void => {
    this.pending = Buffer.concat([this.pending, chunk]);
    try {
      for (let length = messageLength(this.pending); length !== undefined; length = messageLength(this.pending)) {
        if (length > MAX_MESSAGE) throw new Error("message too long");
        if (this.pending.length < length) return;
        const message = this.pending.subarray(0, length);
        this.pending = this.pending.subarray(length);
        this.handle(parseMessage(message));
      }
    } catch {
      this.stream.destroy();
    }
  };

  private handle(request: LdapRequest): void {
    this.backend.saw?.(request);
    if (request.kind === "startTls" && this.backend.secureContext) {
      this.stream.off("data", this.receive);
      this.pending = Buffer.alloc(0);
      this.startTls(request.id, this.backend.secureContext()).catch(() => this.stream.destroy());
      return;
    }
    if (request.kind === "bind") return this.bind(request);
    if (request.kind === "search") return this.search(request);
    if (request.kind === "unbind") return void this.stream.end();
    if (request.kind === "other" || request.kind === "startTls") {
      this.stream.write(resultMessage(request.id, request.response, Result.unwillingToPerform, "This directory is read-only."));
    }
  }

  /** TLS listens in the same turn in which the client is told that it may begin; whatever came in the clear after the request is dropped. */
  private async startTls(id: number, coming: Promise<SecureContext>): Promise<void> {
    const clear = this.stream;
    const secureContext = await coming;
    clear.write(resultMessage(id, Op.LDAP_RES_EXTENSION, Result.success));
    this.stream = new TLSSocket(clear, { isServer: true, secureContext });
    this.listen(this.stream);
  }

  private bind({ id, dn, password }: BindRequest): void {
    const send = (code: Parameters<typeof resultMessage>[2], text = ""): void =>
      void this.stream.write(resultMessage(id, Op.LDAP_RES_BIND, code, text));
    this.bound = false;
    if (password === null) return send(Result.authMethodNotSupported, "Simple bind only.");
    if (!this.backend.bind(dn, password)) return send(Result.invalidCredentials, "80090308: LdapErr: DSID-0C090447, data 52e");
    this.bound = dn !== "";
    send(Result.success);
  }

  private search(request: SearchRequest): void {
    const done = (code: Parameters<typeof resultMessage>[2], text = "", page?: { cookie: string }): void =>
      void this.stream.write(resultMessage(request.id, Op.LDAP_RES_SEARCH, code, text, page));
    if (request.unknownCritical) return done(Result.unavailableCriticalExtension);
    if (request.base === "" && request.scope === 0) {
      this.send(request, { dn: "", attributes: this.backend.rootDse });
      return done(Result.success);
    }
    if (!this.bound) {
      return done(Result.operationsError, "In order to perform this operation a successful bind must be completed on the connection.");
    }
    const found = select(this.backend.entries(), request);
    if (!found) return done(Result.noSuchObject);
    this.answerPage(request, found, done);
  }

  /** The cookie is the number of entries already sent: the tree is read anew for every page. */
  private answerPage(
    request: SearchRequest,
    found: DirectoryEntry[],
    done: (code: Parameters<typeof resultMessage>[2], text?: string, page?: { cookie: string }) => void,
  ): void {
    const start = Number(request.page?.cookie || 0);
    const size = Math.min(request.page?.size || MAX_PAGE, request.sizeLimit || MAX_PAGE, MAX_PAGE);
    const limit = this.backend.sizeLimit?.() ?? Infinity;
    const page = found.slice(start, Math.min(start + size, limit));
    for (const entry of page) this.send(request, entry);
    if (found.length > limit && start + size > limit) return done(Result.sizeLimitExceeded);
    const more = start + size < found.length;
    if (request.page) return done(Result.success, "", { cookie: more ? String(start + size) : "" });
    done(more ? Result.sizeLimitExceeded : Result.success);
  }

  private send(request: SearchRequest, entry: DirectoryEntry): void {
    const wanted = request.attributes.map((name) => name.toLowerCase());
    const all = wanted.length === 0 || wanted.includes("*");
    const attributes = Object.entries(entry.attributes)
      .filter(([name, values]) => values.length > 0 && (all || wanted.includes(name.toLowerCase())))
      .map(([name, values]): [string, AttributeValues] => [name, request.typesOnly ? [] : values]);
    this.stream.write(entryMessage(request.id, entry.dn, attributes));
  }
}

/** Entries in scope that match; undefined when the base does not exist. */
function select(entries: DirectoryEntry[], { base, scope, filter }: SearchRequest): DirectoryEntry[] | undefined {
  const root = normalDn(base);
  const below = (dn: string): boolean => root === "" || dn.endsWith(`,${root}`);
  const names = entries.map((entry) => normalDn(entry.dn));
  if (root !== "" && !names.some((dn) => dn === root || below(dn))) return undefined;
  const inScope = (dn: string): boolean => {
    if (scope === 0) return dn === root;
    if (scope === 1) return parentOf(dn) === root;
    return below(dn) || (scope === 2 && dn === root);
  };
  return entries.filter((entry, index) => inScope(names[index]) && matches(filter, entry));
}
