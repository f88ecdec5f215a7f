/** The text of the program: what a server told is a JSON literal, never code. */
import { daysUntil, isoSeconds } from "../../base/clock";
import type { Adopted, Plan, PlannedFleet, PlannedName } from "./plan";

export function programText(plan: Plan, organisation: string, now: Date): string {
  const body = [
    ...plan.fleets.flatMap((fleet, index) => fleetLines(fleet, plan.fleets.length > 1 ? index : null, now)),
    ...plan.mailbox.flatMap(({ server, adopted }) => certificateLines(server, adopted, now)),
    ...plan.send.flatMap((one) => nameLines("SendConnectorTls", one)),
    ...plan.receive.flatMap((one) => nameLines("ReceiveConnectorTls", one)),
    ...hybridLines(plan),
  ];
  const used = ["Certificate", "EdgeFleet", "HybridConfigurationTls", "ReceiveConnectorTls", "SendConnectorTls"].filter((name) =>
    body.some((line) => line.includes(`new ${name}(`)),
  );
  return [
    `/** ${comment(organisation)} as it was found on ${now.toISOString().slice(0, 10)}. The first \`pulumi up\` adopts it and changes nothing in Exchange. */`,
    'import { readFileSync } from "node:fs";',
    'import { join } from "node:path";',
    `import { ${[...used, "type ConnectionArgs"].join(", ")} } from "pulumi-exchange";`,
    "",
    "/** How to reach the servers; passwords are references. `npx pulumi-exchange report --hosts hosts.json` reads the same file. */",
    'const hosts = JSON.parse(readFileSync(join(__dirname, "hosts.json"), "utf8")) as { [name: string]: ConnectionArgs };',
    "const server = (name: string): ConnectionArgs => ({ name, ...hosts[name] });",
    "",
    "/** A certificate that is installed, with a key that stays where it is. */",
    "const installed = (file: string, publicKeySha256: string) => ({",
    "  request: publicKeySha256,",
    '  certificate: readFileSync(join(__dirname, "certificates", file), "utf8"),',
    "});",
    ...(plan.open.length > 0
      ? ["", "// To decide, before it belongs into this program:", ...plan.open.map((one) => `// - ${comment(one)}`)]
      : []),
    ...body,
    "",
  ].join("\n");
}

const literal = (value: unknown): string => JSON.stringify(value);
const connectors = (names: readonly string[]): string => `[${names.map((name) => `{ connector: ${literal(name)} }`).join(", ")}]`;
/** Text of a server in a comment: one line, and nothing that ends it. */
const comment = (text: string): string => text.replace(/\s+/g, " ").replaceAll("*/", "* /");

function certificate({ file, certificate: { publicKeySha256 }, services, replace }: Adopted, indent: string): string[] {
  return [
    `${indent}source: installed(${literal(file)}, ${literal(publicKeySha256)}),`,
    `${indent}services: [${services.map(literal).join(", ")}],`,
    ...(replace ? [`${indent}defaultSmtp: "replace",`] : []),
    `${indent}adoptOnly: true, // remove it together with a new source: { pfx: { file }, password: { env } }`,
  ];
}

function told({ certificate: { subject, issuer, thumbprint, notAfter } }: Adopted, now: Date): string {
  return comment(`${subject}, issued by ${issuer}, ${thumbprint}, until ${isoSeconds(notAfter)} (${daysUntil(notAfter, now)} days)`);
}

function fleetLines({ site, organization, edges, sendConnectors }: PlannedFleet, index: number | null, now: Date): string[] {
  const portable = sendConnectors.length > 0;
  return [
    "",
    `new EdgeFleet(${literal(index === null ? "edges" : `edges-${index + 1}`)}, {`,
    `  organization: server(${literal(organization)}),`,
    `  site: ${literal(site)},`,
    "  edges: [",
    ...edges.flatMap((edge) => [
      "    {",
      `      edge: server(${literal(edge.server)}),`,
      `      // ${told(edge.adopted, now)}`,
      "      certificate: {",
      ...certificate(edge.adopted, "        "),
      "      },",
      ...(edge.receiveConnectors.length > 0 ? [`      receiveConnectors: ${connectors(edge.receiveConnectors)},`] : []),
      "    },",
    ]),
    "  ],",
    ...(portable ? [`  sendConnectors: ${connectors(sendConnectors)},`] : []),
    ...(portable
      ? [`  // with a PFX as the source: mailboxHosts: [server(${literal(organization)})], because Exchange looks for the name there`]
      : []),
    "});",
  ];
}

function certificateLines(server: string, adopted: Adopted, now: Date): string[] {
  return [
    "",
    `// ${told(adopted, now)}`,
    `new Certificate(${literal(`${slug(server)}-${adopted.certificate.thumbprint.slice(0, 8).toLowerCase()}`)}, {`,
    `  host: server(${literal(server)}),`,
    ...certificate(adopted, "  "),
    "});",
  ];
}

function nameLines(kind: string, { server, connector, tlsCertificateName }: PlannedName): string[] {
  const prefix = kind === "SendConnectorTls" ? "send" : `${slug(server)}-receive`;
  return [
    "",
    `new ${kind}(${literal(`${prefix}-${slug(connector)}`)}, {`,
    `  host: server(${literal(server)}),`,
    `  connector: ${literal(connector)},`,
    `  tlsCertificateName: ${literal(tlsCertificateName)},`,
    "});",
  ];
}

function hybridLines({ hybrid }: Plan): string[] {
  if (!hybrid) return [];
  const { server, tlsCertificateName } = hybrid;
  return [
    "",
    'new HybridConfigurationTls("hybrid", {',
    `  host: server(${literal(server)}),`,
    `  tlsCertificateName: ${literal(tlsCertificateName)},`,
    "});",
  ];
}

/** Part of a resource's name; two connectors with like names stay apart by what a slug leaves out. */
export function slug(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
  const lost = name.toLowerCase().replace(/[a-z0-9 ]/g, "");
  const mark = [...lost].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)!) % 46_656, 7).toString(36);
  return lost === "" || /^-+$/.test(lost) ? plain : `${plain}-${mark}`;
}
