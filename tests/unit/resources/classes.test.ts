import { deepStrictEqual, ok, rejects, strictEqual } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import type * as command from "@pulumi/command";
import * as exchange from "../../../provider/resources";
import { record, type Registration } from "./recorder";

const host: exchange.ConnectionArgs = { host: "edge01.contoso.com", user: "Administrator", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" };
const source: exchange.CertificateSourceArgs = { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } };

/** One object serves both packages: what @pulumi/command takes, ours takes. Compiling this line is the test. */
export const shared = (connection: command.types.input.remote.ConnectionArgs): exchange.ConnectionArgs => connection;

/** What `ConnectionArgs` of @pulumi/command takes of ours: one host key as a string, and no fields of this package. */
export const both: command.types.input.remote.ConnectionArgs & exchange.ConnectionArgs = {
  host: "edge01.contoso.com",
  user: "Administrator",
  privateKey: "-----BEGIN OPENSSH PRIVATE KEY-----",
  agentSocketPath: "/run/agent",
  dialErrorLimit: -1,
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
  proxy: { host: "jump", user: "jump", hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5" },
};
/** A list of keys is ours alone. */
export const listOfKeys: exchange.ConnectionArgs = { host: "edge01", hostKey: ["ssh-ed25519 AAAA", "ssh-rsa AAAA"] };
// @ts-expect-error -- @pulumi/command's hostKey is one string
export const noList: command.types.input.remote.ConnectionArgs = { host: "edge01", hostKey: ["ssh-ed25519 AAAA", "ssh-rsa AAAA"] };
// @ts-expect-error -- a reference to a secret is ours alone
export const noReference: command.types.input.remote.ConnectionArgs = { host: "edge01", password: { env: "PASSWORD" } };

/** Each class with its smallest arguments and the outputs that it promises beyond the arguments. */
const CLASSES = {
  Certificate: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.Certificate("r", { host, source, services: ["SMTP"] }, opts),
    get: () => exchange.Certificate.get("r", "edge01\\AA", { host, source, services: [] }),
    outputs: [
      "thumbprint",
      "subject",
      "issuer",
      "serialNumber",
      "notBefore",
      "notAfter",
      "tlsCertificateName",
      "enabledServices",
      "isDefaultSmtp",
    ],
  },
  CertificateRequest: {
    make: (opts?: pulumi.CustomResourceOptions) =>
      new exchange.CertificateRequest("r", { host, subject: "CN=a", domainNames: ["a"] }, opts),
    get: () => exchange.CertificateRequest.get("r", "edge01\\AA", { host, subject: "CN=a", domainNames: [] }),
    outputs: ["csr", "publicKeySha256"],
  },
  SendConnectorTls: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.SendConnectorTls("r", { host, connector: "Outbound" }, opts),
    get: () => exchange.SendConnectorTls.get("r", "Outbound", { host, connector: "Outbound" }),
    outputs: ["previous", "sourceTransportServers"],
  },
  ReceiveConnectorTls: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.ReceiveConnectorTls("r", { host, connector: "Inbound" }, opts),
    get: () => exchange.ReceiveConnectorTls.get("r", "EDGE01\\Inbound", { host, connector: "Inbound" }),
    outputs: ["previous"],
  },
  HybridConfigurationTls: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.HybridConfigurationTls("r", { host, tlsCertificateName: "<I>a<S>b" }, opts),
    get: () => exchange.HybridConfigurationTls.get("r", "hybrid", { host, tlsCertificateName: "<I>a<S>b" }),
    outputs: ["previous"],
  },
  AuthCertificate: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.AuthCertificate("r", { host }, opts),
    get: () => exchange.AuthCertificate.get("r", "Contoso", { host }),
    outputs: ["current", "next", "nextEffective", "previous", "notAfter", "missingOn", "notBefore", "previousSince", "hybrid"],
  },
  EdgeSubscription: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.EdgeSubscription("r", { edge: host, organization: host, site: "S" }, opts),
    get: () => exchange.EdgeSubscription.get("r", "EDGE01", { edge: host, organization: host, site: "S" }),
    outputs: ["edgeName", "boundThumbprint", "syncStatus", "lastSynchronized"],
  },
  TransportService: {
    make: (opts?: pulumi.CustomResourceOptions) => new exchange.TransportService("r", { host }, opts),
    get: () => exchange.TransportService.get("r", "edge01.contoso.com", { host }),
    outputs: ["status", "presentedThumbprint"],
  },
} as const;

