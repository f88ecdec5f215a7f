/**
 * Whether a server takes certificates with EC keys. Exchange 2016 and 2019 do from the April 2024 hotfix update on, behind a setting override of
 * the organisation; from the November 2024 security update on a registry value of each server counts instead (exchange.md 17). Pure, but for the looks.
 */
import type { HostFacts } from "../remote/protocol";
import { isExchangeError } from "../base/errors";
import { equalNames, list, text, type Shell } from "./shell";
import { listSubscriptions } from "./subscriptions";

/** What turns EC keys on in a build; `none` where nothing does. */
export type EccSwitch = "none" | "override" | "registry";

/** First builds of the April 2024 hotfix update and of the November 2024 security update, by what they were made for. */
const BUILDS: { [branch: string]: [override: number, registry: number] } = {
  "15.1.2507": [39, 43],
  "15.2.1258": [34, 38],
  "15.2.1544": [11, 13],
};

/**
 * @example
 * eccSwitch("15.2.1544.11"); // "override"
 * eccSwitch("15.2.2562.17"); // "registry"
 */
export function eccSwitch(version: string): EccSwitch {
  const [major = 0, minor = 0, build = 0, revision = 0] = version.split(".").map(Number);
  const known = BUILDS[`${major}.${minor}.${build}`];
  if (known) return revision >= known[1] ? "registry" : revision >= known[0] ? "override" : "none";
  // Every build after the last of 2019 that was patched so, Subscription Edition included.
  return major > 15 || (major === 15 && (minor > 2 || (minor === 2 && build > 1544))) ? "registry" : "none";
}

/** What is known of a server and its organisation. */
export interface EccFacts {
  version: string;
  role: HostFacts["role"];
  /** `EnableEccCertificateSupport` of the server; null where it is not set, undefined where its agent does not tell. */
  registry: string | null | undefined;
  /** The organisation's setting override `Global`/`ECCCertificateSupport` is enabled. */
  override: boolean;
  /** The organisation logs on with AD FS claims. */
  adfs: boolean;
  /** The organisation has Edge Subscriptions. */
  subscriptions: boolean;
}
/** What the certificate is for. */
export interface EccUse {
  services: readonly string[];
  makesDefault: boolean;
}
export interface EccVerdict {
  /** Why it is refused, and what to do. */
  refused: { why: string; hint: string } | null;
  /** What no public document proves, one sentence each. */
  unproven: string[];
}

const USE_RSA = "Use a certificate with an RSA key.";
const PATH = "HKLM:\\SOFTWARE\\Microsoft\\ExchangeServer\\v15\\Diagnostics";
const TURN_ON: { [by in "override" | "registry"]: string } = {
  override:
    'Turn it on with `New-SettingOverride -Name "ECC Support" -Component Global -Section ECCCertificateSupport -Parameters @("Enabled=true") -Reason "EC certificates"`, ' +
    "`Get-ExchangeDiagnosticInfo -Process Microsoft.Exchange.Directory.TopologyService -Component VariantConfiguration -Argument Refresh`, and a restart of W3SVC and WAS; or use an RSA key.",
  registry: `Turn it on on this server with \`New-ItemProperty -Path '${PATH}' -Name EnableEccCertificateSupport -Value 1 -Type String -Force\`, and restart its Exchange services; or use an RSA key.`,
};

const KEEP = 'Keep the default (defaultSmtp "keep"), or use a certificate with an RSA key.';

/** Whatever the build: known before anybody connects. */
export const EDGE_DEFAULT = {
  why: "it would become the default of an Edge: EdgeSync's credentials are encrypted for its key by CryptoAPI, which knows RSA, and no public document shows EdgeSync with an EC key",
  hint: KEEP,
};

export function judgeEcc(facts: EccFacts, use: EccUse): EccVerdict {
  const refused = refusedFor(facts, use);
  return { refused, unproven: refused ? [] : unprovenFor(facts, use) };
}

