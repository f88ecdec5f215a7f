/**
 * The documented way out of refusal 2 (exchange.md 2.6): stop transport on every source server, clear the name on the connectors
 * that carry it, remove the certificate, set the names again, start. What has to be put back is written on the organisation's
 * host before anything is cleared, so that the next delete finishes what a crash left.
 */
import { withProgress } from "../../base/progress";
import { defaultThumbprint, inspectCertificate, listCertificates } from "../../exchange/certificates";
import { findSendConnector, namesOnConnectors, setSendConnector, tlsNameOf } from "../../exchange/sendConnectors";
import { text, type Shell } from "../../exchange/shell";
import { TRANSPORT, transportStatus } from "../../exchange/transport";
import { sameTlsCertificateName } from "../../pki";
import type { HostSession } from "../../remote/sessions";
import { startTransport } from "../../rotation/drain";
import { readJson, removeFile, writeJson } from "../../rotation/files";
import { withLease } from "../../rotation/leasedShell";
import { BY_CMDLET, removeFromStore } from "../../rotation/removal";
import type { Actor } from "../../rotation/actor";
import { forceSync, SYNC_TIMEOUT } from "../../steps/edgeSync";
import type { Context } from "../types";
import type { Unlock } from "./inputs";

/** What an unlock owes: connectors whose name has to be set again, servers whose transport has to be started again. */
interface Debt {
  thumbprint: string;
  names: { [connector: string]: string };
  started: string[];
}
interface Task {
  ctx: Context;
  organization: HostSession;
  sources: HostSession[];
  actor: Actor;
  thumbprint: string;
  /** The certificate's name as connectors carry it. */
  name: string;
}
const path = (thumbprint: string): string => `unlocks/${thumbprint}.json`;

/** Whether an earlier unlock of this certificate still owes something. */
export async function unlockOwed(organization: Shell, thumbprint: string): Promise<boolean> {
  return (await readJson<Debt>(organization, path(thumbprint))) !== null;
}

/** Sessions for `onDelete: {unlock}`. */
export async function unlockSessions(ctx: Context, { unlock }: Unlock): Promise<{ organization: HostSession; sources: HostSession[] }> {
  const organization = await ctx.session(unlock.organization, { preferRegistered: true });
  const sources = await Promise.all(unlock.sourceHosts.map((host) => ctx.session(host, { preferRegistered: true })));
  return { organization, sources };
}

/** Runs, or finishes, the whole way. Removes the certificate on every source server that has it and where it is not the default. */
export async function unlockAndRemove(task: Task): Promise<void> {
  const { organization, thumbprint } = task;
  const label = `[${organization.facts.name}] unlock ${thumbprint.slice(0, 8)}…`;
  const debt = (await readJson<Debt>(organization, path(thumbprint))) ?? (await incur(task));
  try {
    await withProgress(`${label}: stop transport on its source servers`, () => stopAll(task));
    await withProgress(`${label}: clear the name, remove, set the name again`, () => removeEverywhere(task, debt));
  } finally {
    await restore(task, debt, label);
  }
  await forgetDebt(task);
}

/** Transport starts whatever becomes of the names: a name that is missing is a smaller evil than an Edge out of service. */
async function restore(task: Task, debt: Debt, label: string): Promise<void> {
  try {
    await restoreNames(task, debt);
  } finally {
    await withProgress(`${label}: start transport`, () => startAll(task, debt));
  }
}

/**
 * Hosts that an unlock would leave without any certificate of the name: Exchange would not take the name back there, and mail over
 * the connectors would fail. Where the certificate is the default it is not removed.
 */
export async function lastOfItsName(hosts: readonly HostSession[], thumbprint: string, name: string): Promise<string[]> {
  const found: string[] = [];
  for (const host of hosts) {
    const own = (await listCertificates(host)).filter((one) => one.hasPrivateKey && sameTlsCertificateName(one.tlsCertificateName, name));
    const goes = own.some((one) => one.thumbprint === thumbprint) && (await defaultThumbprint(host)) !== thumbprint;
    if (goes && own.length === 1) found.push(host.facts.name);
  }
  return found;
}

