/**
 * Claims keep a delete from hitting what lives again (rotation.md 7). Per object the host keeps who claims it, whether we
 * made it, and what was there before; per owner and kind the object that is its present one. Where they lie: claimFiles.ts.
 */
import { randomUUID } from "node:crypto";
import type { Json } from "../base/json";

export type Kind = "certificate" | "sendConnector" | "receiveConnector" | "subscription" | "transport" | "hybrid" | "request" | "auth";

export interface ClaimRecord {
  claims: { [owner: string]: string };
  /** We made the object (else it was adopted). From the first claim. */
  made: boolean;
  /** What was there before the first claim. */
  previous: Json;
}
export interface ClaimBook {
  schema: 1;
  objects: { [object: string]: ClaimRecord };
  current: { [kindAndOwner: string]: string };
}

export const EMPTY_BOOK: ClaimBook = { schema: 1, objects: {}, current: {} };
const objectKey = (kind: Kind, name: string): string => `${kind}:${name.toUpperCase()}`;
const currentKey = (kind: Kind, owner: string): string => `${kind}|${owner}`;

export function recordOf(book: ClaimBook, kind: Kind, name: string): ClaimRecord | null {
  return book.objects[objectKey(kind, name)] ?? null;
}

/** Objects of a kind that anybody claims, in upper case. */
export function namesOf(book: ClaimBook, kind: Kind): string[] {
  return Object.keys(book.objects)
    .filter((key) => key.startsWith(`${kind}:`))
    .map((key) => key.slice(kind.length + 1));
}

/** What the book says of one object alone. */
export function aboutOne(book: ClaimBook, kind: Kind, name: string): ClaimBook {
  const key = objectKey(kind, name);
  const current = Object.entries(book.current).filter(([of, object]) => of.startsWith(`${kind}|`) && object === name.toUpperCase());
  return { schema: 1, objects: book.objects[key] ? { [key]: book.objects[key] } : {}, current: Object.fromEntries(current) };
}

/** The book without what it says of one object. */
export function withoutObject(book: ClaimBook, kind: Kind, name: string): ClaimBook {
  const one = aboutOne(book, kind, name);
  const rest = <T>(all: { [key: string]: T }, gone: object): { [key: string]: T } =>
    Object.fromEntries(Object.entries(all).filter(([key]) => !(key in gone)));
  return { schema: 1, objects: rest(book.objects, one.objects), current: rest(book.current, one.current) };
}

/** Several books as one; where two know an owner's present object, the later one's counts. */
export function joined(books: readonly ClaimBook[]): ClaimBook {
  const of = <K extends "objects" | "current">(part: K): ClaimBook[K] =>
    Object.assign({}, ...books.map((book) => book[part])) as ClaimBook[K];
  return { schema: 1, objects: of("objects"), current: of("current") };
}

export const isEmpty = ({ objects, current }: ClaimBook): boolean => Object.keys(objects).length + Object.keys(current).length === 0;

/** Owners of an object other than this one. */
export function otherOwners(book: ClaimBook, kind: Kind, name: string, owner: string): string[] {
  return Object.keys(recordOf(book, kind, name)?.claims ?? {}).filter((one) => one !== owner);
}

/** The name of the object that is the owner's present one. */
export function currentOf(book: ClaimBook, kind: Kind, owner: string): string | null {
  return book.current[currentKey(kind, owner)] ?? null;
}

/** The book with a new claim of `owner`; overwrites its own entry only. `made` and `previous` count at the first claim alone. */
export function withClaim(
  book: ClaimBook,
  input: { kind: Kind; name: string; owner: string; claim: string; made: boolean; previous: Json; formerOwner?: string },
): ClaimBook {
  const key = objectKey(input.kind, input.name);
  const old = book.objects[key];
  const claims = { ...old?.claims, [input.owner]: input.claim };
  const current = { ...book.current, [currentKey(input.kind, input.owner)]: input.name.toUpperCase() };
  if (input.formerOwner && input.formerOwner !== input.owner) {
    delete claims[input.formerOwner];
    delete current[currentKey(input.kind, input.formerOwner)];
  }
  const record = { claims, made: old?.made ?? input.made, previous: old ? old.previous : input.previous };
  return { schema: 1, objects: { ...book.objects, [key]: record }, current };
}