function refusedFor(facts: EccFacts, { services, makesDefault }: EccUse): EccVerdict["refused"] {
  const { version, role, registry, override, adfs, subscriptions } = facts;
  const by = eccSwitch(version);
  if (by === "none")
    return {
      why: `Exchange ${version} takes no certificate with an EC key`,
      hint:
        "They are taken from the April 2024 hotfix update (15.1.2507.39, 15.2.1258.34, 15.2.1544.11) on, better from the November 2024 security update on. " +
        USE_RSA,
    };
  if (by === "override" && role === "Edge")
    return {
      why: `Exchange ${version} turns EC keys on by a setting override, which lies in Active Directory: an Edge does not read it`,
      hint: "Install the November 2024 security update or a later one: a registry value counts there. " + USE_RSA,
    };
  if (by === "override" && !override)
    return { why: "the setting override Global/ECCCertificateSupport is not enabled", hint: TURN_ON.override };
  if (by === "registry" && registry?.trim() !== "1")
    return {
      why:
        registry === undefined
          ? "its agent does not tell the registry value EnableEccCertificateSupport"
          : `its registry value EnableEccCertificateSupport is ${registry === null ? "not set" : `"${registry}"`}${override ? ", and the setting override does not count in this build any more" : ""}`,
      hint: TURN_ON.registry,
    };
  if (adfs && services.includes("IIS"))
    return { why: "the organisation logs on with AD FS claims, for which Exchange supports no certificate with an EC key", hint: USE_RSA };
  if (makesDefault && role === "Edge") return EDGE_DEFAULT;
  if (makesDefault && subscriptions)
    return {
      why: "it would become the default of a Mailbox server, for whose key EdgeSync's credentials are encrypted: no public document shows EdgeSync with an EC key",
      hint: KEEP,
    };
  return null;
}

function unprovenFor({ version, role }: EccFacts, { services, makesDefault }: EccUse): string[] {
  const byName = services.filter((one) => one === "POP" || one === "IMAP");
  return [
    ...(makesDefault ? ["as a default certificate (direct trust between transport servers)"] : []),
    ...(role === "Edge" && services.includes("SMTP") ? ["at STARTTLS of an Edge"] : []),
    ...(eccSwitch(version) === "override" && byName.length > 0
      ? [`for ${byName.join(" and ")} before the November 2024 security update`]
      : []),
  ];
}

/** Asks the server, and on a Mailbox server its organisation. Reads only. */
export async function eccFacts(shell: Shell): Promise<EccFacts> {
  const { role, exchange, eccCertificates: registry } = shell.facts;
  const inside = role === "Mailbox";
  const [override, adfs, subscriptions] = inside
    ? await Promise.all([overridden(shell), usesAdfs(shell), listSubscriptions(shell)])
    : [false, false, []];
  return { version: exchange ?? "", role, registry, override, adfs, subscriptions: subscriptions.length > 0 };
}

async function overridden(shell: Shell): Promise<boolean> {
  const select = ["ComponentName", "SectionName", "Parameters", "Server"];
  const { objects } = await unlessMissing(shell.invoke("Get-SettingOverride", {}, select));
  return objects.some(
    (one) =>
      equalNames(text(one.ComponentName), "Global") &&
      equalNames(text(one.SectionName), "ECCCertificateSupport") &&
      list(one.Parameters).some((parameter) => /^\s*Enabled\s*=\s*true\s*$/i.test(parameter)) &&
      isFor(list(one.Server), shell.facts),
  );
}

/** An override without servers is for all of them. */
function isFor(servers: string[], { name, fqdn }: HostFacts): boolean {
  return servers.length === 0 || servers.some((one) => equalNames(one, name) || equalNames(one, fqdn));
}

async function usesAdfs(shell: Shell): Promise<boolean> {
  const { objects } = await unlessMissing(shell.invoke("Get-OrganizationConfig", {}, ["AdfsIssuer"]));
  return objects.some(({ AdfsIssuer }) => text(AdfsIssuer) !== "");
}

/** Exchange 2013 and before has no setting overrides, and 2010 no AD FS. */
async function unlessMissing(call: ReturnType<Shell["invoke"]>): ReturnType<Shell["invoke"]> {
  try {
    return await call;
  } catch (error) {
    if (isExchangeError(error, "AGENT_REFUSED") && error.details.class === "CommandNotFound") return { objects: [], warnings: [] };
    throw error;
  }
}
