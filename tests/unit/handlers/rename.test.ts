/** A resource that gets another name by an alias while its work is unfinished. */
import assert from "node:assert/strict";
import { isExchangeError } from "../../../provider/base/errors";
import type { JsonObject } from "../../../provider/base/json";
import { OFFLINE } from "../../../provider/handlers/certificate/offline";
import { diff } from "../../../provider/handlers/offline";
import type { Context } from "../../../provider/handlers/types";

const ctx = { now: new Date(), note: () => undefined, warn: () => undefined } as unknown as Context;
const declared = (owner: string): JsonObject => ({ owner, host: { host: "edge01.contoso.com" }, thumbprint: "AA", services: ["SMTP"] });
const look = (before: JsonObject, owner: string) => diff(OFFLINE, ctx, "edge01.contoso.com\\AA", before, declared(owner));

describe("a rename", () => {
  const unfinished = { ...declared("shop/prod/old"), unfinished: true };

  it("is refused while work is unfinished: the engine would write an invalid state", () => {
    assert.throws(
      () => look(unfinished, "shop/prod/new"),
      (error) => isExchangeError(error, "ROTATION_OPEN") && /Take the new name back/.test(error.hint),
    );
  });

  it("of a stack as a whole, or of what is finished, is none of it", () => {
    assert.deepEqual(look(unfinished, "shop/live/old"), { changes: true });
    assert.deepEqual(look(unfinished, "shop/prod/old"), { changes: true });
    assert.doesNotThrow(() => look(declared("shop/prod/old"), "shop/prod/new"));
  });
});
