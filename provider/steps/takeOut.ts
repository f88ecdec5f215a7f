/** `take-out`: what a rotation brought and gives up goes: transport would present it instead of the old one (exchange.md 7.3, 15.3). */
import { inspectCertificate } from "../exchange/certificates";
import { claimRecord } from "../rotation/claimFiles";
import type { Step } from "../rotation/engine";
import { short } from "../rotation/reasons";
import { BY_CMDLET, removeFromStore } from "../rotation/removal";
import { actorOf } from "../rotation/actor";
import type { LeasedShell } from "../rotation/leasedShell";
import type { InWindow } from "./tasks";

/** Only certificates that the rotation itself installed and that no other stack claims. */
export function takeOutStep(
  { leased, journal, ctx }: Pick<InWindow, "leased" | "journal" | "ctx">,
  thumbprints: readonly string[],
  keep: string,
): Step {
  const refused = new Set<string>();
  const removable = async (thumbprint: string): Promise<boolean> => {
    const record = await claimRecord(leased, { kind: "certificate", name: thumbprint });
    const { stack } = journal.state!;
    return record?.made === true && Object.keys(record.claims).every((owner) => actorOf(owner).stack === stack);
  };
  const left = async (): Promise<string[]> => {
    const found: string[] = [];
    for (const one of thumbprints) {
      if (!refused.has(one) && (await inspectCertificate(leased, one)).found && (await removable(one))) found.push(one);
    }
    return found;
  };
  return {
    id: "take-out",
    text: `take out ${thumbprints.map(short).join(", ")}, given up`,
    probe: async () => (await left()).length === 0,
    run: async () => {
      for (const thumbprint of await left()) {
        const removal = await removeFromStore(leased, thumbprint, [{ by: "drained", keep, default: keep }, BY_CMDLET]);
        if (removal.gone) continue;
        refused.add(thumbprint);
        ctx.warn(`${leased.facts.name}: ${thumbprint} stays installed beside ${short(keep)}: ${removal.refused.sentence}`);
      }
    },
  };
}

/** What an undone run has half installed: beside a same-name one it would break TLS (exchange.md 7.3). It goes, or the undo fails. */
export function halfInstalledStep(leased: LeasedShell, thumbprint: string, keep: string): Step {
  return {
    id: "take-out",
    text: `take out ${short(thumbprint)}, half installed`,
    probe: async () => !(await inspectCertificate(leased, thumbprint)).found,
    run: async () => {
      const removal = await removeFromStore(leased, thumbprint, [{ by: "drained", keep, default: keep }, BY_CMDLET]);
      if (!removal.gone) throw removal.refused;
    },
  };
}
