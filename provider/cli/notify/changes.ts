/** What is new since the last notice. Pure. */
import type { Item } from "./items";

/** key → state and title, as the last delivered notice had them. */
export type Known = { [key: string]: { state: string; title: string } };

export interface Changes {
  added: Item[];
  /** Another state than before: a threshold was crossed, a warning became an error. */
  changed: (Item & { before: string })[];
  /** Gone since. */
  resolved: { key: string; title: string }[];
}

export function changesSince(known: Known, items: readonly Item[]): Changes {
  const keys = new Set(items.map(({ key }) => key));
  return {
    added: items.filter(({ key }) => !Object.hasOwn(known, key)),
    changed: items.flatMap((item) => {
      const before = Object.hasOwn(known, item.key) ? known[item.key].state : item.state;
      return before === item.state ? [] : [{ ...item, before }];
    }),
    resolved: Object.entries(known).flatMap(([key, { title }]) => (keys.has(key) ? [] : [{ key, title }])),
  };
}

export const isNews = ({ added, changed, resolved }: Changes): boolean => added.length + changed.length + resolved.length > 0;

export const knownNow = (items: readonly Item[]): Known =>
  Object.fromEntries(items.map(({ key, state, title }) => [key, { state, title }]));
