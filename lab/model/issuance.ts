/** Makes the certificates of a scenario. Keys and certificates are kept within the process: further labs start fast. */
import { createPrivateKey, createPublicKey, type KeyObject } from "node:crypto";
import { openPfx, readCertificate, type Certificate } from "../../provider/pki";
import "../../provider/pki/pfx-codec";
import { writeContainer } from "../../provider/pki/pfx-writer";
import { Authority, createAuthority, rsaKeyPair, selfSigned, type KeyPair } from "./authority";
import { ecCertificate, ecKeyPair } from "./ecCertificate";
import type { CertificateSpec, Scenario } from "./scenarioSchema";

/** A certificate of a scenario, as programs deploy it. */
export interface LabCertificate {
  name: string;
  description: string;
  pfx: Buffer;
  password: string;
  pem: string;
  keyPem: string;
  /** Issuers, the root last. */
  chainPem: string[];
}
export interface Issued {
  certificate: Certificate;
  privateKey: KeyObject;
  chain: Certificate[];
}
export interface Issuance {
  certificates: Map<string, Issued>;
  authorities: Map<string, Authority>;
  /** Setup's own certificates: `MBX01/auth` and so on. */
  setup: Map<string, Issued>;
  exposed: LabCertificate[];
}

const DAY = 86_400_000;
const HOUR = 3_600_000;
/** Public on purpose: these keys protect nothing. */
export const PFX_PASSWORD = "lab-password";

const keys = new Map<string, Promise<KeyPair>>();
const made = new Map<string, Promise<Issuance>>();

/** Certificates of `scenario` for a lab that starts at `now`. */
export function issue(scenario: Scenario, now: Date): Promise<Issuance> {
  const hour = Math.floor(now.getTime() / HOUR) * HOUR;
  const { authorities, certificates, servers, auth } = scenario;
  const key = JSON.stringify([
    hour,
    authorities,
    certificates,
    auth,
    servers.map(({ name, fqdn, role, setup }) => [name, fqdn, role, setup]),
  ]);
  let issuance = made.get(key);
  if (!issuance) made.set(key, (issuance = issueAll(scenario, hour)));
  return issuance;
}

const keyFor = (id: string, bits = 2048): Promise<KeyPair> => {
  let key = keys.get(`${id}/${bits}`);
  if (!key) keys.set(`${id}/${bits}`, (key = rsaKeyPair(bits, "scenario")));
  return key;
};

async function issueAll(scenario: Scenario, start: number): Promise<Issuance> {
  const at = (days: number): Date => new Date(start + days * DAY);
  const prefix = scenario.name;
  warmKeys(scenario);
  const authorities = await makeAuthorities(scenario, at);
  const certificates = new Map<string, Issued>();
  const names = Object.keys(scenario.certificates);
  // A certificate that shares a key may stand before the one it shares it with.
  const entries = await Promise.all(
    names.map(async (name) => [name, await makeOne(prefix, name, scenario.certificates[name], authorities, at)] as const),
  );
  for (const [name, issued] of entries) certificates.set(name, issued);
  const setup = await makeSetup(scenario, at);
  const exposed = [...certificates].map(([name, issued]) => expose(name, scenario.certificates[name].description, issued));
  return { certificates, authorities, setup, exposed };
}

/** Starts all key generations at once: they run off the event loop. */
function warmKeys({ name: prefix, authorities, certificates, servers }: Scenario): void {
  const ids = [
    ...Object.keys(authorities)
      .filter((name) => "subject" in authorities[name])
      .map((name) => `authority/${name}`),
    ...servers.filter((server) => server.setup).map((server) => `${server.name}/setup`),
  ];
  for (const id of ids) void keyFor(`${prefix}/${id}`);
  for (const [name, spec] of Object.entries(certificates))
    if ("subject" in spec && spec.keyType === "rsa") void keyFor(`${prefix}/${spec.keyOf ?? name}`, spec.keyBits);
}

type GeneratedAuthority = Extract<Scenario["authorities"][string], { subject: string }>;

/** One whose certificate and key the scenario brings. */
function givenAuthority(spec: { pem: string; keyPem: string }, parent?: Authority): Authority {
  const privateKey = createPrivateKey(spec.keyPem);
  const issuers = parent ? parent.chain : [];
  return new Authority(readCertificate(spec.pem), { privateKey, publicKey: createPublicKey(privateKey) }, issuers);
}

