/**
 * A provider process that stops in the middle: runs the `create` of the resources it is given on standard input, as Pulumi's
 * dynamic provider would, and ends like it: killed at a fail point, or giving its leases back.
 */
import type { JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { closeAll } from "../../../provider/remote/sessions";
import { releaseLeases } from "../../../provider/rotation/leasedShell";

export interface Creation {
  kind: keyof typeof handlers;
  inputs: JsonObject;
}

async function main(): Promise<void> {
  const text: Buffer[] = [];
  for await (const chunk of process.stdin) text.push(chunk as Buffer);
  const ctx = createContext();
  try {
    for (const { kind, inputs } of JSON.parse(Buffer.concat(text).toString()) as Creation[]) {
      const { inputs: checked, failures } = await handlers[kind].check(ctx, {}, inputs);
      if (failures.length > 0) throw new Error(failures.map((one) => one.reason).join(" "));
      await handlers[kind].create(ctx, checked);
    }
  } finally {
    await releaseLeases();
    await closeAll();
  }
}

if (require.main === module) {
  main().catch((error: unknown) => {
    process.stderr.write(`${(error as Error).message}\n`);
    process.exitCode = 1;
  });
}
