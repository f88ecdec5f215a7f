/**
 * What was done to an organisation, as plain data: recorded at one lab, done again at another one of the same scenario. So a state
 * that a rotation left can be kept in a file, and outlives changes of the model.
 */
import { isMutation } from "../provider/remote/protocol";
import { SecureText, TimeSpan, type CmdletCall, type CmdletValue, type LabOrganisation } from "./model/contract";

/** A parameter's value in JSON; what JSON cannot say is an object with one property that begins with `$`. */
export type Written =
  | null
  | boolean
  | number
  | string
  | Written[]
  | { [name: string]: Written }
  | { $bytes: string }
  | { $file: string }
  | { $seconds: number };

/** One thing that was done. */
export type Deed = { at: string; host: string } & (
  | { do: "invoke"; cmdlet: string; parameters: { [name: string]: Written } }
  | { do: "suspend" | "resume" | "stop" | "start"; service: string }
  | { do: "restart"; service: string; keepStopped: string[] }
  | { do: "remove"; thumbprint: string; keep: string; expectDefault?: string }
  | { do: "chain"; der: string[] }
);

/** Everything that changes the organisation from now on; the list grows. Files of the working folders are not in it. */
export function record(organisation: LabOrganisation): Deed[] {
  const deeds: Deed[] = [];
  const exports = new Exports(organisation);
  const note = (host: string, deed: object): void =>
    void deeds.push({ at: organisation.now().toISOString(), host: organisation.facts(host).name, ...deed } as Deed);

  const { invoke } = organisation;
  organisation.invoke = async (call) => {
    if (isMutation("invoke", call.cmdlet)) note(call.host, { do: "invoke", cmdlet: call.cmdlet, parameters: writtenAll(call, exports) });
    const result = await invoke.call(organisation, call);
    exports.look(call);
    return result;
  };
  const { service, certificate, chain } = organisation;
  for (const verb of ["suspend", "resume", "stop", "start"] as const) {
    const act = service[verb];
    service[verb] = (host, name) => (note(host, { do: verb, service: name }), act(host, name));
  }
  const { restart } = service;
  service.restart = (host, name, keepStopped) => (
    note(host, { do: "restart", service: name, keepStopped }),
    restart(host, name, keepStopped)
  );
  const { remove } = certificate;
  certificate.remove = (host, thumbprint, keep, expectDefault) => {
    note(host, { do: "remove", thumbprint, keep, ...(expectDefault === undefined ? {} : { expectDefault }) });
    return remove(host, thumbprint, keep, expectDefault);
  };
  const install = chain.import;
  chain.import = (host, der) => (
    note(host, { do: "chain", der: der.map((one) => Buffer.from(one).toString("base64")) }),
    install(host, der)
  );
  return deeds;
}

/** Does it all again, one after the other; `before` is called with each. What was refused then is refused again. */
export async function replay(
  organisation: LabOrganisation,
  deeds: readonly Deed[],
  before?: (deed: Deed) => void | Promise<void>,
): Promise<void> {
  const exports = new Exports(organisation);
  for (const deed of deeds) {
    await before?.(deed);
    await again(organisation, deed, exports).catch(() => undefined);
  }
}

async function again(organisation: LabOrganisation, deed: Deed, exports: Exports): Promise<void> {
  const { host } = deed;
  if (deed.do === "invoke") {
    const call = { host, cmdlet: deed.cmdlet, parameters: readAll(deed.parameters, exports) };
    await organisation.invoke(call);
    exports.look(call);
  } else if (deed.do === "restart") await organisation.service.restart(host, deed.service, deed.keepStopped);
  else if (deed.do === "remove") organisation.certificate.remove(host, deed.thumbprint, deed.keep, deed.expectDefault);
  else if (deed.do === "chain")
    organisation.chain.import(
      host,
      deed.der.map((one) => Buffer.from(one, "base64")),
    );
  else await organisation.service[deed.do](host, deed.service);
}

/** Subscription files: each export has another password, so an import is recorded by the Edge whose file it was. */
class Exports {
  private readonly latest = new Map<string, Buffer>();

  constructor(private readonly organisation: LabOrganisation) {}

  look({ host, cmdlet, parameters }: CmdletCall): void {
    const entry = Object.entries(parameters).find(([name]) => name.toLowerCase() === "filename");
    if (!/^New-EdgeSubscription$/i.test(cmdlet) || typeof entry?.[1] !== "string") return;
    const name = entry[1].split(/[\\/]/).at(-1)!.toLowerCase();
    const file = [...this.organisation.files(host)].find(([path]) => path.split("/").at(-1)!.toLowerCase() === name);
    if (file) this.latest.set(this.organisation.facts(host).name, Buffer.from(file[1]));
  }

  edgeOf(bytes: Uint8Array): string | undefined {
    return [...this.latest].find(([, file]) => file.equals(bytes))?.[0];
  }

  of(edge: string): Buffer {
    return this.latest.get(edge) ?? Buffer.alloc(0);
  }
}

const writtenAll = ({ parameters }: CmdletCall, exports: Exports): { [name: string]: Written } =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, written(value, exports)]));

function written(value: CmdletValue, exports: Exports): Written {
  if (value instanceof Uint8Array) {
    const edge = exports.edgeOf(value);
    return edge === undefined ? { $bytes: Buffer.from(value).toString("base64") } : { $file: edge };
  }
  if (value instanceof SecureText) return { $secure: value.reveal };
  if (value instanceof TimeSpan) return { $seconds: value.seconds };
  if (value instanceof Date) return { $date: value.toISOString() };
  if (Array.isArray(value)) return value.map((one) => written(one, exports));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, written(one, exports)]));
}

const readAll = (parameters: { [name: string]: Written }, exports: Exports): { [name: string]: CmdletValue } =>
  Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, read(value, exports)]));

function read(value: Written, exports: Exports): CmdletValue {
  if (Array.isArray(value)) return value.map((one) => read(one, exports));
  if (typeof value !== "object" || value === null) return value;
  const [[name, inner] = []] = Object.entries(value) as [string, Written][];
  if (name === "$bytes") return Buffer.from(inner as string, "base64");
  if (name === "$file") return exports.of(inner as string);
  if (name === "$secure") return new SecureText(inner as string);
  if (name === "$seconds") return new TimeSpan(inner as number);
  if (name === "$date") return new Date(inner as string);
  return readAll(value, exports);
}
