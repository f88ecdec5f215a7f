/** The steps of one run on the Auth certificate; which of them, decide.ts says. */
import { ExchangeError, isExchangeError } from "../../base/errors";
import { oneTimePassword } from "../../base/redact";
import { clearPreviousAuthCertificate, getAuthConfig, publishAuthCertificate, setNextAuthCertificate } from "../../exchange/authConfig";
import { exportCertificate, grantKeyAccess, importCertificate, removeCertificate } from "../../exchange/certificates";
import { makeSelfSigned, writePfx, type SelfSigned } from "../../pki";
import type { Step } from "../../rotation/engine";
import type { LeasedShell } from "../../rotation/leasedShell";
import { short } from "../../rotation/reasons";
import type { AuthWork } from "./decide";
import { AUTH_NAME, gather, type Gathered } from "./gather";

export interface AuthTask {
  leased: LeasedShell;
  work: AuthWork;
  now: Date;
  warn: (text: string) => void;
}
/** As long as New-ExchangeCertificate makes them live. */
const YEARS = 5;

/** The certificate that follows: its thumbprint is known once it is made. */
interface Following {
  thumbprint: string | null;
  made: SelfSigned | null;
}

export function authSteps(task: AuthTask): Step[] {
  const { work } = task;
  switch (work.kind) {
    case "follow": {
      const following: Following = { thumbprint: work.thumbprint, made: null };
      return [
        ...(work.thumbprint === null ? [makeStep(task, following)] : []),
        nextStep(task, following, work.effective),
        ...(work.publish ? [publishStep(task, following)] : []),
      ];
    }
    case "publish":
      return [publishStep(task, { thumbprint: work.thumbprint, made: null })];
    case "copy":
      return [copyStep(task, work.thumbprint, work.to)];
    case "clear":
      return [removeStep(task, work.thumbprint), clearStep(task)];
    default:
      return [];
  }
}

/** Made here and imported: an import asks no question, so no server's default changes, not even briefly (exchange.md 2.1, 2.4). */
function makeStep({ leased, now, warn }: AuthTask, following: Following): Step {
  const installedThere = async (): Promise<boolean> => {
    const { seen, own } = await gather(leased);
    return seen.some((one) => one.thumbprint === following.thumbprint && one.on.includes(own));
  };
  return {
    id: "auth-make",
    text: "make the next Auth certificate and import it",
    probe: async () => following.thumbprint !== null && (await installedThere()),
    run: async () => {
      const end = new Date(now);
      end.setUTCFullYear(end.getUTCFullYear() + YEARS);
      following.made ??= await makeSelfSigned(AUTH_NAME, now, end);
      const { certificate, privateKey } = following.made;
      following.thumbprint = certificate.thumbprint;
      const password = oneTimePassword();
      const pfx = await writePfx({ certificate, privateKey, chain: [], password, algorithm: "3des" });
      await importCertificate(leased, { pfx, password, friendlyName: AUTH_NAME, exportable: true });
      await letTransportRead(leased, certificate.thumbprint, warn);
    },
  };
}

/** Setup's Auth certificate shows SMTP, which is key access and no more: it has no domain name that STARTTLS would look for. */
async function letTransportRead(leased: LeasedShell, thumbprint: string, warn: AuthTask["warn"]): Promise<void> {
  try {
    await grantKeyAccess(leased, thumbprint);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) throw error;
    warn(`${leased.facts.name}: NETWORK SERVICE was not given access to the key of ${thumbprint}: ${error.sentence}`);
  }
}

function nextStep({ leased }: AuthTask, following: Following, effective: Date): Step {
  return {
    id: "auth-next",
    text: "set the next Auth certificate",
    probe: async () => {
      const { current, next, nextEffective } = await getAuthConfig(leased);
      if (following.thumbprint === null) return false;
      const early = nextEffective !== null && nextEffective.getTime() <= effective.getTime() + 1000;
      return current === following.thumbprint || (next === following.thumbprint && early);
    },
    run: () => setNextAuthCertificate(leased, following.thumbprint!, effective),
  };
}

