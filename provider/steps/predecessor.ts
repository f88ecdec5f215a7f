/** `predecessor`: what would be taken instead of the expected certificate goes before the start (exchange.md 7.3, 15.3). */
import { gatherCompetitors, type Competitors } from "../rotation/competitors";
import type { Step } from "../rotation/engine";
import type { LeasedShell } from "../rotation/leasedShell";
import { short } from "../rotation/reasons";
import { BY_CMDLET, removeFromStore } from "../rotation/removal";

/** Takes competitors out, or those of the same name alone; what the host's guards refuse stays, with a warning. */
export function predecessorStep(
  leased: LeasedShell,
  expected: string,
  current: () => Promise<string | null>,
  warn: (text: string) => void,
  only: { sameName?: boolean } = {},
): Step {
  const refused = new Set<string>();
  const open = async (): Promise<Competitors["remove"]> =>
    (await gatherCompetitors(leased, expected, current())).remove.filter(
      (one) => !refused.has(one.thumbprint) && (one.sameName || !only.sameName),
    );
  return {
    id: "predecessor",
    text: `remove what would be taken instead of ${short(expected)}`,
    probe: async () => (await open()).length === 0,
    ahead: open,
    run: async (last) => {
      for (const { thumbprint, named } of await open()) {
        const keep = await current();
        if (await last(() => removeCompetitor(leased, thumbprint, expected, keep, named))) continue;
        refused.add(thumbprint);
        warn(`${leased.facts.name}: ${thumbprint} stays installed beside ${short(expected)}: the host refused to take it out.`);
      }
    },
  };
}

/** The cmdlet where it may work; the guarded removal where a connector carries the name (exchange.md 15.2). */
async function removeCompetitor(
  leased: LeasedShell,
  thumbprint: string,
  keep: string,
  current: string | null,
  named: boolean,
): Promise<boolean> {
  const way = named ? ({ by: "drained", keep, ...(current === keep ? { default: keep } : {}) } as const) : BY_CMDLET;
  return (await removeFromStore(leased, thumbprint, [way])).gone;
}