describe("a chain of Edges of one's own", () => {
  const organization = { ...host, host: "mbx01.contoso.com" };
  const edge = (name: string, more: object = {}): exchange.Certificate =>
    new exchange.Certificate(name, { host: { ...host, host: `${name}.contoso.com` }, organization, source, services: ["SMTP"], ...more });
  const peersOf = (resources: Registration[], wanted: string): unknown => {
    const { lookAhead = {} } = resources.find(({ name }) => name === wanted)!.inputs;
    return (lookAhead as { peers?: { host: string }[] }).peers?.map((one) => one.host);
  };

  it("its first one is told the others' connections, and only that one", async () => {
    const { resources } = await record(() => [edge("edge01"), edge("edge02"), edge("edge03")]);
    const told = ["edge01", "edge02", "edge03"].map((name) => peersOf(resources, name));
    deepStrictEqual(told, [["edge02.contoso.com", "edge03.contoso.com"], undefined, undefined]);
  });

  it("a single one is told nothing, and neither is one that has peers", async () => {
    for (const program of [() => [edge("edge01")], () => [edge("edge01", { peers: [host] }), edge("edge02")]]) {
      const { resources } = await record(program);
      strictEqual(resources.find(({ name }) => name === "edge01")!.inputs.lookAhead, undefined);
    }
  });

  it("each is told when its own subscription synchronises, whichever comes first", async () => {
    const subscription = (name: string, synchronise: "afterStart" | undefined) =>
      new exchange.EdgeSubscription(`${name}-subscription`, {
        ...{ edge: { ...host, host: `${name}.contoso.com` }, organization, site: "S", synchronise },
      });
    const { resources } = await record(() => {
      const first = subscription("edge01", "afterStart");
      return [
        first,
        edge("edge01"),
        edge("edge02"),
        edge("edge03"),
        subscription("edge02", "afterStart"),
        subscription("edge03", undefined),
      ];
    });
    const told = ["edge01", "edge02", "edge03"].map((name) => {
      const { lookAhead = {} } = resources.find((one) => one.name === name)!.inputs;
      return (lookAhead as { synchronise?: string }).synchronise;
    });
    deepStrictEqual(told, ["afterStart", "afterStart", undefined]);
  });

  it("it waits for no connection that a later resource gives", async () => {
    const { resources } = await record(() => {
      const first = edge("edge01");
      edge("edge02", { host: { ...host, user: first.thumbprint } });
      return [first, edge("edge03")];
    });
    deepStrictEqual(peersOf(resources, "edge01"), ["edge03.contoso.com"]);
  });
});

for (const [kind, { make, get, outputs }] of Object.entries(CLASSES)) {
  describe(`class ${kind}`, () => {
    it("has a type token of its own, by which policies know it", async () => {
      const { resources, result } = await record(() => make());
      const token = `pulumi-nodejs:dynamic/exchange:${kind}`;
      const type = (exchange as unknown as Record<string, { __pulumiType: string; isInstance(value: unknown): boolean }>)[kind];
      strictEqual(resources[0].type, kind);
      strictEqual(type.__pulumiType, token);
      ok(type.isInstance(result));
      ok(type.isInstance({ __pulumiType: token }));
      ok(!type.isInstance({ __pulumiType: "other" }) && !type.isInstance(null));
    });

    it("shows its outputs, revision, rotation and plan as properties", async () => {
      const values = Object.fromEntries([...outputs, "rotation", "plan"].map((output) => [output, `${output} value`]));
      const { result } = await record(() => make(), { outputs: () => values });
      for (const output of [...outputs, "revision", "rotation", "plan"]) {
        const property = (result as unknown as Record<string, pulumi.Output<unknown>>)[output];
        ok(pulumi.Output.isInstance(property), output);
        const value = await new Promise((resolve) => property.apply(resolve));
        strictEqual(value, output === "revision" ? "r-revision" : `${output} value`);
      }
    });

    it("hides the provider's text from diffs, beside what the program hides", async () => {
      const { resources } = await record(() => make({ hideDiffs: ["plan"] }));
      deepStrictEqual(resources[0].hideDiffs, ["plan", "__provider", "lookAhead"]);
    });

    it("says whose it is", async () => {
      const { resources } = await record(() => make());
      strictEqual(resources[0].inputs.owner, "project/stack/r");
    });

    it("refuses the option import, and says what does its work", async () => {
      await rejects(
        record(() => make({ import: "edge01\\AA" })),
        new RegExp(`\\[NOT_SUPPORTED\\] ${kind} r: Pulumi cannot import .* first \`pulumi up\` adopts`),
      );
    });

    it("reads what exists by id", async () => {
      const { resources } = await record(() => get());
      ok(resources[0].id);
      ok(resources[0].inputs.__provider);
    });
  });
}
