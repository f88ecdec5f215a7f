/** Names of child resources: stable, and readable where the host's name is known in the program. */
import { isIP } from "node:net";
import type * as pulumi from "@pulumi/pulumi";
import type { ConnectionArgs } from "../connection";

/** The host's `name`, or `edge01` for `EDGE01.contoso.com`; `<kind><position>` for an address, an Output or an equal name. */
export function hostLabels(hosts: readonly pulumi.Input<ConnectionArgs>[], kind: string): string[] {
  const found = hosts.map(shortName);
  return found.map((label, index) =>
    label !== undefined && found.indexOf(label) === found.lastIndexOf(label) ? label : `${kind}${index + 1}`,
  );
}

function shortName(host: pulumi.Input<ConnectionArgs>): string | undefined {
  const { name, host: address } = host as { name?: unknown; host?: unknown };
  if (typeof name === "string" && name !== "") return name.toLowerCase();
  if (typeof address !== "string" || isIP(address) !== 0) return undefined;
  const label = address.split(".", 1)[0].toLowerCase();
  return label === "" || label === "localhost" ? undefined : label;
}

/** `outbound-to-office-365` for `Outbound to Office 365`; the position where the name is not known in the program. */
export function connectorLabels(names: readonly pulumi.Input<string>[]): string[] {
  const found = names.map((name) => (typeof name === "string" ? slug(name) : ""));
  return found.map((label, index) => (label !== "" && found.indexOf(label) === found.lastIndexOf(label) ? label : `connector${index + 1}`));
}

function slug(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, "-")
    .replace(/^-|-$/g, "");
}
