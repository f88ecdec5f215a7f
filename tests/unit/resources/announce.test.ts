import { deepStrictEqual, match } from "node:assert/strict";
import { UNKNOWN, type JsonObject } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import type { Context } from "../../../provider/handlers/types";
import { makeAuthority } from "../../support/certificates";
import { NOW, onEdge, pemFrom } from "./wordsOf";

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
  const news = { host: connection, organization, expectThumbprint: thumbprint, after: [UNKNOWN], owner: "shop/prod/edge01" };
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

  it("a new name changes nothing in Exchange; a stack that is renamed says it once", async () => {
    const said: string[] = [];
    const ctx = { ...createContext(), note: (line: string) => void said.push(line) };
    const named = (owner: string): JsonObject => ({
      host: { host: "edge94.contoso.com" },
      expectThumbprint: old,
      status: "Running",
      owner,
    });
    const renamed = (before: string, after: string) => handlers.TransportService.diff(ctx, "edge", named(before), named(after));
    await renamed("shop/prod/edge94", "mail/prod/edge94");
    await renamed("shop/prod/edge95", "mail/prod/edge95");
    await renamed("mail/prod/edge95", "mail/prod/edge96");
    await renamed("mail/prod/edge96", "mail/prod/edge96");
    deepStrictEqual(
      said.map((line) => line.split(":")[0]),
      ["[mail/prod] was shop/prod", "[mail/prod/edge96] was mail/prod/edge95"],
    );
  });

  it("what the engine only supposes of a dependant is not said", async () => {
    const rotation = "back into service: EDGE93 presents AAAAAAAA… afterwards";
    const olds = { expectThumbprint: old, rotation, status: "Running", owner: "shop/prod/edge93" };
    const said: string[] = [];
    const ctx = { ...createContext(), note: (line: string) => void said.push(line) };
    const stored = { host: { host: "edge93.contoso.com" }, owner: olds.owner, rotation };
    await handlers.TransportService.diff(ctx, "edge", olds, { ...stored, expectThumbprint: UNKNOWN });
    await handlers.TransportService.diff(ctx, "edge", { ...olds, expectThumbprint: next }, { ...stored, after: [UNKNOWN] });
    deepStrictEqual(said, []);
    const outOfService = { edge: "EDGE93", since: "2026-11-24T21:04:00Z", step: 1, of: 9, text: "transport is being drained" };
    await handlers.TransportService.diff(ctx, "edge", { ...olds, outOfService }, { ...stored, after: [UNKNOWN] });
    match(said.join(), /^\[EDGE93\] EDGE93 was out of service [^,]*, step 1 of 9: [^,]*$/);
  });
});

describe("a saved plan", () => {
  const owner = "shop/prod/x";
  /** What check makes of a change, and what is printed, at one moment. */
  async function changed(before: JsonObject, after: JsonObject, now: Date): Promise<{ inputs: JsonObject; said: string[] }> {
    const said: string[] = [];
    const ctx = { ...createContext(), now, note: (line: string) => void said.push(line), warn: () => undefined };
    const { inputs: olds } = await handlers.Certificate.check(ctx, {}, { owner, ...before });
    said.length = 0;
    const { inputs } = await handlers.Certificate.check(ctx, olds, { owner, ...after });
    await handlers.Certificate.diff(ctx, "edge", { ...olds, revision: "1" }, inputs);
    return { inputs, said };
  }

  it("lives however far the clock goes: inputs stay, the printed count follows", async () => {
    const authority = await makeAuthority("CN=Contoso CA");
    const [old, next] = [onEdge(await pemFrom(authority, -300, 9)), onEdge(await pemFrom(authority, 5, 365))];
    const results = await Promise.all(
      [0, 1, 7, 8.99, 9, 29, 400].map((days) => changed(old, next, new Date(NOW.getTime() + days * 86_400_000))),
    );
    for (const { inputs } of results) deepStrictEqual(inputs, results[0].inputs);
    const counts = results.map(({ said }) => /renew: (.*?) \(2026-12-01\), [0-9A-F]{8}… → [0-9A-F]{8}…$/.exec(said.join())?.[1]);
    deepStrictEqual(counts, [
      "9 days left",
      "8 days left",
      "2 days left",
      "0 days left",
      "0 days left",
      "expired 19 days ago",
      "expired 390 days ago",
    ]);
    const fresh = await Promise.all(
      [0, 29].map((days) =>
        handlers.Certificate.check(
          { ...createContext(), now: new Date(NOW.getTime() + days * 86_400_000), note: () => undefined, warn: () => undefined },
          {},
          { owner, ...next },
        ),
      ),
    );
    deepStrictEqual(fresh[0], fresh[1]);
  });

  it("an unchanged program on a stack whose sentence counts days has nothing to do", async () => {
    const args = onEdge(await pemFrom(await makeAuthority("CN=Contoso CA"), -300, 9));
    const before = (await changed(args, args, NOW)).inputs;
    const rotation = "first deployment: AAAAAAAA…, 12 days left (2026-12-01); adopts if AAAAAAAA… is the default, else drains EDGE01";
    const olds = { ...before, rotation };
    const ctx = { ...createContext(), now: NOW, note: () => undefined, warn: () => undefined };
    const { inputs } = await handlers.Certificate.check(ctx, olds, { owner, ...args });
    deepStrictEqual(inputs, olds);
    const outs = { ...olds, revision: "1", enabledServices: ["SMTP"], isDefaultSmtp: true };
    deepStrictEqual(await handlers.Certificate.diff(ctx, "edge", outs, inputs), { changes: false });
  });
});