/** What a run that broke off owes, where the certificate is to stay after all: the names, and transport. */
export async function payUnlock(task: Omit<Task, "name">): Promise<void> {
  const debt = await readJson<Debt>(task.organization, path(task.thumbprint));
  if (!debt) return;
  await restore({ ...task, name: "" }, debt, `[${task.organization.facts.name}] unlock ${task.thumbprint.slice(0, 8)}…`);
  await forgetDebt(task);
}

async function forgetDebt({ ctx, organization, actor, thumbprint }: Omit<Task, "name">): Promise<void> {
  await withLease(organization, actor, (leased) => removeFile(leased, path(thumbprint)), ctx.signal);
}

async function incur({ ctx, organization, sources, actor, thumbprint, name }: Task): Promise<Debt> {
  const carrying = (await namesOnConnectors(organization)).filter((one) => sameTlsCertificateName(tlsNameOf(one), name));
  const names = Object.fromEntries(carrying.map((one) => [text(one.Name), tlsNameOf(one)]));
  const started: string[] = [];
  for (const source of sources) if ((await transportStatus(source)).status === "Running") started.push(source.facts.name);
  const debt: Debt = { thumbprint, names, started };
  await withLease(organization, actor, (leased) => writeJson(leased, path(thumbprint), debt), ctx.signal);
  return debt;
}

async function stopAll({ ctx, sources, actor }: Task): Promise<void> {
  for (const source of sources) {
    if ((await transportStatus(source)).status === "Stopped") continue;
    await withLease(source, actor, (leased) => leased.request("service.stop", { name: TRANSPORT }), ctx.signal);
  }
}

async function removeEverywhere(task: Task, debt: Debt): Promise<void> {
  const { ctx, organization, sources, actor, thumbprint } = task;
  await setNames(task, Object.fromEntries(Object.keys(debt.names).map((name) => [name, null])));
  for (const edge of sources.filter((one) => one.facts.role === "Edge")) await sync(task, edge);
  for (const host of [...sources, organization]) {
    if (!(await inspectCertificate(host, thumbprint)).found || (await defaultThumbprint(host)) === thumbprint) continue;
    const removal = await withLease(host, actor, (leased) => removeFromStore(leased, thumbprint, [BY_CMDLET]), ctx.signal);
    if (!removal.gone) throw removal.refused;
  }
}

async function restoreNames(task: Task, debt: Debt): Promise<void> {
  await setNames(task, debt.names);
  for (const edge of task.sources.filter((one) => one.facts.role === "Edge")) await sync(task, edge);
}

/** Sets only what differs: an operator's new name is not overwritten by an old one. */
async function setNames({ ctx, organization, actor, name }: Task, names: { [connector: string]: string | null }): Promise<void> {
  await withLease(
    organization,
    actor,
    async (leased) => {
      for (const [connector, wanted] of Object.entries(names)) {
        const seen = tlsNameOf(await findSendConnector(leased, connector));
        const ours = wanted === null ? sameTlsCertificateName(seen, name) : seen === "";
        if (ours) await setSendConnector(leased, connector, { TlsCertificateName: wanted });
      }
    },
    ctx.signal,
  );
}

function sync({ ctx, organization, actor }: Task, edge: HostSession): Promise<void> {
  return forceSync({ organization, edgeFqdn: edge.facts.fqdn, actor, timeoutSeconds: SYNC_TIMEOUT, signal: ctx.signal });
}

async function startAll({ ctx, sources, actor }: Omit<Task, "name">, debt: Debt): Promise<void> {
  for (const source of sources) {
    if (debt.started.includes(source.facts.name))
      await withLease(source, actor, async (leased) => startTransport(leased, (await transportStatus(leased)).status), ctx.signal);
  }
}
