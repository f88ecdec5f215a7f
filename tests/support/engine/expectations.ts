/** Expectations that many stories share. */
import assert from "node:assert/strict";
import type { PulumiFn } from "@pulumi/pulumi/automation";

/** What is asked of a story (tests/support/engine.ts). */
interface Stack {
  up(program: PulumiFn): Promise<{ ok: boolean; output: string; seen: { mutating: unknown[] } }>;
}
interface Servers {
  server(name: string): {
    services: Record<string, string>;
    defaultThumbprint: string | null;
    transportThumbprint: string | null;
    ldapsThumbprint: string | null;
  };
  /** A file of a host's working folder, or undefined. */
  file(server: string, path: string): string | undefined;
}

/** The first deployment: everything is adopted, nothing is changed. */
export async function adopted(story: Stack, program: PulumiFn): Promise<void> {
  const up = await story.up(program);
  assert.ok(up.ok, up.output);
  assert.deepEqual(up.seen.mutating, []);
}

/** Transport runs and both doors present the certificate, which is the default; no rotation is open. */
export function inService(story: Servers, edge: string, thumbprint: string): void {
  const { services, defaultThumbprint, transportThumbprint, ldapsThumbprint } = story.server(edge);
  const seen = { transport: services.MSExchangeTransport, defaultThumbprint, transportThumbprint, ldapsThumbprint };
  const expected = { transport: "Running", defaultThumbprint: thumbprint, transportThumbprint: thumbprint, ldapsThumbprint: thumbprint };
  assert.deepEqual(seen, expected, edge);
  const last = story.file(edge, "journal.jsonl")?.trimEnd().split("\n").at(-1);
  if (last) assert.equal((JSON.parse(last) as { type: string }).type, "close", `${edge}: the journal is open`);
}
