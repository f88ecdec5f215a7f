/** LDAP messages as a server reads and writes them (RFC 4511), on ldapts's BER reader and writer. */
import {
  AndFilter,
  Ber,
  BerReader,
  BerWriter,
  type Filter,
  FilterParser,
  NotFilter,
  OrFilter,
  PagedResultsControl,
  PresenceFilter,
  ProtocolOperation as Op,
  SearchFilter,
} from "ldapts";

/** Result codes of RFC 4511 that the lab answers with. */
export const Result = {
  success: 0,
  operationsError: 1,
  protocolError: 2,
  sizeLimitExceeded: 4,
  authMethodNotSupported: 7,
  unavailableCriticalExtension: 12,
  noSuchObject: 32,
  invalidCredentials: 49,
  unwillingToPerform: 53,
} as const;
export type ResultCode = (typeof Result)[keyof typeof Result];

export interface BindRequest {
  kind: "bind";
  id: number;
  dn: string;
  /** Null for SASL. */
  password: string | null;
}
export interface SearchRequest {
  kind: "search";
  id: number;
  base: string;
  /** 0 base, 1 one level, 2 subtree, 3 subtree without its base. */
  scope: number;
  sizeLimit: number;
  typesOnly: boolean;
  filter: Filter;
  attributes: string[];
  page?: { size: number; cookie: string };
  /** A critical control that the server does not know. */
  unknownCritical: boolean;
}
export interface OtherRequest {
  kind: "unbind" | "abandon" | "startTls" | "other";
  id: number;
  /** Tag of the response that belongs to the request. */
  response: number;
}
export type LdapRequest = BindRequest | SearchRequest | OtherRequest;

/** RFC 4511, 4.14 */
const START_TLS = "1.3.6.1.4.1.1466.20037";

/** Whole length of the message at the start of `data`; undefined while its header is not complete. */
export function messageLength(data: Buffer): number | undefined {
  if (data.length < 2) return undefined;
  if (data[0] !== (Ber.Sequence | Ber.Constructor)) throw new Error("not an LDAP message");
  if (data[1] < 0x80) return 2 + data[1];
  const count = data[1] & 0x7f;
  if (count === 0 || count > 4) throw new Error("not an LDAP message");
  return data.length < 2 + count ? undefined : 2 + count + data.readUIntBE(2, count);
}

export function parseMessage(data: Buffer): LdapRequest {
  const reader = new BerReader(data);
  reader.readSequence();
  const id = reader.readInt() ?? 0;
  const tag = reader.readSequence();
  if (tag === Op.LDAP_REQ_BIND) return parseBind(reader, id);
  if (tag === Op.LDAP_REQ_SEARCH) return parseSearch(reader, id);
  if (tag === Op.LDAP_REQ_EXTENSION && reader.readString(Ber.Context) === START_TLS)
    return { kind: "startTls", id, response: Op.LDAP_RES_EXTENSION };
  const kind = tag === Op.LDAP_REQ_UNBIND ? "unbind" : tag === Op.LDAP_REQ_ABANDON ? "abandon" : "other";
  // Requests without content (delete) have a primitive tag; responses are constructed, one number higher.
  return { kind, id, response: (((tag ?? 0) & 0x1f) | 0x60) + 1 };
}

function parseBind(reader: BerReader, id: number): BindRequest {
  reader.readInt();
  const dn = reader.readString() ?? "";
  const simple = reader.peek() === Ber.Context;
  return { kind: "bind", id, dn, password: simple ? reader.readString(Ber.Context) : null };
}

function parseSearch(reader: BerReader, id: number): SearchRequest {
  const base = reader.readString() ?? "";
  const scope = reader.readEnumeration() ?? 0;
  reader.readEnumeration(); // aliases: there are none
  const sizeLimit = reader.readInt() ?? 0;
  reader.readInt(); // time limit
  const typesOnly = reader.readBoolean() ?? false;
  const filter = parseFilter(reader);
  const attributes: string[] = [];
  reader.readSequence();
  for (const end = reader.offset + reader.length; reader.offset < end;) attributes.push(reader.readString() ?? "");
  return { kind: "search", id, base, scope, sizeLimit, typesOnly, filter, attributes, ...parseControls(reader) };
}

/** As ldapts parses filters, except for presence, which it only reads at the start of a buffer. */
function parseFilter(reader: BerReader): Filter {
  const tag = reader.peek();
  if (tag === SearchFilter.present) return new PresenceFilter({ attribute: reader.readString(SearchFilter.present) ?? "" });
  if (tag === SearchFilter.not) {
    reader.readSequence();
    return new NotFilter({ filter: parseFilter(reader) });
  }
  if (tag !== SearchFilter.and && tag !== SearchFilter.or) return FilterParser.parse(reader);
  reader.readSequence();
  const filters: Filter[] = [];
  for (const end = reader.offset + reader.length; reader.offset < end;) filters.push(parseFilter(reader));
  return tag === SearchFilter.and ? new AndFilter({ filters }) : new OrFilter({ filters });
}

function parseControls(reader: BerReader): Pick<SearchRequest, "page" | "unknownCritical"> {
  let page: SearchRequest["page"];
  let unknownCritical = false;
  if (reader.peek() !== Op.LDAP_CONTROLS) return { unknownCritical };
  reader.readSequence();
  for (const end = reader.offset + reader.length; reader.offset < end;) {
    reader.readSequence();
    const last = reader.offset + reader.length;
    const type = reader.readString() ?? "";
    const critical = reader.offset < last && reader.peek() === Ber.Boolean ? reader.readBoolean() : false;
    const value = reader.offset < last ? reader.readString(Ber.OctetString, true) : null;
    if (type === PagedResultsControl.type && value) page = parsePage(value);
    else if (critical) unknownCritical = true;
  }
  return { page, unknownCritical };
}

function parsePage(value: Buffer): SearchRequest["page"] {
  const control = new PagedResultsControl();
  control.parseControl(new BerReader(value));
  return { size: control.value?.size ?? 0, cookie: control.value?.cookie?.toString("utf8") ?? "" };
}

/** A response with result code; `page` adds the cookie of a paged search. */
export function resultMessage(id: number, tag: number, code: ResultCode, text = "", page?: { cookie: string }): Buffer {
  return message(id, (writer) => {
    writer.startSequence(tag);
    writer.writeEnumeration(code);
    writer.writeString("");
    writer.writeString(text);
    writer.endSequence();
    if (!page) return;
    writer.startSequence(Op.LDAP_CONTROLS);
    new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(page.cookie) } }).write(writer);
    writer.endSequence();
  });
}

export type AttributeValues = (string | Buffer)[];

export function entryMessage(id: number, dn: string, attributes: [string, AttributeValues][]): Buffer {
  return message(id, (writer) => {
    writer.startSequence(Op.LDAP_RES_SEARCH_ENTRY);
    writer.writeString(dn);
    writer.startSequence();
    for (const [name, values] of attributes) {
      writer.startSequence();
      writer.writeString(name);
      writer.startSequence(Op.LBER_SET);
      for (const value of values) writer.writeBuffer(Buffer.isBuffer(value) ? value : Buffer.from(value), Ber.OctetString);
      writer.endSequence();
      writer.endSequence();
    }
    writer.endSequence();
    writer.endSequence();
  });
}

function message(id: number, body: (writer: BerWriter) => void): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  body(writer);
  writer.endSequence();
  return writer.buffer;
}
