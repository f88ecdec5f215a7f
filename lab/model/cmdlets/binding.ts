/** Parameters of a cmdlet: names, types, sets. PowerShell refuses what it does not know before the cmdlet runs. */
import { SecureText, TimeSpan, type CmdletValue, type ShellContext } from "../contract";
import type { Lab } from "../lab";
import type { Server } from "../server";
import { ambiguousParameter, ambiguousSet, emptyParameter, missingParameter, unknownParameter, wrongType } from "./errors";

export type Kind = "string" | "strings" | "bytes" | "secure" | "bool" | "switch" | "int" | "date" | "timespan" | "collection" | "any";
export type Parameters = { [name: string]: Kind };

export interface Call {
  readonly lab: Lab;
  readonly server: Server;
  readonly cmdlet: string;
  readonly shell: ShellContext;
  /** Canonical names, checked types. */
  readonly values: { [name: string]: CmdletValue };
  warn(text: string): void;
}
export type Objects = { [property: string]: unknown }[];

export interface Cmdlet {
  readonly name: string;
  readonly parameters: (server: Server) => Parameters;
  readonly required?: (server: Server) => string[];
  /** Groups of parameters that exclude each other. */
  readonly exclusive?: string[][];
  /** Only on these roles; elsewhere the cmdlet does not exist. */
  readonly role?: "Edge" | "Mailbox";
  run(call: Call): Objects | Promise<Objects>;
}

/** Parameters that every cmdlet has. */
const COMMON: Parameters = {
  ErrorAction: "any",
  WarningAction: "any",
  InformationAction: "any",
  Verbose: "switch",
  Debug: "switch",
  ErrorVariable: "string",
  WarningVariable: "string",
  InformationVariable: "string",
  OutVariable: "string",
  OutBuffer: "int",
  PipelineVariable: "string",
};
const ALIASES: { [alias: string]: string } = {
  ea: "ErrorAction",
  wa: "WarningAction",
  infa: "InformationAction",
  vb: "Verbose",
  db: "Debug",
  ev: "ErrorVariable",
  wv: "WarningVariable",
  iv: "InformationVariable",
  ov: "OutVariable",
  ob: "OutBuffer",
  pv: "PipelineVariable",
  wi: "WhatIf",
  cf: "Confirm",
};
/** Of cmdlets that support ShouldProcess. */
export const CONFIRM: Parameters = { Confirm: "switch", WhatIf: "switch" };
/** Not supported on Edge, where AD LDS is used. // [PS:Enable-ExchangeCertificate] */
export const domainController = (server: Server): Parameters => (server.role === "Edge" ? {} : { DomainController: "string" });

export function bind(cmdlet: Cmdlet, server: Server, raw: { [name: string]: CmdletValue }): { [name: string]: CmdletValue } {
  const where = { cmdlet: cmdlet.name, server };
  const known = { ...COMMON, ...cmdlet.parameters(server) };
  const values: { [name: string]: CmdletValue } = {};
  for (const [name, value] of Object.entries(raw)) {
    const found = parameterNamed(where, Object.keys(known), name);
    values[found] = convert(where, found, known[found], value);
  }
  const required = cmdlet.required?.(server) ?? [];
  const missing = required.filter((name) => values[name] === undefined);
  if (missing.length > 0) throw missingParameter(where, missing);
  for (const name of required) {
    const value = values[name];
    if (value === null || value === "") throw emptyParameter(where, name, value);
  }
  for (const group of cmdlet.exclusive ?? []) if (group.filter((name) => name in values).length > 1) throw ambiguousSet(where);
  return values;
}

type Where = { cmdlet: string; server: Server };

/** The whole name, an alias, or a beginning that fits one name only. */
function parameterNamed(where: Where, names: string[], given: string): string {
  const wanted = given.toLowerCase();
  const whole = names.find((name) => name.toLowerCase() === wanted);
  if (whole) return whole;
  const alias = ALIASES[wanted];
  if (alias && names.includes(alias)) return alias;
  const fitting = names.filter((name) => name.toLowerCase().startsWith(wanted));
  if (fitting.length === 1) return fitting[0];
  throw fitting.length === 0 ? unknownParameter(where, given) : ambiguousParameter(where, given, fitting);
}

function convert(where: Where, name: string, kind: Kind, value: CmdletValue): CmdletValue {
  if (value === null && kind !== "switch" && kind !== "bool") return null;
  const fail = (type: string): never => {
    const printable = kind !== "secure" && (typeof value === "string" || typeof value === "number" || typeof value === "boolean");
    throw wrongType(where, name, type, printable ? String(value) : undefined);
  };
  switch (kind) {
    case "string":
      return typeof value === "object" ? fail("System.String") : String(value);
    case "strings":
      return Array.isArray(value) ? value.map(String) : [String(value)];
    case "bytes":
      return value instanceof Uint8Array ? value : fail("System.Byte[]");
    case "secure":
      return value instanceof SecureText ? value : fail("System.Security.SecureString");
    case "bool":
    case "switch":
      // Numbers are taken for truth values, text is not.
      if (typeof value === "number") return value !== 0;
      return typeof value === "boolean" ? value : fail(kind === "bool" ? "System.Boolean" : "System.Management.Automation.SwitchParameter");
    case "int":
      if (typeof value === "string" && /^\s*-?\d+\s*$/.test(value)) return Number(value);
      return typeof value === "number" ? value : fail("System.Int32");
    case "date":
      if (value instanceof Date) return value;
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? new Date(value) : fail("System.DateTime");
    case "timespan":
      if (value instanceof TimeSpan) return value;
      return typeof value === "string" ? (parseTimeSpan(value) ?? fail("System.TimeSpan")) : fail("System.TimeSpan");
    default:
      return value;
  }
}

/** `[d.]hh:mm:ss`. */
function parseTimeSpan(text: string): TimeSpan | null {
  const match = /^(?:(\d+)\.)?(\d{1,2}):(\d{2})(?::(\d{2}))?$/.exec(text);
  if (!match) return null;
  const [, days = "0", hours, minutes, seconds = "0"] = match;
  return new TimeSpan(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds));
}

/** A list parameter: a whole list, or `@{Add=…; Remove=…}`. // [PS:Set-SendConnector] */
export function collection(current: string[], value: CmdletValue): string[] {
  if (value === null) return [];
  if (Array.isArray(value)) return value.map(String);
  if (typeof value !== "object" || value instanceof Uint8Array) return [String(value)];
  const edit = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
  const list = (inner: unknown): string[] =>
    inner === undefined || inner === null ? [] : Array.isArray(inner) ? inner.map(String) : [String(inner)];
  const lower = (text: string): string => text.toLowerCase();
  const removed = new Set(list(edit.remove).map(lower));
  const kept = current.filter((item) => !removed.has(lower(item)));
  const present = new Set(kept.map(lower));
  return [...kept, ...list(edit.add).filter((item) => !present.has(lower(item)))];
}
