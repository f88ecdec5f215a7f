/** Request lines: what is well-formed, strictly. */
import { z } from "zod";
import type { Operation, Value } from "../../../provider/remote/protocol";
import { AgentFailure } from "./failure";

const value: z.ZodType<Value> = z.json() as z.ZodType<Value>;
const none = z.strictObject({});
const path = z.strictObject({ path: z.string() });
const pathAndData = z.strictObject({ path: z.string(), data: z.string() });
const service = z.strictObject({ name: z.string() });
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
    select: z.array(z.string().regex(/^[A-Za-z][A-Za-z0-9]*$/)),
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
  "certificate.inspect": z.strictObject({ thumbprint: z.string() }),
  "certificate.remove": z.strictObject({ thumbprint: z.string(), keep: z.string(), default: z.string().optional() }),
  "chain.status": z.strictObject({ thumbprints: z.array(z.string()) }),
  "chain.import": z.strictObject({ certificates: z.array(z.string()) }),
  "certreq.submit": z.strictObject({ ca: z.string().min(1), template: z.string().min(1), request: z.string().min(1) }),
  "directory.internalCertificate": z.strictObject({ server: z.string().optional() }),
  "events.read": z.strictObject({
    since: z.string(),
    sources: z.array(z.string()),
    ids: z.array(z.int()).optional(),
    max: z.int().min(1).optional(),
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
  id: z.int().min(0),
  op: z.string(),
  params: z.record(z.string(), z.unknown()).default({}),
  fence: z.int().min(0).optional(),
  key: z.string().min(1).max(200).optional(),
});

/** The id of a line that is at least an object with one: so that its error can be matched. */
export function idOf(line: string): number | null {
  try {
    const id = (JSON.parse(line) as { id?: unknown }).id;
    return typeof id === "number" && Number.isInteger(id) ? id : null;
  } catch {
    return null;
  }
}

function explain(error: z.ZodError): string {
  return error.issues.map((issue) => `${issue.path.join(".") || "request"}: ${issue.message}`).join("; ");
}

/** Parses one line; throws AgentFailure (`BadRequest`, `UnknownOperation`). */
export function parseRequest(line: string): Request {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    throw new AgentFailure("BadRequest", "The line is not JSON.");
  }
  const outer = envelope.safeParse(json);
  if (!outer.success) throw new AgentFailure("BadRequest", explain(outer.error));
  const { op } = outer.data;
  if (!Object.hasOwn(PARAMETERS, op)) throw new AgentFailure("UnknownOperation", `Unknown operation ${JSON.stringify(op)}.`);
  const params = PARAMETERS[op as Operation].safeParse(outer.data.params);
  if (!params.success) throw new AgentFailure("BadRequest", explain(params.error));
  return { ...outer.data, op: op as Operation, params: params.data as Params<Operation> };
}
