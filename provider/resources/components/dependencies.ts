import type * as pulumi from "@pulumi/pulumi";

/** `dependsOn` in any of Pulumi's forms. */
export type Dependencies = pulumi.CustomResourceOptions["dependsOn"];

/**
 * Options of a child. A component's own `dependsOn` does not reach its children by itself, so whoever starts the chain
 * inside a component repeats it.
 */
export function child(parent: pulumi.Resource, ...dependsOn: Dependencies[]): pulumi.CustomResourceOptions {
  const all = dependsOn.filter((some) => some !== undefined);
  // Pulumi gathers dependencies recursively; the type of dependsOn does not say so.
  return all.length === 0 ? { parent } : { parent, dependsOn: all as pulumi.Resource[] };
}
