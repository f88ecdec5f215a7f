/** Request lines: what is well-formed, strictly. */
import { z } from "zod";
import { SERVICES, type Operation } from "../../../provider/remote/protocol";
import { AgentFailure } from "./failure";
import { checkPath } from "./paths";
import { BASE64, isTime } from "./values";

const base64 = z.string().regex(BASE64);
const thumbprint = z.string().regex(/^[0-9A-Fa-f]{40}$/);
const time = z.string().refine(isTime, "not a time like 2026-12-01T08:30:00Z");

/** What a cmdlet's parameter may be, whatever its type: docs/agent-protocol.md 7.4. */
const list = z.union([z.string(), z.array(z.string()).min(1)]);
const value = z.union([
  z.null(),
  z.boolean(),
  z.int(),
  z.string(),
  z.array(z.string()),
  z.strictObject({ $bytes: base64 }),
  z.strictObject({ $secure: z.string() }),
  z.strictObject({ $time: time }),
  z.strictObject({ $timespan: z.int().min(0).max(2_147_483_647) }),
  z.strictObject({ Add: list, Remove: list.optional() }),
  z.strictObject({ Remove: list }),
]);
const property = z.string().regex(/^[A-Za-z][A-Za-z0-9_]{0,63}$/);
/** Property → texts; names of properties ignore case. */
const where = z.record(property, z.array(z.string()).min(1).max(64)).refine((given) => {
  const names = Object.keys(given);
  return names.length >= 1 && names.length <= 8 && new Set(names.map((name) => name.toLowerCase())).size === names.length;
}, "1 to 8 different properties");
const none = z.strictObject({});
const path = z.strictObject({ path: z.string() });
const pathAndData = z.strictObject({ path: z.string(), data: base64 });
const service = z.strictObject({ name: z.string() });
const authority = z.string().regex(/^[A-Za-z0-9._-]{1,253}\\[^"\\\p{Cc}]{1,128}$/u);
const secure = z.strictObject({ $secure: z.string() });

/** Operation → shape of its parameters. */
export const PARAMETERS = {
  hello: none,
  "shell.open": z.strictObject({
    credential: z.strictObject({ user: z.string().min(1), password: secure }).optional(),
  }),
  "fence.raise": z.strictObject({ fence: z.int().min(0) }),
  invoke: z.strictObject({
    cmdlet: z.string().regex(/^[A-Za-z]+-[A-Za-z]+$/),
    parameters: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/), value),
    select: z.array(property).max(64),
    where: where.optional(),
  }),
  "file.read": path,
  "file.write": pathAndData,
  "file.append": pathAndData,
  "file.createNew": pathAndData,
  "file.remove": path,
  "file.list": path,
  "service.status": service,
  "service.suspend": service,
  "service.resume": service,
  "service.stop": service,
  "service.start": service,
  "service.restart": z.strictObject({ name: z.string(), keepStopped: z.array(z.string()) }),
  "certificate.inspect": z.strictObject({ thumbprint }),
  "certificate.remove": z.strictObject({ thumbprint, keep: thumbprint, default: thumbprint.optional() }),
  "certificate.removeReplaced": z.strictObject({ thumbprint, keep: thumbprint }),
  "certificate.makeSelfSigned": z.strictObject({
    domainNames: z
      .array(z.string().regex(/^(\*\.)?[A-Za-z0-9_]([A-Za-z0-9_.-]{0,250}[A-Za-z0-9_])?$/))
      .min(1)
      .max(100)
      .refine(([first]) => first.length <= 64, "the first name becomes the common name: at most 64 characters"),
    days: z.int().min(1).max(36_500),
    keySize: z.literal([1024, 2048, 4096]),
    friendlyName: z.string().regex(/^[^\p{Cc}]{1,256}$/u),
    exportable: z.boolean(),
  }),
  "httpsys.bindings": none,
  "chain.status": z.strictObject({ thumbprints: z.array(thumbprint) }),
  "chain.import": z.strictObject({ certificates: z.array(base64).max(16) }),
  "chain.trust": z.strictObject({ certificate: base64, chain: z.array(base64).max(16) }),
  "certreq.submit": z.strictObject({
    ca: authority,
    template: z.string().regex(/^[A-Za-z0-9._ -]{1,128}$/),
    request: z.string().regex(/^[A-Za-z0-9+/=\r\n -]{1,100000}$/),
  }),
  "certreq.retrieve": z.strictObject({ ca: authority, requestId: z.int().min(1).max(999_999_999) }),
  "directory.internalCertificate": z.strictObject({ server: z.string().optional() }),
  "tracking.count": z.strictObject({
    since: time,
    until: time,
    messageId: z
      .string()
      .regex(/^<[!-;=?-~]{1,250}>$/)
      .optional(),
  }),
  "events.read": z.strictObject({
    since: time,
    sources: z
      .array(z.string().regex(/^[A-Za-z0-9 ._-]{1,128}$/))
      .min(1)
      .max(16),
    ids: z.array(z.int()).min(1).max(20).optional(),
    max: z.int().min(1).max(1000).default(100),
  }),
} satisfies { [op in Operation]: z.ZodType };

