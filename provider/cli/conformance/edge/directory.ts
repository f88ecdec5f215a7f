/** AD LDS of the Edge: the export, what it presents, and what fails without it. */
import { randomUUID } from "node:crypto";
import { asExchangeError, isExchangeError } from "../../../base/errors";
import { SLOW_CALL_MS } from "../../../exchange/shell";
import { pathIn, SUBSCRIPTION_FILE } from "../../../exchange/subscriptions";
import { ADLDS } from "../../../exchange/transport";
import { startAgent } from "../../../remote/agentClient";
import { agentScript } from "../../../remote/agentScript";
import { labelOf, type HostConnection } from "../../../remote/hosts";
import { connectSsh } from "../../../remote/ssh";
import { among, notSeen, seen, type Answer } from "../answers";
import { freshName, giveAccess, imported, ldapsOf, makeDefault, restart, valueOf, type Bench } from "./bench";
import { one, type Question } from "./questions";

/** The bind may depend on how the session logged on: each way that the hosts file offers is tried by itself. */
function logons(host: HostConnection): { by: "key" | "password"; host: HostConnection }[] {
  const { password, privateKey, ...rest } = host;
  const withPassword = password === undefined ? [] : [{ by: "password" as const, host: { ...rest, password } }];
  const withKey = privateKey === undefined && password !== undefined ? [] : [{ by: "key" as const, host: { ...rest, privateKey } }];
  return [...withKey, ...withPassword];
}

/** What AD LDS presents is the pinned default: without that, what a restart shows says nothing. */
function notPinned({ baseline }: Bench): string | null {
  if (baseline.ldaps === null) return "AD LDS presents no certificate";
  return baseline.ldaps === baseline.default
    ? null
    : "AD LDS presents another certificate than the default: this Edge has to be subscribed freshly";
}

/** @returns null where the export worked, else the refusal */
async function exportedBy({ leased }: Bench, host: HostConnection): Promise<string | null> {
  const ssh = await connectSsh(host);
  try {
    const agent = await startAgent(ssh, { script: agentScript(), host: labelOf(host) });
    const { folder } = agent.facts;
    const parameters = { FileName: pathIn(folder, SUBSCRIPTION_FILE), Force: true, Confirm: false };
    const options = { fence: leased.fence, key: randomUUID(), timeoutMs: SLOW_CALL_MS };
    await agent.request("invoke", { cmdlet: "New-EdgeSubscription", parameters, select: [] }, options);
    agent.close();
    return null;
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED")) return asExchangeError(error).sentence;
    throw error;
  } finally {
    ssh.close();
    await leased.request("file.remove", { path: SUBSCRIPTION_FILE });
  }
}

async function adLdsBind(bench: Bench): Promise<Answer> {
  const unfit = notPinned(bench);
  if (unfit !== null) return notSeen(unfit);
  const fits = new Set<string>(["works", "fails", "failsWithKey"]);
  const words: string[] = [];
  for (const { by, host } of logons(bench.edge.host)) {
    const refusal = await exportedBy(bench, host);
    const possible =
      refusal === null ? (by === "key" ? ["works"] : ["works", "failsWithKey"]) : by === "key" ? ["fails", "failsWithKey"] : ["fails"];
    for (const value of [...fits]) if (!possible.includes(value)) fits.delete(value);
    words.push(`${refusal === null ? "works" : "fails"} after a logon by ${by}`);
  }
  return among([...fits], words.join(", "));
}

/** A newer certificate beside the pinned one. */
async function adLdsChoice(bench: Bench): Promise<Answer> {
  const unfit = notPinned(bench);
  if (unfit !== null) return notSeen(unfit);
  const newer = await imported(bench, freshName(), { sinceHours: 1 / 60 });
  await giveAccess(bench, newer);
  await restart(bench, ADLDS);
  const shown = await ldapsOf(bench);
  if (shown === newer.thumbprint) return seen("newest", "the newest certificate of the computer is presented");
  return shown === bench.baseline.ldaps
    ? seen("serviceStore", "the pinned certificate is presented, with a newer one in the store")
    : notSeen("another certificate is presented");
}

/** The new default is older than another certificate, so that it is not presented for being the newest. */
async function smtpEnableCopiesToAdLds(bench: Bench): Promise<Answer> {
  const unfit = notPinned(bench);
  if (unfit !== null) return notSeen(unfit);
  if (valueOf(bench, "adLdsChoice") !== "serviceStore")
    return notSeen("AD LDS does not present what lies in its own store, so that it cannot be seen there");
  const next = await imported(bench, freshName(), { sinceHours: 2 });
  await makeDefault(bench.leased, next.thumbprint);
  await restart(bench, ADLDS);
  const shown = await ldapsOf(bench);
  if (shown === next.thumbprint) return seen(true, "the new default is presented after a restart, without an export");
  return shown === bench.baseline.ldaps
    ? seen(false, "the old certificate is presented after a restart")
    : notSeen("another certificate is presented");
}

async function edgeCmdletsNeedAdLds({ leased }: Bench): Promise<Answer> {
  await leased.request("service.stop", { name: ADLDS });
  try {
    const { objects } = await leased.invoke("Get-ReceiveConnector", {}, ["Name"]);
    return objects.length > 0 ? seen(false, "Get-ReceiveConnector answers") : notSeen("Get-ReceiveConnector returns nothing");
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED")) return seen(true, "Get-ReceiveConnector fails");
    throw error;
  }
}

export const DIRECTORY_QUESTIONS: readonly Question[] = [
  one("adLdsBind", adLdsBind),
  one("adLdsChoice", adLdsChoice),
  one("smtpEnableCopiesToAdLds", smtpEnableCopiesToAdLds),
  one("edgeCmdletsNeedAdLds", edgeCmdletsNeedAdLds),
];
