/** What the stage asks of the lab: one function a question. The replies are plain JSON; values that JSON has no type for are tagged. */
import type { ServiceInfo } from "../../provider/remote/protocol";
import { forHistory, type HistoryEntry } from "../doors/history";
import { decodeParameters } from "../doors/agent/values";
import { CmdletFailure, type CmdletResult } from "../model/contract";
import type { StoredCertificate, StoreName } from "../model/store";
import { sslBindingsOf, storeOf, takeCertificate } from "../open";
import type { Lab } from "../start";
import type { Value } from "../../provider/remote/protocol";
import { readPolicy } from "./policy";

/** A question as it arrives: who asks, and with what. */
export interface Question {
  /** Name of the simulated host. */
  host: string;
  what: string;
  /** The process that asks; on a Mailbox server the far end of the remote session. */
  pid: number;
  /** The agent that it works for. */
  agent: number;
  [field: string]: unknown;
}

/** What an answer needs: the lab, and how a change is written down and hit by faults. */
export interface Answering {
  lab: Lab;
  /** Who logs on beside the lab's own account. */
  account?: { user: string; password: string };
  /** Runs a call under its name in history and faults. */
  called<T>(question: Question, call: Called, run: () => T | Promise<T>): Promise<T>;
  /** The cmdlet wrote files into the model's working folder. */
  wrote(host: string, before: ReadonlyMap<string, Buffer>): void;
}
export type Called = Pick<HistoryEntry, "cmdlet" | "parameters" | "mutating">;

const VERBS = { status: "Get-Service", suspend: "Suspend-Service", resume: "Resume-Service", stop: "Stop-Service", start: "Start-Service" };
type Verb = keyof typeof VERBS;

/** A value for PowerShell. */
export function tagged(value: unknown): unknown {
  if (value === null || value === undefined) return null;
  if (value instanceof Date) return { $time: value.toISOString() };
  if (value instanceof Uint8Array) return { $bytes: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return { $list: value.map(tagged) };
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return { $text: String(value) };
}

function taggedResult({ objects, warnings }: CmdletResult): unknown {
  const shown = objects.map((object) => Object.fromEntries(Object.entries(object).map(([name, value]) => [name, tagged(value)])));
  return { objects: shown, warnings };
}

function entry(item: StoredCertificate): unknown {
  const { certificate, privateKey } = item;
  return {
    thumbprint: certificate.thumbprint,
    raw: certificate.der.toString("base64"),
    pem: certificate.pem,
    key: privateKey ? privateKey.export({ format: "pem", type: "pkcs8" }) : null,
    friendlyName: item.friendlyName,
    provider: item.keyProvider,
    providerName: item.providerName,
    exportable: item.exportable,
    networkService: item.networkService,
  };
}

async function invoke(answering: Answering, question: Question): Promise<unknown> {
  const { host } = question;
  const { organisation } = answering.lab;
  const { cmdlet, kind, logon } = question as unknown as { cmdlet: string; kind?: "exchange" | "bare"; logon?: "password" | "publickey" };
  const parameters = decodeParameters(question.parameters as { [name: string]: Value });
  const call = { cmdlet, parameters: forHistory(parameters) as Called["parameters"], mutating: !/^(Get|Test|Export)-/i.test(cmdlet) };
  return answering.called(question, call, async () => {
    const before = new Map(organisation.files(host));
    const shell = { kind: kind ?? "exchange", logon: logon ?? "password" };
    const result = await organisation.invoke({ host, cmdlet, parameters, shell });
    answering.wrote(host, before);
    return taggedResult(result);
  });
}

async function service(answering: Answering, question: Question): Promise<ServiceInfo> {
  const { host, verb, name } = question as Question & { verb: Verb; name: string };
  const services = answering.lab.organisation.service;
  if (verb === "status") return services.status(host, name);
  const call = { cmdlet: VERBS[verb], parameters: { Name: name }, mutating: true };
  return answering.called(question, call, () => services[verb](host, name));
}

function logOn({ lab, account }: Answering, { host, user, password }: Question): boolean {
  const bare = (name: string): string => name.replace(/^.*\\/, "").replace(/@.*$/, "").toLowerCase();
  const own = lab.hosts.get(host)!.host.account;
  const known = [own, { ...own, user: lab.organisation.facts(host).account }, ...(account ? [account] : [])];
  const fits = known.some((one) => bare(one.user) === bare(String(user)) && one.password === password);
  if (!fits) throw new Error("Access is denied.");
  return true;
}

/** Question → its answer; throws what the model throws. */
export const ANSWERS: { [what: string]: (answering: Answering, question: Question) => unknown } = {
  facts: ({ lab }, { host }) => lab.organisation.facts(host),
  logon: logOn,
  invoke,
  service,
  store: ({ lab }, { host, name }) => storeOf(lab.organisation, host, name as StoreName).map(entry),
  "store.add": (answering, question) => {
    const { host, raw } = question;
    const call = { cmdlet: "chain.import", parameters: {}, mutating: true };
    return answering.called(question, call, () => answering.lab.organisation.chain.import(host, [Buffer.from(String(raw), "base64")]));
  },
  "store.remove": (answering, question) => {
    const { host, thumbprint } = question;
    const call = { cmdlet: "certificate.remove", parameters: { thumbprint }, mutating: true };
    return answering.called(question, call, () => takeCertificate(answering.lab.organisation, host, String(thumbprint)));
  },
  certreq: (answering, question) => {
    const { host, ca, template, request } = question;
    const call = { cmdlet: "certreq.submit", parameters: { ca, template }, mutating: true };
    const submit = (): unknown => answering.lab.organisation.certreq(host, String(ca), String(template), String(request));
    return answering.called(question, call, submit);
  },
  // what certreq -new was told
  selfSigned: async (answering, { policy, ...question }) => {
    const wish = readPolicy(Buffer.from(String(policy), "base64"));
    const call = { cmdlet: "certificate.makeSelfSigned", parameters: { ...wish }, mutating: true };
    const make = (): Promise<Uint8Array> => answering.lab.organisation.certificate.makeSelfSigned(question.host, wish);
    return Buffer.from(await answering.called(question, call, make)).toString("base64");
  },
  retrieve: ({ lab }, { host, ca, request }) => lab.organisation.retrieve(host, String(ca), Number(request)),
  sslcert: ({ lab }, { host }) => Object.fromEntries(sslBindingsOf(lab.organisation, host)),
  internal: ({ lab }, { host, server }) => {
    const blob = lab.organisation.internalCertificate(host, server === "" || server === null ? undefined : String(server));
    return { blob: blob && Buffer.from(blob).toString("base64") };
  },
  events: ({ lab }, { host, since }) => lab.organisation.events(host, new Date(String(since))),
};

/** What the model threw, as the stage's cmdlets throw it. */
export function refusalOf(error: unknown): object {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof CmdletFailure))
    return { type: "System.InvalidOperationException", fqid: "LabFailure", category: "NotSpecified", kind: "CmdletFailed", message };
  const { type, fqid, category, kind } = error;
  return { type, fqid, category, kind, message };
}
