import { deepStrictEqual, ok, rejects, strictEqual, throws } from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { NO_COMMON_NAME } from "../../../provider/base/commonName";
import { EdgeFleet, EdgeTransport, ServerCertificate } from "../../../provider/resources";
import type { CertificateSettings, ConnectionArgs, EdgeFleetArgs, EdgeTransportArgs, MaxUnavailable } from "../../../provider/resources";
import { record, waitsFor, type Registration } from "./recorder";

const named = (name: string): ConnectionArgs => ({
  host: `${name}.contoso.com`,
  user: "admin",
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
});
const [edge01, edge02, mbx01] = [named("EDGE01"), named("EDGE02"), named("MBX01")];
const certificate: CertificateSettings = {
  source: { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } },
  services: ["SMTP"],
  defaultSmtp: "replace",
};
const site = { organization: mbx01, site: "Site-A", mailboxHosts: [mbx01], sendConnectors: [{ connector: "Outbound to Office 365" }] };
const one: EdgeTransportArgs = { ...site, edge: edge01, certificate };
const two: EdgeFleetArgs = {
  ...site,
  edges: [
    { edge: edge01, certificate },
    { edge: edge02, certificate },
  ],
};

/** Outputs as the engine would give them: each Edge's certificate with a thumbprint of its own. */
const outputs = (type: string, name: string): Record<string, unknown> =>
  type === "Certificate" ? { thumbprint: `thumbprint of ${name}`, tlsCertificateName: "<I>CN=CA<S>CN=mail" } : { status: "Running" };

const run = async (program: () => unknown): Promise<Registration[]> => (await record(program, { outputs })).resources;
const find = (resources: Registration[], name: string): Registration => {
  const found = resources.find((resource) => resource.name === name);
  ok(found, `${name} is not among ${resources.map((resource) => resource.name).join(", ")}`);
  return found;
};
const valueOf = <T>(output: pulumi.Output<T>): Promise<T> => new Promise((resolve) => output.apply(resolve));

