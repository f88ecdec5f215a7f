/** OpenLDAP's slapd as the organisation's directory: LDAPS on a loopback port, entries loaded from LDIF, read-only. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { DirectoryEntry } from "../doors/ldap/filter";
import { selfSigned } from "../doors/selfSigned";
import { line, toLdif } from "./ldif";
import { findProgram, freePort, startDaemon } from "./programs";
import { EXCHANGE_SCHEMA } from "./schema";

const CORE_SCHEMA = "/etc/ldap/schema/core.schema";
const MODULES = ["/usr/lib/ldap", "/usr/lib/openldap"];

export interface SlapdOptions {
  /** An empty folder for everything it writes. */
  folder: string;
  /** The configuration naming context: the suffix of the database. */
  base: string;
  entries: DirectoryEntry[];
  /** Directly below `base`: an account is made for it. */
  bindDn: string;
  password: string;
  /** Lines of slapd.conf for the database. */
  settings?: string[];
}

export interface Slapd {
  /** `ldaps://127.0.0.1:PORT` */
  url: string;
  /** `ldap://127.0.0.1:PORT`, for StartTLS */
  plainUrl: string;
  /** The certificate to trust, PEM. */
  ca: string;
  /** Statistics of its log: every operation with its filter. */
  log(): string;
  stop(): Promise<void>;
}

/** Whether slapd, slapadd and the core schema are installed. */
export function hasSlapd(): boolean {
  return findProgram("slapd") !== undefined && findProgram("slapadd") !== undefined && existsSync(CORE_SCHEMA);
}

export async function startSlapd(options: SlapdOptions): Promise<Slapd> {
  const { folder, entries } = options;
  mkdirSync(join(folder, "db"), { recursive: true });
  const { key, cert } = await selfSigned("Directory of the tests", "127.0.0.1");
  const config = join(folder, "slapd.conf");
  const files = {
    "key.pem": key,
    "cert.pem": cert,
    "rootdse.ldif": rootDse(options.base),
    "entries.ldif": `${toLdif(entries, options.base)}\n${reader(options)}`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 });
  writeFileSync(join(folder, "exchange.schema"), EXCHANGE_SCHEMA);
  writeFileSync(config, configuration(options).join("\n") + "\n", { mode: 0o600 });
  execFileSync(findProgram("slapadd")!, ["-f", config, "-q", "-l", join(folder, "entries.ldif")], { stdio: "pipe" });
  const port = await freePort();
  const url = `ldaps://127.0.0.1:${port}`;
  const plainUrl = `ldap://127.0.0.1:${await freePort()}`;
  const daemon = await startDaemon(findProgram("slapd")!, ["-f", config, "-h", `${url}/ ${plainUrl}/`, "-d", "stats"], port);
  return { url, plainUrl, ca: cert, log: daemon.output, stop: daemon.stop };
}

/** The account that may read: an entry, because slapd's own root is above every limit. */
function reader({ bindDn, password }: SlapdOptions): string {
  const attributes = { dn: bindDn, objectClass: "person", cn: bindDn.split(/[=,]/)[1], sn: "Reader", userPassword: password };
  return `${Object.entries(attributes)
    .map(([name, value]) => line(name, value))
    .join("\n")}\n`;
}

function configuration({ folder, base, bindDn, settings = [] }: SlapdOptions): string[] {
  const modules = MODULES.find((path) => existsSync(path));
  return [
    `include ${CORE_SCHEMA}`,
    `include ${join(folder, "exchange.schema")}`,
    ...(modules === undefined ? [] : [`modulepath ${modules}`, "moduleload back_mdb"]),
    `rootDSE ${join(folder, "rootdse.ldif")}`,
    `TLSCertificateFile ${join(folder, "cert.pem")}`,
    `TLSCertificateKeyFile ${join(folder, "key.pem")}`,
    "TLSProtocolMin 3.3",
    "require bind",
    "database mdb",
    `suffix ${quoted(base)}`,
    `access to attrs=userPassword by anonymous auth`,
    `access to * by dn.exact=${quoted(bindDn)} read`,
    `directory ${join(folder, "db")}`,
    ...settings,
  ];
}

const quoted = (text: string): string => `"${text.replace(/["\\]/g, "\\$&")}"`;

/** Active Directory names its configuration partition here. */
function rootDse(base: string): string {
  return `dn:\nconfigurationNamingContext: ${base}\n`;
}