/** The book without the owner's claim; the record goes with its last claim. */
export function withoutClaim(book: ClaimBook, kind: Kind, name: string, owner: string): ClaimBook {
  const key = objectKey(kind, name);
  const objects = { ...book.objects };
  const current = { ...book.current };
  const record = objects[key];
  if (record) {
    const claims = { ...record.claims };
    delete claims[owner];
    if (Object.keys(claims).length === 0) delete objects[key];
    else objects[key] = { ...record, claims };
  }
  if (current[currentKey(kind, owner)] === name.toUpperCase()) delete current[currentKey(kind, owner)];
  return { schema: 1, objects, current };
}

/** The book after a resource got another name by an alias: what the former owner claims and has as present is the new owner's. */
export function withOwner(book: ClaimBook, kind: Kind, former: string | undefined, owner: string): ClaimBook {
  if (former === undefined) return book;
  const objects = Object.entries(book.objects).map(([key, record]): [string, ClaimRecord] => {
    const { [former]: claim, ...rest } = record.claims;
    return [key, claim === undefined || !key.startsWith(`${kind}:`) ? record : { ...record, claims: { [owner]: claim, ...rest } }];
  });
  const { [currentKey(kind, former)]: present, ...current } = book.current;
  if (present !== undefined) current[currentKey(kind, owner)] ??= present;
  return { schema: 1, objects: Object.fromEntries(objects), current };
}

/** Who holds a claim now: its owner, or the one that `withOwner` gave it to. */
export function holderOf(book: ClaimBook, kind: Kind, name: string, owner: string, claim: string): string {
  const claims = recordOf(book, kind, name)?.claims ?? {};
  if (claims[owner] !== undefined || claim === "") return owner;
  return Object.keys(claims).find((one) => claims[one] === claim) ?? owner;
}

/** What a delete may do: nothing (not ours any more), only forget (others own it too, or it was adopted), or act. */
export type DeleteRight = "nothing" | "forget" | "act";

/** What `onDelete` asks for; null where it is not set and the book decides. */
export function askedDelete(onDelete: unknown): "act" | "keep" | null {
  if (onDelete === undefined || onDelete === null) return null;
  return onDelete === "keep" ? "keep" : "act";
}

/** What is known of a delete beside the book. */
interface Deletion {
  kind: Kind;
  name: string;
  owner: string;
  claim: string;
  onDelete: "act" | "keep" | null;
  /** The program of this run has the owner still: without it nothing takes the object's place, in whatever order the engine deletes. */
  declared: boolean;
}

/** Decides a delete (rotation.md 6 and 7). `replaced`: the owner has another object of this kind now. */
export function deleteRight(book: ClaimBook, deletion: Deletion): { right: DeleteRight; record: ClaimRecord | null; replaced: boolean } {
  const { kind, name, owner, claim, onDelete, declared } = deletion;
  const record = recordOf(book, kind, name);
  const current = currentOf(book, kind, owner);
  const replaced = declared && current !== null && current !== name.toUpperCase();
  const decide = (): DeleteRight => {
    if (!record || record.claims[owner] !== claim) return "nothing";
    if (otherOwners(book, kind, name, owner).length > 0) return "forget";
    if (onDelete) return onDelete === "act" ? "act" : "forget";
    // Another Edge's subscription replaces none: an adopted one was there for itself.
    return (replaced && kind !== "subscription") || record.made ? "act" : "forget";
  };
  return { right: decide(), record, replaced };
}

export function newClaim(): string {
  return randomUUID();
}
