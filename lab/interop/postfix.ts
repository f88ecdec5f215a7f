/** postfix on a loopback port, with a configuration, queue and mailboxes of its own. As root only: it changes accounts itself. */
import { execFileSync } from "node:child_process";
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { findProgram, freePort, isRoot, startDaemon } from "./programs";

export interface PostfixOptions {
  /** An empty folder for everything it writes; every account must be able to look into it. */
  folder: string;
  hostname: string;
  /** Mail for these domains is kept; any other is handed to `relay`, or refused. */
  domains: string[];
  /** What it presents at STARTTLS, PEM; without it STARTTLS is not offered. */
  certificate?: { certificatePem: string; chainPem: string[]; privateKeyPem: string };
  /** Lines of main.cf; they win over ours. */
  settings?: Record<string, string>;
}

export interface Postfix {
  port: number;
  /** Mails that were delivered, whole. */
  mails(): string[];
  log(): string;
  stop(): Promise<void>;
}

/** Whether postfix is installed and may be started. */
export function canRunPostfix(): boolean {
  return isRoot() && findProgram("postfix") !== undefined && findProgram("postconf") !== undefined && "postfix" in accountIds();
}

export async function startPostfix(options: PostfixOptions): Promise<Postfix> {
  const { folder, domains } = options;
  const config = join(folder, "etc");
  const mail = join(folder, "mail");
  const log = join(folder, "postfix.log");
  for (const path of [folder, config, mail, join(folder, "data"), join(folder, "queue")]) mkdirSync(path, { recursive: true });
  const { postfix } = accountIds();
  for (const path of [mail, join(folder, "data")]) chownSync(path, postfix!.uid, postfix!.gid);
  chmodSync(folder, 0o755);
  const port = await freePort();
  writeFileSync(join(config, "main.cf"), mainCf(options, mail, log));
  writeFileSync(join(config, "master.cf"), masterCf(port));
  writeFileSync(join(config, "mailboxes"), domains.map((domain) => `@${domain} inbox/\n`).join(""));
  writeFileSync(join(config, "tls.pem"), chain(options), { mode: 0o600 });
  const daemon = await startDaemon(findProgram("postfix")!, ["-c", config, "start-fg"], port);
  const read = (): string => (existsSync(log) ? readFileSync(log, "utf8") : "");
  const inbox = join(mail, "inbox", "new");
  return {
    port,
    mails: () => (existsSync(inbox) ? readdirSync(inbox).map((name) => readFileSync(join(inbox, name), "utf8")) : []),
    log: () => daemon.output() + read(),
    stop: async () => {
      execFileSync(findProgram("postfix")!, ["-c", config, "stop"], { stdio: "pipe" });
      await daemon.stop();
    },
  };
}

function chain({ certificate }: PostfixOptions): string {
  return certificate ? [certificate.privateKeyPem, certificate.certificatePem, ...certificate.chainPem].join("\n") : "";
}

function mainCf({ folder, hostname, domains, certificate, settings }: PostfixOptions, mail: string, log: string): string {
  const { postfix } = accountIds();
  const id = (value: number): string => `static:${value}`;
  const lines: Record<string, string> = {
    compatibility_level: "3.6",
    myhostname: hostname,
    mydestination: "",
    inet_interfaces: "127.0.0.1",
    inet_protocols: "ipv4",
    mynetworks: "127.0.0.0/8",
    queue_directory: join(folder, "queue"),
    data_directory: join(folder, "data"),
    maillog_file: log,
    maillog_file_prefixes: folder,
    virtual_mailbox_domains: domains.join(" "),
    virtual_mailbox_base: mail,
    virtual_mailbox_maps: `texthash:${join(folder, "etc", "mailboxes")}`,
    virtual_uid_maps: id(postfix!.uid),
    virtual_gid_maps: id(postfix!.gid),
    virtual_minimum_uid: "1",
    alias_maps: "",
    alias_database: "",
    biff: "no",
    // names are looked up nowhere: the tests give addresses
    disable_dns_lookups: "yes",
    smtp_host_lookup: "native",
    smtpd_tls_security_level: certificate ? "may" : "none",
    smtpd_tls_chain_files: certificate ? join(folder, "etc", "tls.pem") : "",
    smtpd_tls_loglevel: "1",
    smtp_tls_loglevel: "1",
    minimal_backoff_time: "1s",
    queue_run_delay: "1s",
    ...settings,
  };
  return Object.entries(lines)
    .map(([name, value]) => `${name} = ${value}\n`)
    .join("");
}

/** The services that a mail needs on its way, without chroot. */
function masterCf(port: number): string {
  const services = [
    `127.0.0.1:${port} inet n - n - - smtpd`,
    "pickup unix n - n 60 1 pickup",
    "cleanup unix n - n - 0 cleanup",
    "qmgr unix n - n 300 1 qmgr",
    "tlsmgr unix - - n 1000? 1 tlsmgr",
    "rewrite unix - - n - - trivial-rewrite",
    "bounce unix - - n - 0 bounce",
    "defer unix - - n - 0 bounce",
    "trace unix - - n - 0 bounce",
    "flush unix n - n 1000? 0 flush",
    "proxymap unix - - n - - proxymap",
    "smtp unix - - n - - smtp",
    "relay unix - - n - - smtp",
    "error unix - - n - - error",
    "retry unix - - n - - error",
    "discard unix - - n - - discard",
    "virtual unix - n n - - virtual",
    "anvil unix - - n - 1 anvil",
    "scache unix - - n - 1 scache",
    "postlog unix-dgram n - n - 1 postlogd",
  ];
  return services.join("\n") + "\n";
}

function accountIds(): Record<string, { uid: number; gid: number } | undefined> {
  const lines = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .map((line) => line.split(":"));
  return Object.fromEntries(lines.map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]));
}
