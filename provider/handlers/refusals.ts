/**
 * Refusals as ordered chains: what speaks against a change, each a function of its own, tried in order on facts that were read just
 * before; the first one that throws decides, and nothing was changed. A handler runs its chain before it takes the lease, and again on
 * fresh facts under it, because another run may have worked in between.
 *
 * A new refusal is one function and one line in a chain.
 *
 * @example
 * export const REFUSALS: Chain<Facts> = [refuseOtherRole, refuseExpired];
 * await refuseFirst(REFUSALS, await look(session));
 * await withLease(session, actor, async (leased) => {
 *   await refuseFirst(REFUSALS, await look(leased));
 *   // the first change
 * });
 */

/** Throws an ExchangeError, or lets the facts pass. Reads only. */
export type Refusal<Facts> = (facts: Facts) => void | Promise<void>;
export type Chain<Facts> = readonly Refusal<Facts>[];

/** Runs a chain; returns the facts that passed. */
export async function refuseFirst<Facts>(chain: Chain<Facts>, facts: Facts): Promise<Facts> {
  for (const refuse of chain) await refuse(facts);
  return facts;
}

/** A refusal that counts under a condition only. */
export function where<Facts>(condition: (facts: Facts) => boolean): (refuse: Refusal<Facts>) => Refusal<Facts> {
  return (refuse) => (facts) => (condition(facts) ? refuse(facts) : undefined);
}