describe("component EdgeTransport", () => {
  it("wires copy, certificate, subscription, service and connector in this order", async () => {
    const resources = await run(() => new EdgeTransport("edge", { ...one, receiveConnectors: [{ connector: "Inbound" }] }));
    const order = [
      "edge-mbx01-certificate",
      "edge-certificate",
      "edge-subscription",
      "edge-receive-inbound",
      "edge-transport",
      "edge-send-outbound-to-office-365",
    ];
    order.forEach((name, index) => deepStrictEqual(waitsFor(resources, name), new Set(order.slice(0, index)), name));
    for (const name of order) strictEqual(find(resources, name).parent, "edge");
  });

  it("tells its first certificate of every server, the site and the connectors", async () => {
    const resources = await run(() => new EdgeFleet("edges", { ...two, mailboxHosts: [mbx01] }));
    const servers = [
      { host: mbx01, role: "Mailbox" },
      { host: mbx01, role: "Mailbox" },
      { host: edge01, role: "Edge" },
      { host: edge02, role: "Edge" },
    ];
    const connectors = [{ connector: "Outbound to Office 365" }];
    for (const name of ["edges-mbx01-certificate", "edges-edge01-certificate"])
      deepStrictEqual(find(resources, name).inputs.lookAhead, { servers, site: "Site-A", connectors }, name);
    const later = find(resources, "edges-edge02-certificate").inputs.lookAhead as { servers: unknown[] };
    deepStrictEqual(later.servers, [servers[0], servers[3]], "an Edge that is targeted alone looks at its own");
  });

  it("tells subscriptions and certificates when EdgeSync is waited for", async () => {
    const given = {
      ...two,
      mailboxHosts: [mbx01],
      subscription: { synchronise: "beforeStart" as const },
      synchronise: "afterStart" as const,
    };
    const resources = await run(() => new EdgeFleet("edges", given));
    for (const edge of ["edge01", "edge02"]) {
      strictEqual(find(resources, `edges-${edge}-subscription`).inputs.synchronise, "afterStart", "the component's own goes first");
      const { lookAhead } = find(resources, `edges-${edge}-certificate`).inputs;
      strictEqual((lookAhead as { synchronise?: string }).synchronise, "afterStart", edge);
    }
    const { lookAhead } = find(resources, "edges-mbx01-certificate").inputs;
    strictEqual((lookAhead as { synchronise?: string }).synchronise, "afterStart");
    const inside = await run(() => new EdgeTransport("edge", { ...one, subscription: { synchronise: "afterStart" } }));
    strictEqual(find(inside, "edge-subscription").inputs.synchronise, "afterStart");
  });

  it("holds the drained Edge for TransportService, and gives it its organisation", async () => {
    const { inputs } = find(await run(() => new EdgeTransport("edge", one)), "edge-certificate");
    strictEqual(inputs.drain, "hold");
    deepStrictEqual(inputs.organization, mbx01);
    deepStrictEqual(inputs.host, edge01);
  });

  it("installs copies only", async () => {
    const { inputs } = find(await run(() => new EdgeTransport("edge", one)), "edge-mbx01-certificate");
    deepStrictEqual([inputs.services, inputs.defaultSmtp, inputs.drain], [[], undefined, undefined]);
    deepStrictEqual(inputs.copyFor, ["SMTP"], "so that a certificate which the Edge could not use is refused before it is copied");
    deepStrictEqual(inputs.host, mbx01);
  });

  it("lets copy and certificate know the send connectors", async () => {
    const sendConnectors = [{ connector: "Outbound" }, { connector: "Partner fabrikam" }];
    const fleet = await run(() => new EdgeFleet("edges", { ...two, sendConnectors }));
    const single = await run(() => new EdgeTransport("edge", { ...one, sendConnectors }));
    const made = [...fleet, ...single].filter(({ type }) => type === "Certificate");
    strictEqual(made.length, 5);
    for (const { inputs, name } of made) deepStrictEqual(inputs.sendConnectors, ["Outbound", "Partner fabrikam"], name);
    const none = await run(() => new EdgeTransport("edge", { ...one, sendConnectors: [] }));
    strictEqual(find(none, "edge-certificate").inputs.sendConnectors, undefined);
  });

  for (const [title, defaultSmtp, bound] of [
    ["binds the certificate that becomes the default", "replace", "thumbprint of edge-certificate"],
    ["leaves the binding alone when the default is kept", "keep", undefined],
    ["leaves the binding alone unless told", undefined, undefined],
    ["decides later when it is not known yet", pulumi.output("replace" as const), "thumbprint of edge-certificate"],
  ] as const) {
    it(title, async () => {
      const args = { ...one, certificate: { ...certificate, defaultSmtp } };
      const { inputs } = find(await run(() => new EdgeTransport("edge", args)), "edge-subscription");
      strictEqual(inputs.certificateThumbprint, bound);
      deepStrictEqual(inputs.after, ["edge-certificate-revision"]);
    });
  }

  it("expects the certificate at the door, and nothing of connectors that flip later", async () => {
    const { inputs } = find(await run(() => new EdgeTransport("edge", one)), "edge-transport");
    strictEqual(inputs.expectThumbprint, "thumbprint of edge-certificate");
    strictEqual(inputs.expectConnectors, undefined);
    deepStrictEqual(inputs.after, ["edge-certificate-revision", "edge-subscription-revision"]);
  });

  it("expects no certificate that is not enabled for SMTP", async () => {
    const args = { ...one, certificate: { ...certificate, services: [] } };
    strictEqual(find(await run(() => new EdgeTransport("edge", args)), "edge-transport").inputs.expectThumbprint, undefined);
  });

  it("names the certificate on connectors, with what the name must resolve to", async () => {
    const { inputs } = find(await run(() => new EdgeTransport("edge", one)), "edge-send-outbound-to-office-365");
    strictEqual(inputs.tlsCertificateName, "<I>CN=CA<S>CN=mail");
    deepStrictEqual(inputs.sources, [{ host: edge01, thumbprint: "thumbprint of edge-certificate" }]);
    deepStrictEqual(inputs.host, mbx01);
    deepStrictEqual(inputs.after, ["edge-transport-revision"]);
  });

  it("carries a certificate of the Edge's own to the Mailbox servers before connectors", async () => {
    const source = { selfSigned: { domainNames: ["edge01.contoso.com"] } };
    const resources = await run(() => new EdgeTransport("edge", { ...one, certificate: { ...certificate, source } }));
    const copy = find(resources, "edge-mbx01-certificate");
    deepStrictEqual(copy.inputs.source, { export: { host: edge01, thumbprint: "thumbprint of edge-certificate" } });
    ok(waitsFor(resources, "edge-send-outbound-to-office-365").has("edge-mbx01-certificate"));
  });

  describe("whose source is an Output", () => {
    const withSource = (source: object): EdgeTransportArgs => ({
      ...one,
      certificate: { ...certificate, source: pulumi.output(source) as unknown as CertificateSettings["source"] },
    });
    const isFleet = (args: EdgeTransportArgs): EdgeFleetArgs => ({ ...site, edges: [{ edge: edge01, certificate: args.certificate }] });
    const GENERATED = [
      { selfSigned: { domainNames: ["edge01.contoso.com"] } },
      { adcs: { template: "Web", ca: "dc01\\CA", domainNames: ["edge01.contoso.com"] } },
      { request: "AA", certificate: "PEM" },
    ];

    it("is copied from it where a PFX or a PEM comes out", async () => {
      const source = { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } };
      const resources = await run(() => new EdgeTransport("edge", withSource(source)));
      for (const name of ["edge-mbx01-certificate", "edge-certificate"]) deepStrictEqual(find(resources, name).inputs.source, source);
    });

    for (const source of GENERATED) {
      const [kind] = Object.keys(source);
      it(`is refused in words before any resource where {${kind}} comes out`, async () => {
        const refused = new RegExp(`\\[INVALID_ARGUMENT\\] The source of Mailbox copies .*{${kind}}`);
        for (const preview of [true, false]) {
          await rejects(
            record(() => new EdgeTransport("edge", withSource(source)), { outputs, preview }),
            refused,
          );
          await rejects(
            record(() => new EdgeFleet("edges", isFleet(withSource(source))), { outputs, preview }),
            refused,
          );
        }
      });
      it(`is what the Edge gets where {${kind}} comes out and no Mailbox server has a copy`, async () => {
        const resources = await run(() => new EdgeTransport("edge", { ...withSource(source), mailboxHosts: [] }));
        deepStrictEqual(find(resources, "edge-certificate").inputs.source, source);
      });
    }
  });

  it("refuses a misspelt argument of the certificate before its copies are made", async () => {
    const misspelt = { ...certificate, frendlyName: "mail" } as CertificateSettings;
    const refused = /\[UNKNOWN_ARGUMENT\].*frendlyName;/;
    await record(() => throws(() => new EdgeTransport("edge", { ...one, certificate: misspelt }), refused));
    await record(() =>
      throws(() => new EdgeFleet("edges", { ...two, edges: [...two.edges, { edge: mbx01, certificate: misspelt }] }), refused),
    );
  });

  it("gives thumbprint, name and status", async () => {
    const { result } = await record(() => new EdgeTransport("edge", one), { outputs });
    strictEqual(await valueOf(result.thumbprint), "thumbprint of edge-certificate");
    strictEqual(await valueOf(result.tlsCertificateName), "<I>CN=CA<S>CN=mail");
    strictEqual(await valueOf(result.status), "Running");
  });

  it("starts nothing before what the component depends on", async () => {
    const resources = await run(() => {
      const first = new ServerCertificate("first", { ...certificate, hosts: [mbx01] });
      return new EdgeTransport("edge", one, { dependsOn: [first] });
    });
    ok(find(resources, "edge-mbx01-certificate").dependencies.includes("first-mbx01"));
  });
});

