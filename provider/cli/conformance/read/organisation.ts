/** What a Mailbox server tells of EdgeSync, connectors and settings. */
import { equalNames, list, SLOW_CALL_MS, text } from "../../../exchange/shell";
import { notSeen, seen, type Answer } from "../answers";
import type { Server } from "../servers";
import { MAILBOX, type ReadQuestion } from "./question";

type Bag = { [property: string]: unknown };

const LEASES: { [value: string]: string } = { cmdlet: "6, 4 and 30 minutes", concept: "5, 1 and 60 minutes" };

/** `00:06:00` → 6 */
function minutes(printed: unknown): number {
  const [, days = "0", hours, middle, seconds] = /^(?:(\d+)\.)?(\d+):(\d+):(\d+)/.exec(text(printed)) ?? [];
  return hours === undefined ? NaN : Number(days) * 1440 + Number(hours) * 60 + Number(middle) + Number(seconds) / 60;
}

async function edgeSyncLease({ session }: Server): Promise<Answer> {
  const select = ["LockDuration", "LockRenewalDuration", "OptionDuration"];
  const { objects } = await session.invoke<Bag>("Get-EdgeSyncServiceConfig", {}, select);
  const found = [...new Set(objects.map((one) => select.map((name) => minutes(one[name])).join("/")))];
  if (found.length === 0) return notSeen("Get-EdgeSyncServiceConfig returned nothing");
  if (found.length === 1 && found[0] === "6/4/30") return seen("cmdlet", LEASES.cmdlet);
  if (found.length === 1 && found[0] === "5/1/60") return seen("concept", LEASES.concept);
  return notSeen(`lock, renewal and option of ${found.join("; ")} minutes`);
}

/** What Test-EdgeSynchronization prints of a type that it compared. */
const COMPARED = /^(Synchronized|NotSynchronized|InProgress)$/i;
const TYPES = ["TransportServerStatus", "TransportConfigStatus", "AcceptedDomainStatus", "RemoteDomainStatus", "SendConnectorStatus"];

async function perTypeStates({ session }: Server): Promise<Answer> {
  const { objects } = await session.invoke<Bag>("Test-EdgeSynchronization", {}, ["SyncStatus", ...TYPES], { timeoutMs: SLOW_CALL_MS });
  const normal = objects.find(({ SyncStatus }) => text(SyncStatus) === "Normal");
  if (!normal) return notSeen(`no Edge is Normal now (${objects.map(({ SyncStatus }) => text(SyncStatus)).join(", ") || "no output"})`);
  const states = TYPES.map((type) => text(normal[type]));
  const words = [...new Set(states)].join(", ") || "nothing";
  if (states.every((one) => COMPARED.test(one))) return seen("always", `the types are ${words} without -FullCompareMode`);
  if (states.every((one) => /^Skipped$/i.test(one))) return seen("fullCompare", "the types are Skipped without -FullCompareMode");
  return notSeen(`the types are ${words}`);
}

const INBOUND = /^EdgeSync - Inbound to /i;

async function inboundConnectorCost({ session }: Server): Promise<Answer> {
  const { objects } = await session.invoke<Bag>("Get-SendConnector", {}, ["Name", "AddressSpaces"]);
  const spaces = objects.filter(({ Name }) => INBOUND.test(text(Name))).flatMap(({ AddressSpaces }) => list(AddressSpaces));
  const costs = [...new Set(spaces.map((space) => /;(\d+)$/.exec(space)?.[1] ?? "1"))];
  if (costs.length === 0) return notSeen("no connector is called `EdgeSync - Inbound to …`");
  if (costs.length === 1 && (costs[0] === "100" || costs[0] === "1")) return seen(costs[0], `cost ${costs[0]}`);
  return notSeen(`cost ${costs.join(", ")}`);
}

async function eccOverride({ session }: Server): Promise<Answer> {
  const { objects } = await session.invoke<Bag>("Get-SettingOverride", {}, ["ComponentName", "SectionName", "Parameters"]);
  const own = objects.filter(
    (one) => equalNames(text(one.ComponentName), "Global") && equalNames(text(one.SectionName), "ECCCertificateSupport"),
  );
  if (own.length === 0) return seen("absent", "no override Global/ECCCertificateSupport");
  const values = own
    .flatMap(({ Parameters }) => list(Parameters))
    .map((one) => /^\s*Enabled\s*=\s*(true|false)\s*$/i.exec(one)?.[1].toLowerCase());
  if (values.includes("true")) return seen("enabled", "Enabled=true");
  return values.includes("false") ? seen("disabled", "Enabled=false") : notSeen("an override without Enabled");
}

async function adfsClaims({ session }: Server): Promise<Answer> {
  const { objects } = await session.invoke<Bag>("Get-OrganizationConfig", {}, ["AdfsIssuer"]);
  if (objects.length === 0) return notSeen("Get-OrganizationConfig returned nothing");
  const set = objects.some(({ AdfsIssuer }) => text(AdfsIssuer) !== "");
  return seen(set, set ? "AdfsIssuer is set" : "AdfsIssuer is empty");
}

export const ORGANISATION_QUESTIONS: readonly ReadQuestion[] = [
  { point: "edgeSyncLease", of: MAILBOX, ask: edgeSyncLease },
  { point: "perTypeStates", of: MAILBOX, ask: perTypeStates },
  { point: "inboundConnectorCost", of: MAILBOX, ask: inboundConnectorCost },
  { point: "eccOverride", of: MAILBOX, ask: eccOverride },
  { point: "adfsClaims", of: MAILBOX, ask: adfsClaims },
];
