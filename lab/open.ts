/** From a scenario to a running model. */
import type { LabOrganisation } from "./model/contract";
import type { AuthorityRequest, Decision } from "./model/certreq";
import { loadScenario, type OrganisationOptions } from "./model/organisation";
import type { StoredCertificate, StoreName } from "./model/store";

/** Name of a scenario in lab/scenarios, path of a file, or the scenario itself. */
export type ScenarioInput = Parameters<typeof loadScenario>[0];

/** Loads a scenario and builds its organisation; latencies are divided by `speed`. */
export function openOrganisation(scenario: ScenarioInput, options: OrganisationOptions): Promise<LabOrganisation> {
  return loadScenario(scenario, options);
}

/** A delivered mail, as the model reports it. */
export interface DeliveredMail {
  id: string;
  recipient: string;
  utc: string;
  path: string[];
}

/** What the model offers beyond the contract. */
interface Extended {
  deliveries?: readonly DeliveredMail[];
  reboot?(host: string): Promise<void>;
  takeCertificate?(host: string, thumbprint: string): boolean;
  store?(host: string, name: StoreName): readonly StoredCertificate[];
  sslBindings?(host: string): ReadonlyMap<string, string>;
  authorityRequests?: AuthorityRequest[];
  resolveRequest?(requestId: number, decision: Decision): AuthorityRequest;
  copiedAt?: string;
  fence?(host: string): number;
}

/** Deliveries so far, oldest first. */
export function deliveries(organisation: LabOrganisation): readonly DeliveredMail[] {
  return (organisation as Extended).deliveries ?? [];
}

/** Restarts a machine; resolves when its services are back. */
export async function reboot(organisation: LabOrganisation, host: string): Promise<void> {
  const model = organisation as Extended;
  if (!model.reboot) throw new Error("This organisation cannot restart machines.");
  await model.reboot(host);
}

/** Takes a certificate out of a machine's store without asking Exchange; false when it is not there. */
export function takeCertificate(organisation: LabOrganisation, host: string, thumbprint: string): boolean {
  const model = organisation as Extended;
  if (!model.takeCertificate) throw new Error("This organisation has no certificate stores.");
  return model.takeCertificate(host, thumbprint);
}

/** What lies in one of a machine's stores; nothing where the organisation has none. */
export function storeOf(organisation: LabOrganisation, host: string, name: StoreName): readonly StoredCertificate[] {
  return (organisation as Extended).store?.(host, name) ?? [];
}

/** Bindings of http.sys by `address:port`; none where the organisation has none. */
export function sslBindingsOf(organisation: LabOrganisation, host: string): ReadonlyMap<string, string> {
  return (organisation as Extended).sslBindings?.(host) ?? new Map();
}

/** Requests that reached a certification authority of the scenario, oldest first. */
export function authorityRequests(organisation: LabOrganisation): readonly AuthorityRequest[] {
  return (organisation as Extended).authorityRequests ?? [];
}

/** What an official of the authority does with a request. @throws Error where it is not there or decided already */
export function resolveRequest(organisation: LabOrganisation, requestId: number, decision: Decision): AuthorityRequest {
  const model = organisation as Extended;
  if (!model.resolveRequest) throw new Error("This organisation has no certification authority.");
  return model.resolveRequest(requestId, decision);
}

/** When a copied organisation was read from a live one; undefined where it is none. */
export function copiedAt(organisation: LabOrganisation): string | undefined {
  return (organisation as Extended).copiedAt;
}

/** The highest fence that a host had seen before the lab began. */
export function fenceOf(organisation: LabOrganisation, host: string): number {
  return (organisation as Extended).fence?.(host) ?? 0;
}