function publishStep({ leased }: AuthTask, following: Following): Step {
  return {
    id: "auth-publish",
    text: "publish the next Auth certificate at once",
    probe: async () => (await getAuthConfig(leased)).current === following.thumbprint,
    run: () => publishAuthCertificate(leased),
  };
}

/** From a server that has it, under a one-time password: the file exists in this process only. */
function copyStep({ leased }: AuthTask, thumbprint: string, to: readonly string[]): Step {
  /** Exchange's own service copies it too, perhaps in this very moment: then the import finds it there. */
  const unlessThere =
    (server: string) =>
    async (error: unknown): Promise<void> => {
      const { seen } = await gather(leased);
      if (!seen.some((one) => one.thumbprint === thumbprint && one.on.includes(server))) throw error;
    };
  return {
    id: "auth-copy",
    text: `copy ${short(thumbprint)} to ${to.join(", ")}`,
    probe: async () => {
      const { seen } = await gather(leased);
      const on = seen.find((one) => one.thumbprint === thumbprint)?.on ?? [];
      return to.every((server) => on.includes(server));
    },
    run: async () => {
      const { seen, own } = await gather(leased);
      const on = seen.find((one) => one.thumbprint === thumbprint)?.on ?? [];
      const from = on.includes(own) ? own : on[0];
      if (from === undefined) {
        const host = leased.facts.name;
        throw new ExchangeError("CERTIFICATE_NOT_FOUND", `${host}: no Mailbox server has ${thumbprint} any more.`, { host });
      }
      const password = oneTimePassword();
      const pfx = await exportCertificate(leased, thumbprint, password, from === own ? undefined : from);
      for (const server of to.filter((one) => !on.includes(one))) {
        const there = server === own ? {} : { server };
        await importCertificate(leased, { pfx, password, friendlyName: AUTH_NAME, exportable: true, ...there }).catch(unlessThere(server));
      }
    },
  };
}

/** Exchange's own refusals hold; what it does not look at (IIS) is looked at here. What is refused stays, with a warning. */
function removeStep({ leased, warn }: AuthTask, thumbprint: string): Step {
  const kept = new Set<string>();
  const left = async (): Promise<{ server: string; facts: Gathered }[]> => {
    const facts = await gather(leased);
    const on = facts.seen.find((one) => one.thumbprint === thumbprint)?.on ?? [];
    return on.filter((server) => !kept.has(server)).map((server) => ({ server, facts }));
  };
  return {
    id: "auth-remove",
    text: `remove the previous Auth certificate ${short(thumbprint)}`,
    probe: async () => (await left()).length === 0,
    run: async () => {
      for (const { server, facts } of await left()) {
        const reason = await removeFrom(leased, server, facts, thumbprint);
        if (reason === null) continue;
        kept.add(server);
        warn(`[DELETE_KEPT] ${server} keeps the previous Auth certificate ${thumbprint}: ${reason}`);
      }
    },
  };
}

/** Why it stays; null when it has gone. */
async function removeFrom(leased: LeasedShell, server: string, facts: Gathered, thumbprint: string): Promise<string | null> {
  const services = facts.services(server, thumbprint);
  if (services === null) return "Exchange does not show which services use it.";
  const other = services.filter((one) => one !== "SMTP");
  if (other.length > 0) return `it is enabled for ${other.join(", ")}.`;
  try {
    await removeCertificate(leased, thumbprint, server === facts.own ? undefined : server);
    return null;
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED", "AGENT_REFUSED")) throw error;
    return error.sentence;
  }
}

function clearStep({ leased }: AuthTask): Step {
  return {
    id: "auth-clear",
    text: "clear the previous Auth certificate",
    probe: async () => (await getAuthConfig(leased)).previous === null,
    run: () => clearPreviousAuthCertificate(leased),
  };
}
