/** Edges that are out of service by a rotation, and what keeps others of their site from leaving it (rotation.md 3). */
import { minutesSince } from "../../base/clock";
import { openInWords } from "../../base/edges";
import { equalNames } from "../shell";
import type { Facts, HostFact, RotationFact, WindowFact } from "./facts";
import { edgesOf, mailboxesOf } from "./state";
import type { Evidence, Symptom } from "./types";

interface Kept {
  /** The host that has the record. */
  keeper: HostFact;
  window: WindowFact;
}

const windowsOf = (facts: Facts): Kept[] =>
  mailboxesOf(facts).flatMap((keeper) => (keeper.windows ?? []).map((window) => ({ keeper, window })));
const ownWindows = (facts: Facts, name: string): Kept[] =>
  windowsOf(facts).filter(({ window }) => window.flip === undefined && equalNames(window.edge, name));

/** `2026-12-01T00:34:01Z (12 min)` */
function sinceInWords(since: string, now: Date): string {
  const minutes = minutesSince(since, now);
  const long = minutes < 120 ? `${minutes} min` : minutes < 2_880 ? `${Math.round(minutes / 60)} h` : `${Math.round(minutes / 1_440)} days`;
  return `${since.replace(/\.\d+Z$/, "Z")} (${long})`;
}

/** Services that are stopped belong to the rotation: told with it, and not once more by themselves. */
function stopped({ services }: HostFact): string[] {
  const names = services.filter(({ status }) => status !== "Running").map(({ name, status }) => `${name} (${status})`);
  return names.length > 0 ? [`Services: ${names.join(", ")}.`] : [];
}

function rotationInWords({ name, clock }: HostFact, rotation: RotationFact): string {
  const { since, interrupted } = rotation;
  const cut = interrupted === null ? "" : `; "${interrupted}" was begun`;
  return `${openInWords(name, { ...rotation, since: sinceInWords(since, clock) })}${cut}.`;
}

/** What the site's record says of the Edge. Nothing where no host that would have it was looked at. */
function recorded(facts: Facts, { name }: HostFact, { organization }: RotationFact): string[] {
  const kept = ownWindows(facts, name);
  const said = kept.map(({ keeper, window: { site, failed } }) =>
    failed === undefined
      ? `${keeper.name} counts it as one of site ${site} that is out of service.`
      : `${keeper.name} counts it as one of site ${site} that has failed (${failed}): no other Edge of the site leaves service with it.`,
  );
  const keeper = mailboxesOf(facts).find(({ fqdn, windows }) => windows !== undefined && equalNames(fqdn, organization ?? ""));
  const given = `${keeper?.name} has no window of it: its site was freed for others (--abandon).`;
  return kept.length === 0 && keeper ? [given] : said;
}

/** Others of the same site. */
function beside(facts: Facts, { name }: HostFact): string[] {
  const sites = ownWindows(facts, name).map(({ window }) => window.site);
  const others = windowsOf(facts)
    .filter(({ window }) => sites.includes(window.site) && !equalNames(window.edge, name))
    .map(({ window }) => (window.failed === undefined ? window.edge : `${window.edge} (failed: ${window.failed})`));
  return others.length > 0 ? [`Out of service beside it: ${[...new Set(others)].join(", ")}.`] : [];
}

function rotations(facts: Facts, working: boolean): Evidence[] {
  return edgesOf(facts).flatMap((host): Evidence[] => {
    const { rotation, worker } = host;
    if (!rotation || (typeof worker === "string") !== working) return [];
    const seen = [rotationInWords(host, rotation), ...recorded(facts, host, rotation), ...beside(facts, host), ...stopped(host)];
    const { stack, owner } = rotation;
    const one = { host: host.name, object: host.name, seen, values: { stack, owner, worker: worker ?? "" } };
    const serves = !rotation.isOut && stopped(host).length === 0;
    return [working || !serves ? one : { ...one, severity: "warning" }];
  });
}

