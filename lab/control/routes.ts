/** The lab's control surface: what each method and path does. JSON in, JSON out. */
import { z } from "zod";
import type { Value } from "../../provider/remote/protocol";
import { asAgentError } from "../doors/agent/failure";
import { project } from "../doors/agent/values";
import { type Faults, faultSchema } from "../doors/faults";
import type { History } from "../doors/history";
import type { ConnectionRecord, SshDoor } from "../doors/ssh/server";
import type { LabOrganisation } from "../model/contract";
import { issuedCertificates, type IssuedCertificate } from "../issued";
import { DECISIONS } from "../model/certreq";
import { authorityRequests, deliveries, reboot, resolveRequest } from "../open";
import { runOperator } from "./operator";

/** What the control surface works on. */
export interface Controlled {
  organisation: LabOrganisation;
  history: History;
  faults: Faults;
  ssh: ReadonlyMap<string, SshDoor>;
}

/** A request that cannot be carried out: answered with `status` and `{error}`. */
export class ControlError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly extra: { [name: string]: unknown } = {},
  ) {
    super(message);
  }
}

type Route = (lab: Controlled, body: unknown) => unknown;

const operatorSchema = z.strictObject({
  host: z.string().min(1),
  cmdlet: z.string().min(1),
  parameters: z.record(z.string(), z.json()).default({}),
});
const clockSchema = z.strictObject({ advanceSeconds: z.number(), host: z.string().min(1).optional() });
const forwardingSchema = z.strictObject({ host: z.string(), allowed: z.boolean() });
const togglesSchema = z.record(z.string(), z.unknown());
const rebootSchema = z.strictObject({ host: z.string().min(1) });
const decisionSchema = z.strictObject({ request: z.int().min(1), action: z.enum(DECISIONS) });
const keysSchema = z.strictObject({ host: z.string().min(1), keys: z.array(z.string().min(1)) });

/** Path → method → handler. */
export const ROUTES: { [path: string]: { [method: string]: Route } } = {
  "/state": { GET: ({ organisation }) => fullState(organisation) },
  "/history": { GET: ({ history }) => history.entries },
  "/faults": {
    GET: ({ faults }) => faults.list(),
    POST: (lab, body) => {
      const fault = parse(faultSchema, body);
      if (fault.host !== undefined) checkHost(lab, fault.host);
      return { id: lab.faults.add(fault) };
    },
    DELETE: ({ faults }) => {
      faults.clear();
      return {};
    },
  },
  "/operator": { POST: (lab, body) => operator(lab, body) },
  "/clock": {
    GET: ({ organisation }) => ({ now: organisation.now().toISOString() }),
    POST: (lab, body) => {
      const { advanceSeconds, host } = parse(clockSchema, body);
      if (host !== undefined) checkHost(lab, host);
      lab.organisation.advanceClock(advanceSeconds, host);
      return { now: lab.organisation.now(host).toISOString() };
    },
  },
  "/toggles": {
    GET: ({ organisation }) => organisation.toggles,
    POST: ({ organisation }, body) => {
      organisation.setToggles(parse(togglesSchema, body));
      return organisation.toggles;
    },
  },
  "/forwarding": {
    GET: ({ ssh }) => Object.fromEntries([...ssh].map(([name, door]) => [name, door.forwarding])),
    POST: (lab, body) => {
      const { host, allowed } = parse(forwardingSchema, body);
      lab.ssh.get(checkHost(lab, host))!.forwarding = allowed;
      return { host, allowed };
    },
  },
  "/authority": {
    GET: ({ organisation }) => authorityRequests(organisation),
    POST: ({ organisation }, body) => {
      const { request, action } = parse(decisionSchema, body);
      try {
        return resolveRequest(organisation, request, action);
      } catch (error) {
        throw new ControlError(400, (error as Error).message);
      }
    },
  },
  "/certificates": { GET: ({ organisation }): IssuedCertificate[] => issuedCertificates(organisation) },
  "/connections": { GET: ({ ssh }): ConnectionRecord[] => [...ssh.values()].flatMap((door) => door.connections) },
  "/deliveries": { GET: ({ organisation }) => deliveries(organisation) },
  "/reboot": {
    POST: async (lab, body) => {
      const host = checkHost(lab, parse(rebootSchema, body).host);
      lab.ssh.get(host)!.disconnectAll();
      await reboot(lab.organisation, host);
      return {};
    },
  },
  "/authorized-keys": {
    POST: (lab, body) => {
      const { host, keys } = parse(keysSchema, body);
      lab.ssh.get(checkHost(lab, host))!.auth.authorizedKeys = keys;
      return {};
    },
  },
};

/** Validates a body; throws ControlError 400 naming what is wrong. */
function parse<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map((issue) => `${issue.path.join(".") || "body"}: ${issue.message}`);
  throw new ControlError(400, reasons.join("; "));
}

/** The host's own name. */
function checkHost({ organisation }: Controlled, host: string): string {
  const wanted = host.toLowerCase();
  const known = organisation.hostNames.find(
    (name) => name.toLowerCase() === wanted || organisation.facts(name).fqdn.toLowerCase() === wanted,
  );
  if (known === undefined)
    throw new ControlError(400, `Unknown host ${JSON.stringify(host)}. Known: ${organisation.hostNames.join(", ")}.`);
  return known;
}

async function operator(lab: Controlled, body: unknown): Promise<unknown> {
  const { host, cmdlet, parameters } = parse(operatorSchema, body);
  const call = { host: checkHost(lab, host), cmdlet, parameters: parameters as { [name: string]: Value } };
  try {
    const { objects, warnings } = await runOperator(lab.organisation, lab.history, call);
    const shown = objects.map((object) => Object.fromEntries(Object.entries(object).map(([key, value]) => [key, project(value)])));
    return { objects: shown, warnings };
  } catch (error) {
    const { message, ...extra } = asAgentError(error, "CmdletFailed");
    throw new ControlError(400, message, extra);
  }
}

/** The model's state with the texts of each server's working folder. */
export function fullState(organisation: LabOrganisation): { [key: string]: unknown } {
  const state = organisation.state();
  const servers = state.servers as { [key: string]: unknown }[];
  return {
    ...state,
    servers: servers.map((server) => ({
      ...server,
      files: [...organisation.files(String(server.name))].map(([path, bytes]) => ({ path, text: bytes.toString("utf8") })),
    })),
  };
}
