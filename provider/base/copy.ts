/**
 * Whether this process looks at a copy of an organisation (a scenario file of `npx pulumi-exchange snapshot` in the lab), whose doors
 * present look-alikes of the real certificates. Set by whoever knows it; nothing on the network can.
 */
let copy = false;

/** From now on, or no longer. */
export function lookAtCopy(value: boolean): void {
  copy = value;
}

export function looksAtCopy(): boolean {
  return copy;
}