/** A crash between two files: nothing is open on the Edge, and its site is still taken. */
function leftOver(facts: Facts): Evidence[] {
  return windowsOf(facts).flatMap(({ keeper, window }) => {
    const edge = edgesOf(facts).find(({ name }) => equalNames(name, window.edge));
    if (window.flip !== undefined || edge?.rotation !== null || edge.worker !== null) return [];
    return [
      { host: keeper.name, object: edge.name, seen: [windowInWords(keeper, window)], values: { site: window.site, stack: window.stack } },
    ];
  });
}

function unseen(facts: Facts): Evidence[] {
  return windowsOf(facts).flatMap(({ keeper, window }): Evidence[] => {
    const edge = edgesOf(facts).find(({ name }) => equalNames(name, window.edge));
    if (window.flip !== undefined || (edge && edge.rotation !== undefined && edge.worker !== undefined)) return [];
    const { edge: object, site, stack, failed } = window;
    const found = { host: keeper.name, object, seen: [windowInWords(keeper, window)], values: { site, stack } };
    return [failed === undefined ? found : { ...found, severity: "error" }];
  });
}

function windowInWords({ name, clock }: HostFact, { edge, site, owner, since, failed }: WindowFact): string {
  const end = failed === undefined ? "" : `; it failed with ${failed}`;
  return `${name}: a window of ${edge} in site ${site} has been open since ${sinceInWords(since, clock)}, for ${owner}${end}.`;
}

function flips(facts: Facts): Evidence[] {
  return windowsOf(facts).flatMap(({ keeper, window: { flip, site, since, owner, edge, stack } }) => {
    if (flip === undefined) return [];
    const seen = `${keeper.name}: ${owner} has restarted transport in site ${site}, one Edge after the other, since ${sinceInWords(since, keeper.clock)}; now ${edge}.`;
    return [{ host: keeper.name, object: flip, seen: [seen], values: { site, stack } }];
  });
}

const GO_ON = "`pulumi up --refresh` in stack {stack} goes on with every Edge that was left so.";

export const WINDOW_SYMPTOMS: Symptom[] = [
  {
    id: "rotation-left-open",
    signs: [{ text: "journal and lease of an Edge" }],
    severity: "error",
    cause: "A run of stack {stack} failed or was killed inside the window of {host}; no run is at work on it now.",
    remedy: [
      `1. See what the run failed with; then ${GO_ON}`,
      "2. Where nobody can run it: `npx pulumi-exchange resume {host}` takes the Edge back into service by its journal.",
      "3. An Edge that cannot come back now: `npx pulumi-exchange resume {host} --abandon` frees its site for the others.",
    ],
    look: (facts) => rotations(facts, false),
  },
  {
    id: "rotation-at-work",
    signs: [{ text: "journal and lease of an Edge" }],
    severity: "notice",
    cause: "{worker} is at work on {host}: what else is found on it may be part of that.",
    remedy: ["Wait for its end, and look again."],
    look: (facts) => rotations(facts, true),
  },
  {
    id: "window-left-over",
    signs: [{ text: "record of a site's windows, and the Edge's journal" }],
    severity: "warning",
    cause:
      "A run ended between two files: no rotation is open on {object}, and site {site} is still taken, so that no other Edge of it may leave service.",
    remedy: [
      "`pulumi up` in stack {stack} clears it away.",
      "Without it: `npx pulumi-exchange resume {object}`, which changes nothing on the Edge.",
    ],
    look: leftOver,
  },
  {
    id: "window-unseen",
    signs: [{ text: "record of a site's windows" }],
    severity: "warning",
    cause: "{object} may be out of service, and was not looked at: it is not in the hosts file, or cannot be reached.",
    remedy: [
      "Name {object} in the hosts file, or see why it cannot be reached, and look again.",
      `Where no run is at work on it: ${GO_ON}`,
      "An Edge that is dead: `npx pulumi-exchange resume {object} --abandon` frees site {site}.",
    ],
    look: unseen,
  },
  {
    id: "connector-flip",
    signs: [{ text: "record of a site's windows" }],
    severity: "notice",
    cause: "The name of {object} is being changed; beside its restarts no Edge of site {site} leaves service.",
    remedy: ["Where no run of stack {stack} is under way: its next `pulumi up` goes on."],
    look: flips,
  },
];
