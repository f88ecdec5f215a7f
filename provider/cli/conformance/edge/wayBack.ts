/** The way back: compares the Edge with the record of how it was and mends what differs, so it may run at any time and more than once. */
import { isDeepStrictEqual } from "node:util";
import { listCertificates, removeCertificate } from "../../../exchange/certificates";
import { hostTime } from "../../../exchange/clocks";
import { listReceiveConnectors, setReceiveConnector } from "../../../exchange/receiveConnectors";
import { equalNames, text } from "../../../exchange/shell";
import { exportSubscription } from "../../../exchange/subscriptions";
import { ADLDS, TRANSPORT } from "../../../exchange/transport";
import type { Shell } from "../../../exchange/shell";
import { SERVICES } from "../../../remote/protocol";
import type { LeasedShell } from "../../../rotation/leasedShell";
import type { Baseline } from "./record";
import { currentDefault, kitsOwn, ldapsOf, makeDefault, restart, type Bench } from "./bench";
import { mendAll, type Mend } from "./questions";

async function servicesOf(shell: Shell): Promise<Baseline["services"]> {
  const found: Baseline["services"] = {};
  for (const name of SERVICES) {
    // an Edge lacks some of them
    const info = await shell.request("service.status", { name }).catch(() => null);
    if (info) found[info.name] = info.status;
  }
  return found;
}

async function namesOf(shell: Shell): Promise<Baseline["connectors"]> {
  const all = await listReceiveConnectors(shell);
  return Object.fromEntries(all.map((bag) => [text(bag.Name), text(bag.TlsCertificateName) || null]));
}

async function componentOf(shell: Shell): Promise<string> {
  const parameters = { Identity: shell.facts.name, Component: "EdgeTransport" };
  const { objects } = await shell.invoke("Get-ServerComponentState", parameters, ["Component", "State"]);
  return text(objects.find((one) => equalNames(text(one.Component), "EdgeTransport"))?.State) || "Active";
}

export async function takeBaseline(bench: Pick<Bench, "edge" | "leased">): Promise<Baseline> {
  const { leased } = bench;
  return {
    taken: (await hostTime(leased)).toISOString(),
    default: await currentDefault(bench as Bench),
    certificates: (await listCertificates(leased)).map(({ thumbprint }) => thumbprint),
    connectors: await namesOf(leased),
    services: await servicesOf(leased),
    component: await componentOf(leased),
    ldaps: await ldapsOf(bench),
  };
}

/** AD LDS before what depends on it. */
const services: Mend<Bench> = async ({ leased, baseline }) => {
  const wanted = Object.entries(baseline.services).sort(([a], [b]) => Number(b === ADLDS) - Number(a === ADLDS));
  for (const [name, status] of wanted) {
    if (status !== "Running") continue;
    const now = (await leased.request("service.status", { name })).status;
    if (now === "Paused") await leased.request("service.resume", { name });
    else if (now !== "Running") await leased.request("service.start", { name });
  }
};

const component: Mend<Bench> = async ({ leased, baseline }) => {
  if (equalNames(await componentOf(leased), baseline.component)) return;
  await setComponent(leased, baseline.component);
};

export async function setComponent(leased: LeasedShell, state: string): Promise<void> {
  const parameters = { Identity: leased.facts.name, Component: "EdgeTransport", Requester: "Maintenance", State: state };
  await leased.invoke("Set-ServerComponentState", parameters, []);
}

const connectors: Mend<Bench> = async ({ leased, baseline }) => {
  const now = await namesOf(leased);
  for (const [name, tls] of Object.entries(baseline.connectors))
    if (name in now && now[name] !== tls) await setReceiveConnector(leased, name, { TlsCertificateName: tls });
};

const defaultCertificate: Mend<Bench> = async (bench) => {
  const { leased, baseline } = bench;
  if (baseline.default === null || (await currentDefault(bench)) === baseline.default) return;
  await makeDefault(leased, baseline.default);
};

/** A restart shows what is pinned; where that is another certificate, an export pins the default again. */
const directory: Mend<Bench> = async (bench) => {
  const { baseline } = bench;
  const shown = async (): Promise<boolean> => (await ldapsOf(bench)) === baseline.ldaps;
  if (baseline.ldaps === null || (await shown())) return;
  await restart(bench, ADLDS);
  if ((await shown()) || baseline.ldaps !== baseline.default) return;
  await exportSubscription(bench.leased).catch(() => undefined);
  await restart(bench, ADLDS);
};

const certificates: Mend<Bench> = async ({ leased, baseline }) => {
  const stubborn: string[] = [];
  for (const thumbprint of await kitsOwn(leased, baseline.certificates))
    await removeCertificate(leased, thumbprint).catch(() => stubborn.push(thumbprint));
  if (stubborn.length > 0) await takeOut(leased, stubborn, baseline.default);
};

/** The cmdlet removes no certificate that it finds unsuitable: those with EC keys. The agent's guards want transport stopped. */
async function takeOut(leased: LeasedShell, thumbprints: string[], keep: string | null): Promise<void> {
  if (keep === null) throw new Error(`without a default certificate ${thumbprints.join(", ")} cannot be taken out of the store`);
  await leased.request("service.stop", { name: TRANSPORT });
  try {
    for (const thumbprint of thumbprints) await leased.request("certificate.remove", { thumbprint, keep });
  } finally {
    await leased.request("service.start", { name: TRANSPORT });
  }
}

const MENDS: { [what: string]: Mend<Bench> } = {
  "the services": services,
  "the component EdgeTransport": component,
  "the names of the receive connectors": connectors,
  "the default certificate": defaultCertificate,
  "the kit's certificates": certificates,
  // It may present the newest certificate of the computer.
  "what AD LDS presents": directory,
  "the services at the end": services,
};

/** What has to be back on the Edge before it is subscribed again; what the kit made stays. */
export async function mendBefore(bench: Bench): Promise<void> {
  for (const mend of [services, component, connectors, defaultCertificate, directory]) await mend(bench);
}

/** Puts everything back that differs. @returns what could not be put back, with the reason; empty when all is as it was */
export async function wayBack(bench: Bench): Promise<string[]> {
  const owed = await mendAll(MENDS, bench);
  return owed.length > 0 ? owed : differences(bench);
}

async function differences(bench: Bench): Promise<string[]> {
  const { baseline } = bench;
  const now = await takeBaseline(bench);
  const added = now.certificates.filter((one) => !baseline.certificates.includes(one));
  const lost = baseline.certificates.filter((one) => !now.certificates.includes(one));
  const same = (a: object, b: object): boolean => isDeepStrictEqual(a, b);
  return [
    ...(now.default === baseline.default
      ? []
      : [`the default certificate is ${now.default ?? "none"} and was ${baseline.default ?? "none"}`]),
    ...(added.length === 0 ? [] : [`certificates that were not there: ${added.join(", ")}`]),
    ...(lost.length === 0 ? [] : [`certificates that are gone: ${lost.join(", ")}`]),
    ...(same(now.connectors, baseline.connectors) ? [] : ["the receive connectors have other names"]),
    ...(same(now.services, baseline.services) ? [] : ["services have another state"]),
    ...(equalNames(now.component, baseline.component) ? [] : [`EdgeTransport is ${now.component}`]),
    ...(now.ldaps === baseline.ldaps ? [] : [`AD LDS presents ${now.ldaps ?? "nothing"} and presented ${baseline.ldaps ?? "nothing"}`]),
  ];
}