export type Params<O extends Operation> = z.infer<(typeof PARAMETERS)[O]>;

/** A request whose envelope is good; its parameters are validated per operation. */
export interface Request<O extends Operation = Operation> {
  id: number;
  op: O;
  params: Params<O>;
  fence?: number;
  key?: string;
}

const envelope = z.strictObject({
  id: z.int().min(1),
  op: z.string(),
  params: z.record(z.string(), z.unknown()),
  fence: z.int().min(0).optional(),
  key: z
    .string()
    .regex(/^[A-Za-z0-9._:-]{1,128}$/)
    .optional(),
});

/** The id of a line that is at least an object with one: so that its error can be matched. */
export function idOf(line: string): number | null {
  try {
    const id = (JSON.parse(line) as { id?: unknown }).id;
    return typeof id === "number" && Number.isSafeInteger(id) && id >= 1 ? id : null;
  } catch {
    return null;
  }
}

/** Windows cuts text at a NUL. */
function hasNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return typeof value === "object" && value !== null && Object.values(value).some(hasNul);
}

/** A field that is null counts as left out. */
function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([, inner]) => inner !== null));
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "request"}: ${issue.message}`).join("; ");
}

/** What an agent knows: one of before has fewer operations, and no `where`. */
export interface Knowledge {
  operation: (op: Operation) => boolean;
  where: boolean;
}

/** Parses one line; throws AgentFailure (`BadRequest`, `UnknownOperation`). */
export function parseRequest(line: string, knows: Knowledge): Request {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new AgentFailure("BadRequest", "The line is not JSON.");
  }
  if (hasNul(json)) throw new AgentFailure("BadRequest", "A string contains a NUL character.");
  const outer = envelope.safeParse(withoutNulls(json));
  if (!outer.success) throw new AgentFailure("BadRequest", explain(outer.error));
  const { op } = outer.data;
  if (!Object.hasOwn(PARAMETERS, op) || !knows.operation(op as Operation))
    throw new AgentFailure("UnknownOperation", `Unknown operation ${JSON.stringify(op)}.`);
  const params = PARAMETERS[op as Operation].safeParse(withoutNulls(outer.data.params));
  if (!params.success) throw new AgentFailure("BadRequest", explain(params.error));
  if ("where" in params.data && !knows.where) throw new AgentFailure("BadRequest", "Unknown field 'where'.");
  checkLists(op as Operation, params.data as { name?: string; path?: string });
  return { ...outer.data, op: op as Operation, params: params.data };
}

/** Services and paths outside the closed lists are refused before the fence is looked at. */
function checkLists(op: Operation, { name, path }: { name?: string; path?: string }): void {
  if (op.startsWith("service.")) checkService(name ?? "");
  if (op.startsWith("file.") && !(op === "file.list" && path === "")) checkPath(path ?? "");
}

/** A service of the closed list, as the list spells it. */
export function checkService(name: string): string {
  const known = SERVICES.find((service) => service.toLowerCase() === name.toLowerCase());
  if (!known) throw new AgentFailure("NotAllowed", `The service ${JSON.stringify(name)} is not in the closed list.`);
  return known;
}
