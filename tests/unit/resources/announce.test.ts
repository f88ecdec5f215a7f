import { deepStrictEqual } from "node:assert/strict";
import type { JsonObject } from "../../../provider/base/json";
import { handlers } from "../../../provider/handlers";
import type { Context } from "../../../provider/handlers/types";

/** A check of a service that presents `thumbprint`, and the lines that it printed. */
async function lines(host: string, olds: JsonObject, thumbprint: string): Promise<string[]> {
  const said: string[] = [];
  const ctx = {
    now: new Date("2026-11-25T00:00:00Z"),
    note: (line: string) => said.push(line),
    warn: () => undefined,
  } as unknown as Context;
  const connection = { host, user: "admin", password: "p", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
  const organization = { ...connection, host: "mbx01.contoso.com" };
  const news = { host: connection, organization, expectThumbprint: thumbprint, owner: "shop/prod/edge01" };
  const { inputs, failures } = await handlers.TransportService.check(ctx, olds, news);
  deepStrictEqual(failures, []);
  if (Object.keys(olds).length > 0) await handlers.TransportService.diff(ctx, "edge", olds, inputs);
  return said;
}

describe("what a plain preview says", () => {
  const [old, next] = ["A".repeat(40), "B".repeat(40)];

  it("a new resource has no diff: check says its sentence, and says it once", async () => {
    const line = "[EDGE91] first deployment: adopts EDGE91 if transport runs and presents BBBBBBBB…";
    deepStrictEqual(await lines("edge91.contoso.com", {}, next), [line]);
    deepStrictEqual(await lines("edge91.contoso.com", {}, next), []);
  });

  it("a resource that is there says it in diff alone", async () => {
    const olds = { expectThumbprint: old, rotation: "first deployment", status: "Running" };
    deepStrictEqual(await lines("edge92.contoso.com", olds, next), ["[EDGE92] back into service: EDGE92 presents BBBBBBBB… afterwards"]);
  });
});
