/** The lab for mocha tests: starts before, closes after, and speaks to the control surface. */
import type { HistoryEntry } from "../../lab/doors/history";
import type { FaultSpec } from "../../lab/doors/faults";
import type { IssuedCertificate } from "../../lab/issued";
import type { AuthorityRequest, Decision } from "../../lab/model/certreq";
import type { DeliveredMail } from "../../lab/open";
import { type Lab, type LabOptions, startLab } from "../../lab/start";
import { atFileEnd } from "../../tools/testing/fileEnd";
import "./keys";

export { until } from "../../tools/testing/patience";

/** Tests need no waiting: a high speed and no cost of starting shells, unless a test asks for them. */
const DEFAULTS: LabOptions = { speed: 600, startCost: { powershell: 0, exchange: 0 } };

const open = new Set<Lab>();

// What a test did not close itself ends with its file.
atFileEnd(async () => {
  await Promise.all([...open].map((lab) => lab.close()));
});

/** A running lab; closed at the end of the run at the latest. */
export async function startTestLab(options: LabOptions = {}): Promise<Lab> {
  const lab = await startLab({ ...DEFAULTS, ...options });
  open.add(lab);
  const end = lab.close;
  const close = async (): Promise<void> => {
    if (open.delete(lab)) await end();
  };
  return Object.assign(lab, { close });
}

/** Declares hooks: one lab for each test of the suite. Call the result inside tests. */
export function labForEach(options: () => LabOptions | Promise<LabOptions> = () => ({})): () => Lab {
  let lab: Lab | undefined;
  beforeEach(async () => {
    lab = await startTestLab(await options());
  });
  afterEach(async () => {
    await lab?.close();
    lab = undefined;
  });
  return () => lab!;
}

/** Declares hooks: one lab for the whole suite. */
export function labForAll(options: () => LabOptions | Promise<LabOptions> = () => ({})): () => Lab {
  let lab: Lab | undefined;
  before(async () => {
    lab = await startTestLab(await options());
  });
  after(async () => {
    await lab?.close();
    lab = undefined;
  });
  return () => lab!;
}

/** A refusal of the control surface. */
export class ControlRefused extends Error {
  constructor(
    readonly status: number,
    readonly body: { error: string; [name: string]: unknown },
  ) {
    super(`${status}: ${body.error}`);
  }
}

/** One call to the control surface of a lab (its URL, or the lab). */
export async function call(lab: Lab | string, method: string, path: string, body?: unknown): Promise<unknown> {
  const base = typeof lab === "string" ? lab : lab.control;
  const response = await fetch(base + path, { method, ...(body !== undefined && { body: JSON.stringify(body) }) });
  const answer = (await response.json()) as { error: string };
  if (!response.ok) throw new ControlRefused(response.status, answer);
  return answer;
}

export type State = { servers: { name: string; [key: string]: unknown }[]; [key: string]: unknown };
type Fault = Partial<FaultSpec> & Pick<FaultSpec, "at" | "kind">;
type Objects = { objects: { [property: string]: unknown }[]; warnings: string[] };

/** The control surface as functions. */
export function control(lab: Lab | string) {
  return {
    state: () => call(lab, "GET", "/state") as Promise<State>,
    history: () => call(lab, "GET", "/history") as Promise<HistoryEntry[]>,
    fault: (fault: Fault) => call(lab, "POST", "/faults", fault),
    clearFaults: () => call(lab, "DELETE", "/faults"),
    operator: (host: string, cmdlet: string, parameters: object = {}) =>
      call(lab, "POST", "/operator", { host, cmdlet, parameters }) as Promise<Objects>,
    clock: (advanceSeconds: number, host?: string) => call(lab, "POST", "/clock", { advanceSeconds, host }),
    toggles: (values: object) => call(lab, "POST", "/toggles", values),
    forwarding: (host: string, allowed: boolean) => call(lab, "POST", "/forwarding", { host, allowed }),
    authority: () => call(lab, "GET", "/authority") as Promise<AuthorityRequest[]>,
    decide: (request: number, action: Decision) => call(lab, "POST", "/authority", { request, action }) as Promise<AuthorityRequest>,
    reboot: (host: string) => call(lab, "POST", "/reboot", { host }),
    deliveries: () => call(lab, "GET", "/deliveries") as Promise<DeliveredMail[]>,
    certificates: () => call(lab, "GET", "/certificates") as Promise<IssuedCertificate[]>,
  };
}
