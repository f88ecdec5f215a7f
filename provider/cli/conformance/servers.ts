/** The hosts that are asked, each with its session, and how long they took. */
import { asExchangeError, type ExchangeError } from "../../base/errors";
import type { HostConnection } from "../../remote/hosts";
import { openSession, type HostSession } from "../../remote/sessions";
import type { Hosts } from "../hostsFile";

export interface Timing {
  host: string;
  what: string;
  seconds: number;
}

export interface Server {
  host: HostConnection;
  session: HostSession;
  name: string;
  role: "Edge" | "Mailbox";
}

export interface Lookout {
  servers: Server[];
  /** Hosts that cannot be entered. */
  closed: { name: string; error: ExchangeError }[];
  timings: Timing[];
}

/** Runs one call and notes how long it took. */
export async function timed<T>(timings: Timing[], host: string, what: string, work: () => Promise<T>): Promise<T> {
  const begun = performance.now();
  try {
    return await work();
  } finally {
    timings.push({ host, what, seconds: Math.round(performance.now() - begun) / 1000 });
  }
}

/** Enters every host of the file, and loads Exchange's shell on it. */
export async function enter(hosts: Hosts): Promise<Lookout> {
  const lookout: Lookout = { servers: [], closed: [], timings: [] };
  await Promise.all(
    [...hosts].map(async ([name, host]) => {
      try {
        const session = await timed(lookout.timings, name, "connection and agent", () => openSession(host));
        const { role } = session.facts;
        if (role === "None") return;
        lookout.servers.push({ host, session, name: session.facts.name, role });
      } catch (error) {
        lookout.closed.push({ name, error: asExchangeError(error) });
      }
    }),
  );
  lookout.servers.sort((a, b) => a.name.localeCompare(b.name));
  for (const { name, session } of lookout.servers) {
    const first = (): Promise<unknown> => session.invoke("Get-ExchangeServer", { Identity: name }, ["Name"]).catch(() => undefined);
    await timed(lookout.timings, name, "first cmdlet, which loads Exchange's shell", first);
    await timed(lookout.timings, name, "second cmdlet", first);
  }
  return lookout;
}

/** The first Mailbox server: it speaks for the organisation. */
export const organisationOf = ({ servers }: Lookout): Server | undefined => servers.find(({ role }) => role === "Mailbox");
