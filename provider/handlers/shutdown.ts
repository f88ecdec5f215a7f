/** The end of the provider process: the engine sends SIGINT and kills after 5 s (pulumi.md 1.7). Leases are given back before. */
import { closeAll } from "../remote/sessions";
import { releaseAll } from "../rotation/hand";

const LIMIT_MS = 3_000;
let installed = false;

/** Installs the handler once, and only in Pulumi's dynamic provider process. */
export function releaseAtEnd(argv: readonly string[] = process.argv): void {
  if (installed || !argv.some((one) => /dynamic-provider/.test(one))) return;
  installed = true;
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => void leave());
}

async function leave(): Promise<void> {
  const limit = setTimeout(() => process.exit(0), LIMIT_MS);
  try {
    await releaseAll();
    await closeAll();
  } finally {
    clearTimeout(limit);
    process.exit(0);
  }
}
