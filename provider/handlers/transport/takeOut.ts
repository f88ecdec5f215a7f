/** Takes out what a rotation brought that is given up: transport would present it instead of the old one (exchange.md 7.3, 15.3). */
import { inspectCertificate } from "../../exchange/certificates";
import { readClaims, recordOf } from "../../rotation/claims";
import type { Step } from "../../rotation/engine";
import { short } from "../../rotation/reasons";
import { BY_CMDLET, removeFromStore } from "../../rotation/removal";
import { actorOf } from "../../rotation/actor";
import type { Task } from "./task";

/** Only a certificate that the rotation itself installed and that no other stack claims. */
export function takeOutStep({ leased, journal, ctx }: Task, thumbprint: string, keep: string): Step {
  let refused = false;
  const removable = async (): Promise<boolean> => {
    const record = recordOf(await readClaims(leased), "certificate", thumbprint);
    const { stack } = journal.state!;
    return record?.made === true && Object.keys(record.claims).every((owner) => actorOf(owner).stack === stack);
  };
  return {
    name: "take-out",
    text: `take out ${short(thumbprint)}, which is given up`,
    needsDrain: true,
    probe: async () => refused || !(await inspectCertificate(leased, thumbprint)).found || !(await removable()),
    run: async () => {
      const removal = await removeFromStore(leased, thumbprint, [{ by: "drained", keep, default: keep }, BY_CMDLET]);
      if (removal.gone) return;
      refused = true;
      ctx.warn(`${leased.facts.name}: ${thumbprint} stays installed beside ${short(keep)}: ${removal.refused.sentence}`);
    },
  };
}
