/** The organisation is kept in state, and another one behind the same names is refused before anything. */
import assert from "node:assert/strict";
import { isExchangeError } from "../../../provider/base/errors";
import type { JsonObject } from "../../../provider/base/json";
import { organizationIn } from "../../../provider/directory";
import { ofOrganization } from "../../../provider/handlers/ofOrganization";
import { PartialFailure, type Context, type Handler } from "../../../provider/handlers/types";

const dn = (organization: string, domain: string): string =>
  `CN=MBX01,CN=Servers,CN=Exchange Administrative Group (FYDIBOHF23SPDLT),CN=Administrative Groups,CN=${organization},CN=Microsoft Exchange,CN=Services,CN=Configuration,DC=${domain},DC=com`;
const CONTOSO = "cn=contoso,cn=microsoft exchange,cn=services,cn=configuration,dc=contoso,dc=com";

function context(answer: () => unknown): { ctx: Context; asked: () => number } {
  let asked = 0;
  const session = {
    facts: { name: "MBX01" },
    invoke: () => {
      asked++;
      return Promise.resolve({ objects: [{ Name: "mbx01", DistinguishedName: answer() }], warnings: [] });
    },
  };
  return { ctx: { session: () => Promise.resolve(session) } as unknown as Context, asked: () => asked };
}
const calls: string[] = [];
const note = (name: string, value: unknown): never => (calls.push(name), Promise.resolve(value)) as never;
const inner = {
  create: () => note("create", { id: "x", outs: { a: 1 } }),
  update: () => note("update", { outs: { a: 2 } }),
  read: (_ctx: Context, id: string, props: JsonObject) => note("read", { id, props }),
  delete: () => note("delete", undefined),
} as unknown as Handler;

describe("organisation-wide objects", () => {
  const handler = ofOrganization(inner, "host");
  const inputs = { host: { host: "mbx01" } };
  beforeEach(() => void calls.splice(0));

  it("keep the organisation from their first change on, and ask for it once a session", async () => {
    const { ctx, asked } = context(() => dn("Contoso", "contoso"));
    const { outs } = await handler.create(ctx, inputs);
    assert.deepEqual(outs, { a: 1, organizationIdentity: CONTOSO });
    assert.deepEqual((await handler.update(ctx, "x", outs, inputs)).outs, { a: 2, organizationIdentity: CONTOSO });
    assert.deepEqual((await handler.update(ctx, "x", { a: 0 }, inputs)).outs, { a: 2, organizationIdentity: CONTOSO });
    assert.deepEqual((await handler.read(ctx, "x", { ...inputs, a: 0 })).props, { ...inputs, a: 0 });
    assert.equal(asked(), 1);
  });

  it("are refused in another organisation with the same names, before anything", async () => {
    const olds = { ...inputs, organizationIdentity: CONTOSO };
    for (const other of [dn("Fabrikam", "contoso"), dn("Contoso", "rehearsal")]) {
      for (const run of ["update", "read", "delete"] as const) {
        const { ctx } = context(() => other);
        const work =
          run === "update"
            ? handler.update(ctx, "x", olds, inputs)
            : run === "read"
              ? handler.read(ctx, "x", olds)
              : handler.delete(ctx, "x", olds);
        await assert.rejects(
          work,
          (error) => isExchangeError(error, "ORGANIZATION_IS_ANOTHER") && /deployed to the organisation contoso/.test(error.sentence),
        );
      }
    }
    assert.deepEqual(calls, []);
  });

  it("go on where the host does not tell, and keep what state has", async () => {
    const olds = { ...inputs, organizationIdentity: CONTOSO };
    const { ctx } = context(() => null);
    assert.deepEqual((await handler.update(ctx, "x", olds, inputs)).outs, { a: 2, organizationIdentity: CONTOSO });
    assert.deepEqual((await handler.create(ctx, inputs)).outs, { a: 1 });
  });

  it("keep it through a failure after the first change", async () => {
    const failing = { ...inner, create: () => Promise.reject(new PartialFailure("x", { a: 1 }, ["[CODE] why"])) } as Handler;
    const { ctx } = context(() => dn("Contoso", "contoso"));
    await assert.rejects(ofOrganization(failing, "host").create(ctx, inputs), (error) => {
      assert(error instanceof PartialFailure);
      assert.deepEqual(error.properties, { a: 1, organizationIdentity: CONTOSO });
      return true;
    });
  });

  it("an Edge's own server object names no organisation", () => {
    assert.equal(organizationIn("CN=EDGE01,CN=Servers,CN=First"), null);
    assert.equal(organizationIn(dn("Contoso", "contoso")), CONTOSO);
  });
});