async function makeAuthorities(scenario: Scenario, at: (days: number) => Date): Promise<Map<string, Authority>> {
  const authorities = new Map<string, Authority>();
  const newAuthority = async (name: string, spec: GeneratedAuthority, parent?: Authority): Promise<Authority> =>
    createAuthority({
      subject: spec.subject,
      notBefore: at(spec.notBeforeDays),
      notAfter: at(spec.notAfterDays),
      key: await keyFor(`${scenario.name}/authority/${name}`),
      parent,
    });
  const make = async (name: string): Promise<Authority> => {
    const known = authorities.get(name);
    if (known) return known;
    const spec = scenario.authorities[name];
    if (!spec) throw new Error(`Authority '${name}' is not in the scenario. Known: ${Object.keys(scenario.authorities).join(", ")}.`);
    const parent = spec.parent ? await make(spec.parent) : undefined;
    const authority = "pem" in spec ? givenAuthority(spec, parent) : await newAuthority(name, spec, parent);
    authorities.set(name, authority);
    return authority;
  };
  for (const name of Object.keys(scenario.authorities)) await make(name);
  return authorities;
}

async function makeOne(
  prefix: string,
  name: string,
  spec: CertificateSpec,
  authorities: Map<string, Authority>,
  at: (days: number) => Date,
): Promise<Issued> {
  if ("pfx" in spec) return openPfx(Buffer.from(spec.pfx, "base64"), spec.password);
  if ("pem" in spec)
    return {
      certificate: readCertificate(spec.pem),
      privateKey: createPrivateKey(spec.keyPem),
      chain: spec.chainPem.map((pem) => readCertificate(pem)),
    };
  const usage = {
    ...(spec.keyUsage === undefined ? {} : { keyUsage: spec.keyUsage }),
    ...(spec.extendedKeyUsage === undefined ? {} : { extendedKeyUsage: spec.extendedKeyUsage }),
  };
  const options = {
    subject: spec.subject,
    domainNames: spec.domainNames,
    notBefore: at(spec.notBeforeDays),
    notAfter: at(spec.notAfterDays),
    usage,
  };
  const id = `${prefix}/${spec.keyOf ?? name}`;
  if ("selfSigned" in spec) return selfSigned({ ...options, key: await keyFor(id, spec.keyBits) });
  const authority = authorities.get(spec.authority);
  if (!authority) throw new Error(`Authority '${spec.authority}' of certificate '${name}' is not in the scenario.`);
  if (spec.keyType === "ec") return ecCertificate(authority, options, ecKeyPair(id), await keyFor(`${prefix}/authority/${spec.authority}`));
  return authority.issue({ ...options, key: await keyFor(id, spec.keyBits) });
}

/** "Microsoft Exchange" (5 years), the Auth certificate (5 years, exportable) and WMSVC (10 years). // [DOC:certificates.md] */
async function makeSetup(scenario: Scenario, at: (days: number) => Date): Promise<Map<string, Issued>> {
  const setup = new Map<string, Issued>();
  // The Auth and WMSVC certificates take no part in transport: one key does for all of them.
  const authKey = (): Promise<KeyPair> => keyFor(`${scenario.name}/auth`);
  const auth = scenario.servers.some((server) => server.role === "Mailbox" && server.setup)
    ? await selfSigned({
        subject: "CN=Microsoft Exchange Server Auth Certificate",
        notBefore: at(scenario.auth.notBeforeDays),
        notAfter: at(scenario.auth.notAfterDays),
        key: await authKey(),
      })
    : null;
  for (const server of scenario.servers.filter((server) => server.setup)) {
    setup.set(
      `${server.name}/setup`,
      await selfSigned({
        subject: `CN=${server.name}`,
        domainNames: [server.name, server.fqdn],
        notBefore: at(-700),
        notAfter: at(1126),
        key: await keyFor(`${scenario.name}/${server.name}/setup`),
      }),
    );
    if (server.role !== "Mailbox") continue;
    setup.set(`${server.name}/auth`, auth!);
    setup.set(
      `${server.name}/wmsvc`,
      await selfSigned({ subject: `CN=WMSvc-${server.name}`, notBefore: at(-701), notAfter: at(2949), key: await authKey() }),
    );
  }
  return setup;
}

/** Written without a worker thread: few iterations are enough for a password that is public. */
function expose(name: string, description: string, { certificate, privateKey, chain }: Issued): LabCertificate {
  const certificates = [certificate, ...chain].map(({ der }) => der);
  const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
  const pfx = writeContainer({ certificates, pkcs8, password: PFX_PASSWORD, friendlyName: name, algorithm: "aes256", iterations: 100 });
  const keyPem = privateKey.export({ format: "pem", type: "pkcs8" }) as string;
  return { name, description, pfx, password: PFX_PASSWORD, pem: certificate.pem, keyPem, chainPem: chain.map((issuer) => issuer.pem) };
}