describe("component EdgeFleet", () => {
  const EDGE01 = ["edges-edge01-certificate", "edges-edge01-subscription", "edges-edge01-transport"];
  const EDGE02 = ["edges-edge02-certificate", "edges-edge02-subscription", "edges-edge02-transport"];

  it("rotates whole Edges one after the other, copies first, shared connectors last", async () => {
    const resources = await run(() => new EdgeFleet("edges", two));
    const order = ["edges-mbx01-certificate", ...EDGE01, ...EDGE02, "edges-send-outbound-to-office-365"];
    const real = (name: string): string[] => [...waitsFor(resources, name)].filter((other) => other !== "edges-edge01").sort();
    order.forEach((name, index) => deepStrictEqual(real(name), order.slice(0, index).sort(), name));
    strictEqual(resources.filter(({ type }) => type === "SendConnectorTls").length, 1);
  });

  it("tells its first Edge of the others, once: a way back begins there", async () => {
    const edge03 = named("EDGE03");
    const edges = [edge01, edge02, edge03].map((edge) => ({ edge, certificate }));
    const resources = await run(() => new EdgeFleet("edges", { ...two, edges }));
    const peers = ["edge01", "edge02", "edge03"].map((name) => find(resources, `edges-${name}-certificate`).inputs.peers);
    deepStrictEqual(peers, [[edge02, edge03], undefined, undefined]);
    const alone = await run(() => new EdgeFleet("edges", { ...two, edges: [edges[0]] }));
    strictEqual(find(alone, "edges-edge01-certificate").inputs.peers, undefined);
  });

  it("tells a shared connector what its name must resolve to on every Edge", async () => {
    const { inputs } = find(await run(() => new EdgeFleet("edges", two)), "edges-send-outbound-to-office-365");
    deepStrictEqual(inputs.sources, [
      { host: edge01, thumbprint: "thumbprint of edges-edge01-certificate" },
      { host: edge02, thumbprint: "thumbprint of edges-edge02-certificate" },
    ]);
    deepStrictEqual(inputs.after, ["edges-edge01-transport-revision", "edges-edge02-transport-revision"]);
  });

  it("changes connectors one after the other", async () => {
    const sendConnectors = [{ connector: "Outbound" }, { connector: "Partner fabrikam" }];
    const resources = await run(() => new EdgeFleet("edges", { ...two, sendConnectors }));
    ok(waitsFor(resources, "edges-send-partner-fabrikam").has("edges-send-outbound"));
  });

  it("makes one copy of a certificate that Edges share, and one more of each other", async () => {
    const other = { ...certificate, source: { pfx: { file: "edge02.pfx" }, password: { env: "PFX_PASSWORD" } } };
    const equal = { ...certificate, source: { pfx: { file: "edge.pfx" }, password: { env: "PFX_PASSWORD" } } };
    const copies = async (second: CertificateSettings): Promise<string[]> => {
      const edges = [
        { edge: edge01, certificate },
        { edge: edge02, certificate: second },
      ];
      const resources = await run(() => new EdgeFleet("edges", { ...two, edges }));
      return resources.filter(({ name }) => name.includes("-mbx01-")).map(({ name }) => name);
    };
    deepStrictEqual(await copies(equal), ["edges-mbx01-certificate"]);
    deepStrictEqual(await copies(other), ["edges-mbx01-certificate", "edges-mbx01-certificate-edge02"]);
  });

  it("names children by position where addresses say nothing, and as the program says", async () => {
    const address = { ...edge01, host: "192.0.2.1" };
    const edges = [
      { edge: address, certificate },
      { edge: address, certificate, name: "backup" },
    ];
    const resources = await run(() => new EdgeFleet("edges", { ...two, edges }));
    find(resources, "edges-edge1-transport");
    find(resources, "edges-backup-transport");
  });

  it("gives the thumbprints in the order of the Edges", async () => {
    const { result } = await record(() => new EdgeFleet("edges", two), { outputs });
    deepStrictEqual(
      await valueOf(result.thumbprints),
      [EDGE01, EDGE02].map(([name]) => `thumbprint of ${name}`),
    );
  });

  const many = (count: number, maxUnavailable?: MaxUnavailable): EdgeFleetArgs => ({
    ...two,
    edges: Array.from({ length: count }, (_, index) => ({ edge: named(`EDGE0${index + 1}`), certificate })),
    maxUnavailable,
  });
  /** Numbers of the Edges that the last one waits for. */
  const before = (resources: Registration[], last: number): number[] =>
    [...waitsFor(resources, `edges-edge0${last}-certificate`)]
      .flatMap((name) => /^edges-edge0(\d)-transport$/.exec(name)?.[1] ?? [])
      .map(Number)
      .sort((a, b) => a - b);

  it("goes in as many rows as Edges may be out at once; a share is rounded down", async () => {
    const rows: [MaxUnavailable | undefined, number[]][] = [
      [undefined, [1, 2, 3, 4, 5, 6]],
      [1, [1, 2, 3, 4, 5, 6]],
      [2, [1, 3, 5]],
      [3, [1, 4]],
      ["10%", [1, 2, 3, 4, 5, 6]],
      ["29%", [1, 3, 5]],
      ["100%", []],
      [50, []],
    ];
    for (const [maxUnavailable, expected] of rows) {
      const resources = await run(() => new EdgeFleet("edges", many(7, maxUnavailable)));
      deepStrictEqual(before(resources, 7), expected, String(maxUnavailable));
      deepStrictEqual(waitsFor(resources, "edges-send-outbound-to-office-365").size >= 21, true);
    }
  });

  it("tells each certificate how many, and no one of a fleet of one at a time", async () => {
    const told = async (maxUnavailable?: MaxUnavailable): Promise<unknown[]> => {
      const resources = await run(() => new EdgeFleet("edges", many(3, maxUnavailable)));
      const ahead = [1, 2, 3].map(
        (number) => find(resources, `edges-edge0${number}-certificate`).inputs.lookAhead as { maxUnavailable?: number },
      );
      return ahead.map((one) => one.maxUnavailable);
    };
    deepStrictEqual(await told(2), [2, 2, 2]);
    deepStrictEqual(await told(1), [undefined, undefined, undefined]);
  });

  it("refuses what is no number of Edges, more than one with a balancer, and no Edges", async () => {
    const wrong = [0, -1, 1.5, NaN, "0%", "101%", "2.5%", "2", "half", "-5%", null, true] as MaxUnavailable[];
    for (const one of wrong)
      await record(() => throws(() => new EdgeFleet("edges", many(4, one)), /\[INVALID_ARGUMENT\].*maxUnavailable/, String(one)));
    await rejects(
      record(() => new EdgeFleet("edges", { ...two, maxUnavailable: pulumi.output(2) })),
      /\[INVALID_ARGUMENT\].*when the program runs/,
    );
    ok(await run(() => new EdgeFleet("edges", { ...two, maxUnavailable: pulumi.output(1) })));
    const loadBalancer = { takeOut: { connection: mbx01 }, putIn: { connection: mbx01 } } as never;
    const balanced = [two.edges[0], { ...two.edges[1], loadBalancer }];
    const refused = /\[NOT_SUPPORTED\].*Hint: Leave maxUnavailable out/s;
    await record(() => throws(() => new EdgeFleet("edges", { ...two, edges: balanced, maxUnavailable: "100%" }), refused));
    await record(() => throws(() => new EdgeTransport("edge", { ...one, loadBalancer, lookAhead: { maxUnavailable: 2 } }), refused));
    await record(() => throws(() => new EdgeFleet("edges", { ...two, edges: [] }), /\[INVALID_ARGUMENT\]/));
  });

  it("refuses a misspelt argument by name, on the fleet, its Edges and a single Edge", async () => {
    const misspelt = { sendConnector: [] };
    const edges = [{ edge: edge01, certificate, ...misspelt }];
    const refused = /\[UNKNOWN_ARGUMENT\].*sendConnector;/;
    await record(() => throws(() => new EdgeFleet("edges", { ...two, ...misspelt }), refused));
    await record(() => throws(() => new EdgeFleet("edges", { ...two, edges }), refused));
    await record(() => throws(() => new EdgeTransport("edge", { ...one, ...misspelt }), refused));
  });

  it("wants a name for a connector whose Edges have different ones", async () => {
    const different = (type: string, name: string): Record<string, unknown> => ({ ...outputs(type, name), tlsCertificateName: name });
    const { resources } = await record(() => new EdgeFleet("edges", two), { outputs: different });
    strictEqual(find(resources, "edges-send-outbound-to-office-365").inputs.tlsCertificateName, NO_COMMON_NAME, "check refuses it");
  });
});

describe("component ServerCertificate", () => {
  it("puts the certificate on one server after the other", async () => {
    const { resources, result } = await record(() => new ServerCertificate("web", { ...certificate, hosts: [mbx01, edge02] }), { outputs });
    deepStrictEqual(find(resources, "web-edge02").dependencies, ["web-mbx01"]);
    strictEqual(find(resources, "web-mbx01").inputs.hosts, undefined);
    deepStrictEqual(await valueOf(result.thumbprints), ["thumbprint of web-mbx01", "thumbprint of web-edge02"]);
  });
});
