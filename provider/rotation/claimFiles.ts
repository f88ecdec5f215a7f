/**
 * Where claims lie in a host's working folder. Most kinds share one book, `claims.json`. A send connector's and a subscription's have a
 * file each below `claims/`: an organisation has hundreds of them, and whoever changes one does not read all (docs/adr/0029). What the
 * shared book has of them from before counts until the object has its own file.
 */
import { canonical } from "../base/json";
import type { Shell } from "../exchange/shell";
import { aboutOne, EMPTY_BOOK, isEmpty, joined, recordOf, withoutObject, type ClaimBook, type ClaimRecord, type Kind } from "./claims";
import { fileName, readJson, removeFile, writeJson } from "./files";

const FILE = "claims.json";
const FOLDER = "claims";
const ALONE: readonly Kind[] = ["sendConnector", "subscription"];

/** An object by its kind and its name. */
export interface Claimable {
  kind: Kind;
  name: string;
}
const fileOf = ({ kind, name }: Claimable): string => `${FOLDER}/${kind}-${fileName(name.toUpperCase())}.json`;

/** The host's shared book: certificates, receive connectors, and whatever else is the host's own. */
export async function readClaims(shell: Shell): Promise<ClaimBook> {
  return (await readJson<ClaimBook>(shell, FILE)) ?? EMPTY_BOOK;
}

/** The book that says who claims this object; it may say more. */
export async function claimsOf(shell: Shell, object: Claimable): Promise<ClaimBook> {
  if (!ALONE.includes(object.kind)) return readClaims(shell);
  return (await readJson<ClaimBook>(shell, fileOf(object))) ?? aboutOne(await readClaims(shell), object.kind, object.name);
}

/** All that the host knows of a kind. */
export async function claimsOfKind(shell: Shell, kind: Kind): Promise<ClaimBook> {
  if (!ALONE.includes(kind)) return readClaims(shell);
  const [shared, { files }] = await Promise.all([readClaims(shell), shell.request("file.list", { path: FOLDER })]);
  const own = files.filter((name) => name.toLowerCase().startsWith(`${kind.toLowerCase()}-`));
  const books = await Promise.all(own.map((name) => readJson<ClaimBook>(shell, `${FOLDER}/${name}`)));
  return joined([shared, ...books.filter((book) => book !== null)]);
}

/** What the host keeps of the object; null where nobody claims it. */
export async function claimRecord(shell: Shell, object: Claimable): Promise<ClaimRecord | null> {
  return recordOf(await claimsOf(shell, object), object.kind, object.name);
}

/** The object's book, and which objects of its kind are their owners' present ones elsewhere. */
export async function withPresent(shell: Shell, { kind, name }: Claimable, book: ClaimBook): Promise<ClaimBook> {
  if (!ALONE.includes(kind)) return book;
  const { current } = withoutObject(await claimsOfKind(shell, kind), kind, name);
  return { ...book, current: { ...book.current, ...current } };
}

/** Writes the shared book where it differs from the one that was read. */
export async function saveClaims(leased: Shell, before: ClaimBook, after: ClaimBook): Promise<void> {
  if (canonical(before) !== canonical(after)) await writeJson(leased, FILE, after);
}

/** Writes the book that says who claims the object, where it differs from the one that was read or lies where it used to. */
export async function saveClaimsOf(leased: Shell, object: Claimable, before: ClaimBook, after: ClaimBook): Promise<void> {
  if (!ALONE.includes(object.kind)) return saveClaims(leased, before, after);
  const path = fileOf(object);
  const own = await readJson<ClaimBook>(leased, path);
  if (!isEmpty(after) && (own === null || canonical(own) !== canonical(after))) await writeJson(leased, path, after);
  if (own === null || isEmpty(after)) {
    // Before the file goes: what the shared book has would count again.
    const shared = await readClaims(leased);
    await saveClaims(leased, shared, withoutObject(shared, object.kind, object.name));
  }
  if (isEmpty(after) && own !== null) await removeFile(leased, path);
}
