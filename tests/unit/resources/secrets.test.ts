import { deepStrictEqual, strictEqual } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Certificate, SendConnectorTls, type CertificateSourceArgs, type ConnectionArgs } from "../../../provider/resources";
import { record, secretText, type Registration } from "./recorder";

type Bag = Record<string, unknown>;

const CONNECTION: ConnectionArgs = {
  host: "edge01.contoso.com",
  port: 22,
  user: "Administrator",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
};
const SOURCE: CertificateSourceArgs = { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } };

async function certificate(
  args: { host: pulumi.Input<ConnectionArgs>; source?: pulumi.Input<CertificateSourceArgs> },
  preview = false,
): Promise<Registration> {
  const { resources } = await record(() => new Certificate("edge", { source: SOURCE, services: [], ...args }), { preview });
  return resources.find(({ name }) => name === "edge")!;
}

describe("secrets of a resource's arguments", () => {
  it("marks a plain password and leaves host, port and user readable", async () => {
    const { inputs } = await certificate({ host: { ...CONNECTION, password: "hunter22" } });
    const { password, ...rest } = inputs.host as Bag;
    strictEqual(secretText(password), "hunter22");
    deepStrictEqual(rest, CONNECTION);
  });

  it("leaves references in the clear", async () => {
    const { inputs } = await certificate({ host: { ...CONNECTION, password: { config: "edgePassword" } } });
    deepStrictEqual((inputs.host as Bag).password, { config: "edgePassword" });
    deepStrictEqual(inputs.source, SOURCE);
  });

  it("marks every secret name at every depth", async () => {
    const secret = { password: "password-1", privateKey: "privateKey-1", privateKeyPassword: "privateKeyPassword-1" };
    const host: ConnectionArgs = {
      ...CONNECTION,
      ...secret,
      proxy: { host: "jump", user: "hop", ...secret },
      exchangeCredential: { user: "CONTOSO\\svc", password: "password-2" },
      directory: { url: "ldaps://dc01", password: "password-3" },
    };
    const { inputs } = await certificate({ host, source: { pfx: "TUlJ", password: "password-4" } });
    const got = inputs.host as { proxy: Bag; exchangeCredential: Bag; directory: Bag } & Bag;
    for (const bag of [got, got.proxy]) {
      deepStrictEqual(
        Object.keys(secret).map((key) => secretText(bag[key])),
        Object.values(secret),
      );
    }
    strictEqual(secretText(got.exchangeCredential.password), "password-2");
    strictEqual(got.exchangeCredential.user, "CONTOSO\\svc");
    strictEqual(secretText(got.directory.password), "password-3");
    const { pfx, password } = inputs.source as Bag;
    deepStrictEqual([pfx, password].map(secretText), ["TUlJ", "password-4"]);
  });

  it("reaches into lists: the hosts of a connector's sources", async () => {
    const source = { host: { ...CONNECTION, password: "in-a-list" }, thumbprint: "AA" };
    const { resources } = await record(() => new SendConnectorTls("c", { host: CONNECTION, connector: "Outbound", sources: [source] }));
    const [first] = resources[0].inputs.sources as { host: Bag }[];
    strictEqual(secretText(first.host.password), "in-a-list");
    strictEqual(first.host.host, CONNECTION.host);
  });

  it("marks a password that arrives as an Output, and keeps a reference plain", async () => {
    const asText = await certificate({ host: { ...CONNECTION, password: pulumi.output("late") } });
    strictEqual(secretText((asText.inputs.host as Bag).password), "late");
    const asReference = await certificate({ host: { ...CONNECTION, password: Promise.resolve({ env: "LATE" }) } });
    deepStrictEqual((asReference.inputs.host as Bag).password, { env: "LATE" });
  });

  it("takes a whole connection as an Output apart, so that only its secrets are secret", async () => {
    const { inputs } = await certificate({ host: pulumi.output({ ...CONNECTION, password: "inside" }) });
    const { password, ...rest } = inputs.host as Bag;
    strictEqual(secretText(password), "inside");
    deepStrictEqual(rest, CONNECTION);
  });

  it("keeps a connection secret that is secret as a whole", async () => {
    const { inputs } = await certificate({ host: pulumi.secret({ ...CONNECTION, password: "inside" }) });
    strictEqual(secretText(inputs.host) !== undefined, true);
  });

  it("keeps unknown values unknown and the dependencies of Outputs", async () => {
    const { resources } = await record(
      () => {
        const first = new Certificate("first", { host: CONNECTION, source: SOURCE, services: [] });
        const unknown = first.serialNumber.apply((password) => ({ ...CONNECTION, password }));
        return new Certificate("second", { host: unknown, source: SOURCE, services: [] });
      },
      { preview: true },
    );
    const second = resources.find(({ name }) => name === "second")!;
    strictEqual(second.inputs.host, pulumi.runtime.unknownValue);
    deepStrictEqual(second.dependencies, ["first"]);
  });

  it("keeps the dependencies of a connection that it takes apart", async () => {
    const { resources } = await record(() => {
      const first = new Certificate("first", { host: CONNECTION, source: SOURCE, services: [] });
      const host = first.revision.apply((password) => ({ ...CONNECTION, password }));
      return new Certificate("second", { host, source: SOURCE, services: [] });
    });
    const second = resources.find(({ name }) => name === "second")!;
    strictEqual(secretText((second.inputs.host as Bag).password), "first-revision");
    deepStrictEqual(second.dependencies, ["first"]);
  });
});
