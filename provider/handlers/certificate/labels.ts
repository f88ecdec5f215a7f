/**
 * `friendlyName` and `exportable` are given with the import, and no cmdlet changes them afterwards (exchange.md 2.3, 2.4). A changed
 * one counts for the next certificate; a rotation for a label would be an outage for nothing. The user is told.
 */
import { same, type JsonObject } from "../../base/json";
import type { Gathered } from "./gather";
import type { CertificateInputs } from "./inputs";

type Label = "friendlyName" | "exportable";
export type Labels = readonly Label[];
const LABELS: Labels = ["friendlyName", "exportable"];
const NEXT = "for the next certificate: Exchange cannot change what is installed";

/** Labels that are asked for otherwise than before. What is no longer asked for is none. */
export function relabelled(olds: JsonObject, news: JsonObject): Labels {
  return LABELS.filter((name) => news[name] !== undefined && !same(olds[name] ?? (name === "exportable" ? false : null), news[name]));
}

/** For the preview. */
export function labelWords(labels: Labels): string {
  return `${labels.join(" and ")} ${labels.length === 1 ? "counts" : "count"} ${NEXT}`;
}

/** What to warn of: labels that the host shows otherwise. Null where it shows what is asked for. */
export function labelWarning(
  labels: Labels,
  inputs: CertificateInputs,
  { installed, inspection }: Pick<Gathered, "installed" | "inspection">,
  { thumbprint, host }: { thumbprint: string; host: string },
): string | null {
  const listed = installed.find((one) => one.thumbprint === thumbprint)?.friendlyName;
  const shown = { friendlyName: inspection.friendlyName ?? listed, exportable: inspection.exportable };
  const open = labels.filter((name) => shown[name] !== inputs[name]);
  if (open.length === 0) return null;
  const wanted = open.map((name) => `${name} ${name === "friendlyName" ? `"${inputs[name]}"` : String(inputs[name])}`);
  return `${host}: ${wanted.join(" and ")} of ${thumbprint} ${open.length === 1 ? "counts" : "count"} ${NEXT}.`;
}
