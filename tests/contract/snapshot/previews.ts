/** What previews after a refresh say of an organisation: everything that a program could declare there, as it is and with another certificate. */
import type { Lab } from "../../../lab/start";
import { forgetEdges } from "../../../provider/base/edges";
import type { JsonObject } from "../../../provider/base/json";
import { setWriter } from "../../../provider/base/progress";
import type { Snapshot } from "../../../provider/cli/snapshot/take";
import { createContext, handlers } from "../../../provider/handlers";
import { readCertificate, type Certificate } from "../../../provider/pki";
import { closeAll } from "../../../provider/remote/sessions";

type Bag = { [property: string]: unknown };
interface Declared {
  kind: keyof typeof handlers;
  id: string;
  args: JsonObject;
  /** What a renewal declares instead. */
  renewed: JsonObject;
}

/** What one preview has to say. */
export interface Preview {
  what: string;
  /** The state after the refresh. */
  state: JsonObject;
  /** Lines of the refresh, of the same declaration, and of the renewal. */
  lines: string[];
}

/** @param snapshot of this organisation, or of the one that it is a copy of: says what is declared */
export async function previewsOf(lab: Lab, snapshot: Snapshot): Promise<Preview[]> {
  forgetEdges();
  const found: Preview[] = [];
  let lines: string[] = [];
  const writer = setWriter((line) => void lines.push(line));
  try {
    for (const one of declaredIn(lab, snapshot)) {
      lines = [];
      found.push({ what: `${one.kind} ${one.id}`, state: await previewed(one), lines });
    }
    return found;
  } finally {
    setWriter(writer);
    await closeAll();
  }
}

async function previewed({ kind, id, args, renewed }: Declared): Promise<JsonObject> {
  const handler = handlers[kind];
  const { inputs } = await handler.check(createContext(), {}, args);
  const { props } = await handler.read(createContext(), id, inputs);
  if (!props) return {};
  for (const declared of [args, { ...args, ...renewed }]) {
    const { inputs: news } = await handler.check(createContext(), props, declared);
    await handler.diff(createContext(), id, props, news);
  }
  const { host: _host, edge: _edge, organization: _organization, ...rest } = props;
  return rest;
}

function declaredIn(lab: Lab, { copy, servers }: Snapshot): Declared[] {
  const certificates = Object.values(copy.certificates).map((der) => readCertificate(Buffer.from(der, "base64")));
  const hostOf = (server: string): JsonObject => ({ name: server, ...lab.ready.hosts.find((one) => one.name === server)!.ssh });
  const organization = hostOf(servers.find(({ role }) => role === "Mailbox")!.name);
  const declared = (kind: Declared["kind"], id: string, args: JsonObject, renewed: JsonObject): Declared => ({
    ...{ kind, id, renewed },
    args: { ...args, owner: `mail/prod/${kind}-${id}` },
  });
  /** A connector, or the hybrid configuration, with the name that it has. */
  const named = (kind: Declared["kind"], id: string, args: JsonObject, { TlsCertificateName }: Bag): Declared => {
    const name: JsonObject = typeof TlsCertificateName === "string" ? { tlsCertificateName: TlsCertificateName } : {};
    const other = certificates.find(({ tlsCertificateName }) => tlsCertificateName !== TlsCertificateName)!;
    return declared(kind, id, { ...args, ...name }, { tlsCertificateName: other.tlsCertificateName });
  };
  const ofServer = ({ name, fqdn, role }: Snapshot["servers"][number]): Declared[] => {
    const { default: current, receiveConnectors } = copy.servers[name];
    const own = certificates.find(({ thumbprint }) => thumbprint === current);
    const other = certificates.find(({ thumbprint, isCa }) => thumbprint !== current && !isCa)!;
    const isEdge = role === "Edge";
    const at: JsonObject = { host: hostOf(name), ...(isEdge ? { organization } : {}) };
    const site = copy.edges.find((one) => one.name === name)?.site;
    const certificate = { services: ["SMTP"], defaultSmtp: "replace" };
    const subscription = { edge: at.host, organization, certificateThumbprint: current };
    return [
      ...(own
        ? [declared("Certificate", `${fqdn}\\${current}`, { ...at, ...certificate, source: sourceOf(own) }, { source: sourceOf(other) })]
        : []),
      ...(isEdge ? [declared("TransportService", fqdn, { ...at, expectThumbprint: current }, { expectThumbprint: other.thumbprint })] : []),
      ...(site ? [declared("EdgeSubscription", name, { ...subscription, site }, { certificateThumbprint: other.thumbprint })] : []),
      ...receiveConnectors.map((bag) =>
        named("ReceiveConnectorTls", `${name}\\${String(bag.Name)}`, { host: at.host, connector: String(bag.Name) }, bag),
      ),
    ];
  };
  return [
    ...servers.flatMap(ofServer),
    ...copy.sendConnectors.map((bag) =>
      named("SendConnectorTls", String(bag.Name), { host: organization, connector: String(bag.Name) }, bag),
    ),
    ...(copy.hybrid ? [named("HybridConfigurationTls", "hybrid", { host: organization }, copy.hybrid)] : []),
  ];
}

/** Signed elsewhere: no key is needed to declare it. */
const sourceOf = ({ publicKeySha256, pem }: Certificate): JsonObject => ({ request: publicKeySha256, certificate: pem });
