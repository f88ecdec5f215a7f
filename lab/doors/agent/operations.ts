/** Operations of the agent, answered out of the model. */
import { X509Certificate } from "node:crypto";
import { PROTOCOL, type HostFacts, type Operation, type Operations, type ServiceInfo } from "../../../provider/remote/protocol";
import { sslBindingsOf } from "../../open";
import { POWERSHELL_VERSION, type Host } from "../host";
import { AgentFailure } from "./failure";
import { checkService, type Params } from "./requests";
import type { Shell } from "./shell";
import { decodeBase64, decodeParameters, decodeTime, isWanted, selectProperties } from "./values";

/** What an operation may look at. */
export interface OperationContext {
  host: Host;
  shell: Shell;
  pid: number;
  /** SHA-256 of the agent script as received. */
  agent: string;
  /** It was started as an agent that knows `where`. */
  where: boolean;
}

type Handler<O extends Operation> = (
  context: OperationContext,
  params: Params<O>,
) => Operations[O]["value"] | Promise<Operations[O]["value"]>;

/** The host's facts as `ready` and `hello` give them. */
export function hostFacts({ host, pid, agent, where }: OperationContext): HostFacts {
  const facts = host.services.organisation.facts(host.name);
  return { protocol: PROTOCOL, agent, powershell: POWERSHELL_VERSION, pid, ...facts, fence: host.fence, ...(where && { where }) };
}

function decodeCertificate(text: string): Buffer {
  const der = decodeBase64(text, "A certificate");
  try {
    return new X509Certificate(der).raw;
  } catch {
    throw new AgentFailure("BadRequest", "A certificate cannot be read.");
  }
}

type ServiceVerb = "suspend" | "resume" | "stop" | "start";
function serviceVerb(verb: ServiceVerb) {
  return ({ host }: OperationContext, { name }: { name: string }): Promise<ServiceInfo> =>
    host.services.organisation.service[verb](host.name, checkService(name));
}

/** Newer builds list nothing in a shell that is not elevated; the agent does not let that read as "no certificates". */
function checkList(host: Host, cmdlet: string, count: number): void {
  if (count > 0 || cmdlet.toLowerCase() !== "get-exchangecertificate") return;
  if (host.services.organisation.facts(host.name).elevated) return;
  throw new AgentFailure("CmdletFailed", "The shell is not elevated and lists no certificate.", {
    fqid: "EmptyCertificateList,Get-ExchangeCertificate",
    category: "PermissionDenied",
  });
}

async function invoke({ host, shell }: OperationContext, params: Params<"invoke">): Promise<Operations["invoke"]["value"]> {
  refuseWithheld(params.cmdlet);
  const parameters = decodeParameters(params.parameters);
  const result = await host.services.organisation.invoke({ host: host.name, cmdlet: params.cmdlet, parameters, shell: shell.context });
  checkList(host, params.cmdlet, result.objects.length);
  return {
    objects: result.objects.filter((object) => isWanted(object, params.where)).map((object) => selectProperties(object, params.select)),
    warnings: result.warnings,
  };
}

function readEvents({ host }: OperationContext, params: Params<"events.read">): Operations["events.read"]["value"] {
  const since = decodeTime(params.since, "since");
  const wanted = new Set(params.sources.map((source) => source.toLowerCase()));
  const events = host.services.organisation
    .events(host.name, since)
    .filter((event) => wanted.has(event.source.toLowerCase()) && (params.ids?.includes(event.id) ?? true));
  const oldestFirst = [...events].sort((a, b) => (a.utc < b.utc ? -1 : a.utc > b.utc ? 1 : 0));
  return { events: oldestFirst.slice(-params.max) };
}

function removeCertificate({ host }: OperationContext, params: Params<"certificate.remove">): { removed: boolean } {
  const expected = params.default?.toUpperCase();
  return host.services.organisation.certificate.remove(host.name, params.thumbprint.toUpperCase(), params.keep.toUpperCase(), expected);
}

/** The longest stretch that is counted in one call. */
const DAY_MS = 86_400_000;

