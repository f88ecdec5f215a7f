/** Who wants an Edge held out of service until a TransportService starts it: the owners that declare `drain: "hold"`. */
interface Holding {
  hold: boolean;
  holders: readonly string[];
}

/** Of a line of an earlier version, which names no holders: the owner that began the hold is one. */
export function inherited({ hold, holders }: Holding, line: { hold: boolean; owner: string }): readonly string[] {
  if (!line.hold) return [];
  return hold ? holders : [line.owner];
}

/** Who still wants the Edge held once an owner has said whether it does; `formerOwner` is that owner before an alias. */
export function holdersAfter(
  holders: readonly string[],
  { owner, formerOwner, hold }: { owner: string; formerOwner?: string; hold: boolean },
) {
  const others = holders.filter((one) => one !== owner && one !== formerOwner);
  return hold ? [...others, owner] : others;
}
