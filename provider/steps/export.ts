/** `export`: a subscription file, a restart of AD LDS, a look at LDAPS (exchange.md 15.6). */
import { ExchangeError } from "../base/errors";
import { listCertificates, type InstalledCertificate } from "../exchange/certificates";
import { hostTime, refuseSkew } from "../exchange/clocks";
import { refuseDates } from "../exchange/subscriptionFile";
import { exportBeside } from "../exchange/subscriptions";
import { ADLDS, TRANSPORT, transportStatus } from "../exchange/transport";
import { ldapsLeaf, ldapsSeen, noteLdaps, waitForLeaf } from "../rotation/doors";
import type { Step } from "../rotation/engine";
import { EXPORT, IMPORT } from "../rotation/journal";
import { short } from "../rotation/reasons";
import type { Carried, Subscribing } from "./tasks";

/** How long AD LDS may take to answer after its restart. */
const LDAPS_DEADLINE_MS = 60_000;

/** Export, restart and leaf belong together: what LDAPS presents is fixed by the last export plus a restart after it. */
export function exportStep(task: Subscribing, carried: Carried): Step {
  const { edge, edgeHost, edgeSession, organization, thumbprint, journal } = task;
  let asked: Promise<Date> | undefined;
  return {
    id: EXPORT,
    text: `export the subscription file (pins ${short(thumbprint)}) and restart AD LDS`,
    probe: async () =>
      (carried.file !== null || journal.state?.done.has(IMPORT) === true) &&
      (await ldapsSeen(edgeHost, edgeSession, organization)) === thumbprint,
    // With the intent: nothing is asked between that and the export, so that a restart of the Edge there is noticed by a lost connection.
    ahead: () => (asked = hostTime(organization)),
    run: async (last) => {
      await refuseSkew(edge, organization);
      const today = await (asked ?? hostTime(organization));
      const { file, beside } = await exportBeside(edge, () => Promise.all([hostTime(edge), transportStatus(edge)]));
      const [made, { status }] = beside;
      refuseDates(file, today, organization.facts.name, edge.facts.name);
      carried.made = made;
      // Its dependants come back as they were, and transport stays out of service inside the window.
      await last(() => edge.request("service.restart", { name: ADLDS, keepStopped: status === "Running" ? [] : [TRANSPORT] }));
      const presented = await waitForLeaf(
        () => ldapsLeaf(edgeHost, edgeSession, organization),
        (one) => one === thumbprint,
        LDAPS_DEADLINE_MS,
        task.signal,
      );
      if (presented !== thumbprint) throw wrongLeaf(edge.facts.name, thumbprint, presented, await listCertificates(edge).catch(() => []));
      noteLdaps(edgeSession, presented);
      carried.file = file;
    },
  };
}

/** Whatever wins against the certificate that the export has put into AD LDS's own store. Pure. */
export function wrongLeaf(
  host: string,
  wanted: string,
  presented: string | null,
  installed: Pick<InstalledCertificate, "thumbprint" | "subject">[],
): ExchangeError {
  const other = installed.find((one) => one.thumbprint === presented);
  const shown = presented === null ? "nothing" : other ? `${presented} (${other.subject})` : presented;
  const hint =
    presented === null
      ? "See in the event log of ADAM_MSExchange why LDAPS has no certificate."
      : other &&
        `${short(other.thumbprint)} lies among the computer's certificates of ${host} and wins there. Remove it where nothing needs it (Remove-ExchangeCertificate), or take its key away from NETWORK SERVICE.`;
  return new ExchangeError("LDAPS_WRONG_CERTIFICATE", `${host}: AD LDS presents ${shown} after its restart, not ${wanted}.`, {
    host,
    hint,
  });
}