async function countTracked({ host }: OperationContext, params: Params<"tracking.count">): Promise<Operations["tracking.count"]["value"]> {
  const [since, until] = [decodeTime(params.since, "since"), decodeTime(params.until, "until")];
  if (until < since || until.getTime() - since.getTime() > DAY_MS)
    throw new AgentFailure("BadRequest", "'until' must lie within 24 hours after 'since'.");
  const { messageId } = params;
  const parameters = { Start: since, End: until, ResultSize: "Unlimited", ...(messageId === undefined ? {} : { MessageId: messageId }) };
  const { objects } = await host.services.organisation.invoke({ host: host.name, cmdlet: "Get-MessageTrackingLog", parameters });
  const counts = new Map<string, number>();
  for (const { EventId, Source } of objects) {
    const key = `${String(EventId)} ${String(Source)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
  return { events: sorted.map(([key, count]) => ({ eventId: key.split(" ")[0], source: key.split(" ")[1], count })) };
}

/** Rows with addresses and subjects are for `tracking.count` alone. */
function refuseWithheld(cmdlet: string): void {
  if (/^Get-MessageTrackingLog$/i.test(cmdlet)) throw new AgentFailure("NotAllowed", "This cmdlet is not in the closed list.");
}

/** A Mailbox server's sites have bindings always: where none is shown, nothing was told. */
function boundThumbprints({ name, role, services: { organisation } }: Host): string[] {
  const thumbprints = [...new Set(sslBindingsOf(organisation, name).values())].map((one) => one.toUpperCase()).sort();
  if (thumbprints.length === 0 && role === "Mailbox")
    throw new AgentFailure("ExecutableFailed", "netsh does not say what http.sys is bound to.");
  return thumbprints;
}

export const OPERATIONS: { [O in Operation]: Handler<O> } = {
  hello: (context) => hostFacts(context),
  "shell.open": ({ shell }, { credential }) => shell.open(credential && { user: credential.user, password: credential.password.$secure }),
  "fence.raise": ({ host }, { fence }) =>
    // Waits for a change that another process is inside.
    host.exclusively(() => {
      if (fence < host.fence) throw new AgentFailure("Fenced", `Fence ${fence} is lower than ${host.fence}.`);
      host.raiseFence(fence);
      return Promise.resolve({ fence: host.fence });
    }),
  invoke,
  "file.read": ({ host }, params) => host.folder.read(params),
  "file.write": ({ host }, params) => host.folder.write(params),
  "file.append": ({ host }, params) => host.folder.append(params),
  "file.createNew": ({ host }, params) => host.folder.createNew(params),
  "file.remove": ({ host }, params) => host.folder.remove(params),
  "file.list": ({ host }, params) => host.folder.list(params),
  "service.status": ({ host }, { name }) => host.services.organisation.service.status(host.name, checkService(name)),
  "service.suspend": serviceVerb("suspend"),
  "service.resume": serviceVerb("resume"),
  "service.stop": serviceVerb("stop"),
  "service.start": serviceVerb("start"),
  "service.restart": ({ host }, { name, keepStopped }) =>
    host.services.organisation.service.restart(host.name, checkService(name), keepStopped),
  "certificate.inspect": ({ host }, { thumbprint }) => host.services.organisation.certificate.inspect(host.name, thumbprint.toUpperCase()),
  "certificate.remove": removeCertificate,
  "certificate.removeReplaced": ({ host }, { thumbprint, keep }) =>
    host.services.organisation.certificate.removeReplaced(host.name, thumbprint.toUpperCase(), keep.toUpperCase()),
  "certificate.makeSelfSigned": async ({ host }, params) => ({
    raw: Buffer.from(await host.services.organisation.certificate.makeSelfSigned(host.name, params)).toString("base64"),
  }),
  "httpsys.bindings": ({ host }) => ({ thumbprints: boundThumbprints(host) }),
  "chain.status": ({ host }, { thumbprints }) => ({
    present: host.services.organisation.chain.status(
      host.name,
      thumbprints.map((one) => one.toUpperCase()),
    ),
  }),
  "chain.import": ({ host }, { certificates }) => ({
    added: host.services.organisation.chain.import(host.name, certificates.map(decodeCertificate)),
  }),
  "chain.trust": ({ host }, { certificate, chain }) =>
    host.services.organisation.chain.trust(host.name, decodeCertificate(certificate), chain.map(decodeCertificate)),
  "certreq.submit": ({ host }, { ca, template, request }) => host.services.organisation.certreq(host.name, ca, template, request),
  "certreq.retrieve": ({ host }, { ca, requestId }) => host.services.organisation.retrieve(host.name, ca, requestId),
  "directory.internalCertificate": ({ host }, { server }) => {
    const blob = host.services.organisation.internalCertificate(host.name, server);
    return { blob: blob && Buffer.from(blob).toString("base64") };
  },
  "tracking.count": countTracked,
  "events.read": readEvents,
};
