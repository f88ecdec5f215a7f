/** A lab, a stack and marked secrets for everything that a program may be given; and everything that a run leaves. */
import { createPrivateKey } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { issuedCertificates, type IssuedCertificate } from "../../../lab/issued";
import type { Lab } from "../../../lab/start";
import { plain, type JsonObject } from "../../../provider/base/json";
import { forgetSecrets } from "../../../provider/base/redact";
import { setWriter } from "../../../provider/base/progress";
import { readCertificate, writePfx } from "../../../provider/pki";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import type { HostConnection, SecretRef } from "../../../provider/remote/hosts";
import { closeAll } from "../../../provider/remote/sessions";
import { configure } from "../../../provider/runtime";
import { Rotation, type ContosoHosts } from "../interop/rotation";
import { call, control, startTestLab } from "../lab";
import { encryptedKeyPair } from "../sshKeys";
import type { Hunt } from "./hunt";

/** `references`: state must hold no secret. `values`: Pulumi encrypts those, so that state is not searched here. */
export type Form = "references" | "values";

/** A secret with everything that an encoding has to escape, and more than chance can repeat. */
const marked = (name: string): string => `Canary-${name}-"q"\\ä+/&%41=${Math.random().toString(36).slice(2, 10)}`;

export class Scene {
  readonly texts: Record<string, string> = {};
  readonly stack: Rotation;
  private readonly printed: string[] = [];
  private readonly restore: (() => void)[] = [];

  private constructor(
    readonly hunt: Hunt,
    readonly form: Form,
    readonly lab: Lab,
    private readonly folder: string,
    readonly hosts: ContosoHosts,
    private readonly passwords: Record<"sshEdge" | "phrase" | "exchange" | "pfx", string>,
    key: string,
  ) {
    this.stack = new Rotation(hosts);
    Object.assign(this.texts, passwords);
    for (const [name, value] of Object.entries(passwords)) hunt.plant(name, value);
    plantKey(hunt, "sshKey", key);
  }

  static async open(hunt: Hunt, form: Form): Promise<Scene> {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-canary-"));
    for (const name of ["secrets", "tmp"]) mkdirSync(join(folder, name));
    const passwords = { sshEdge: marked("ssh"), phrase: marked("phrase"), exchange: marked("exchange"), pfx: marked("pfx") };
    const key = encryptedKeyPair(passwords.phrase, 1);
    const lab = await startTestLab({ scenario: "contoso", ssh: { authorizedKeys: [key.public] } });
    lab.hosts.get("EDGE01")!.host.account.password = passwords.sshEdge;
    lab.hosts.get("MBX01")!.host.account.password = passwords.exchange;
    const secret = secretsIn(join(folder, "secrets"), form);
    const of = (name: string): HostConnection => {
      const { ssh } = lab.ready.hosts.find((host) => host.name === name)!;
      return { name, host: ssh.host, port: ssh.port, user: ssh.user, hostKey: ssh.hostKey };
    };
    const withKey = { privateKey: secret.file("key", key.private), privateKeyPassword: secret.env("CANARY_PHRASE", passwords.phrase) };
    const exchangeCredential = { user: "CONTOSO\\Administrator", password: await secret.config("exchange", passwords.exchange) };
    const hosts: ContosoHosts = {
      MBX01: { ...of("MBX01"), ...withKey, exchangeCredential },
      EDGE01: { ...of("EDGE01"), password: secret.env("CANARY_SSH", passwords.sshEdge) },
      EDGE02: { ...of("EDGE02"), ...withKey },
    };
    const scene = new Scene(hunt, form, lab, folder, hosts, passwords, key.private);
    scene.listen();
    return scene;
  }

  /** A certificate of the scenario as a source, in a container of its own with the marked password. */
  async source(name: string, kind: "pfx" | "pem" = "pfx"): Promise<JsonObject> {
    const issued = issuedCertificates(this.lab.organisation).find((one) => one.name === name)!;
    plantKey(this.hunt, `key of ${name}`, issued.keyPem);
    const secret = secretsIn(join(this.folder, "secrets"), this.form);
    if (kind === "pem") {
      return plain({ certificate: issued.pem, chain: issued.chainPem.join("\n"), privateKey: secret.file(`${name}.key`, issued.keyPem) });
    }
    const pfx = await rewrap(issued, this.passwords.pfx);
    this.hunt.plant(`pfx of ${name}`, pfx.subarray(pfx.length >> 1, (pfx.length >> 1) + 48));
    const value = this.form === "values" ? pfx.toString("base64") : { file: secret.bytes(`${name}.pfx`, pfx) };
    return plain({ pfx: value, password: secret.env("CANARY_PFX", this.passwords.pfx) });
  }

  /** Runs `work`, and takes in what it prints, throws and leaves. Returns the error, if any. */
  async run(what: string, work: () => Promise<unknown>): Promise<Error | undefined> {
    this.printed.length = 0;
    const returned = await work().then(
      (value) => ({ value }),
      (error: Error) => ({ error }),
    );
    this.plantSubscriptions();
    const { hunt } = this;
    hunt.search(`output:${what}`, this.printed.join(""));
    if ("error" in returned) this.searchError(what, returned.error);
    if (this.form === "references") {
      hunt.search(`state:${what}`, JSON.stringify([...this.stack.state]));
      if ("value" in returned) hunt.search(`result:${what}`, inspect(returned.value, { depth: 20, maxStringLength: null }));
    }
    hunt.search(`sentences:${what}`, JSON.stringify([...this.stack.sentences]));
    hunt.search(`argv:${what}`, [AGENT_COMMAND, ...process.argv].join("\n"));
    await this.searchLab(what);
    hunt.search(`temp:names ${what}`, readdirSync(join(this.folder, "tmp"), { recursive: true }).join("\n"));
    for (const [path, bytes] of filesBelow(join(this.folder, "tmp"))) hunt.search(`temp:${path}`, bytes);
    return "error" in returned ? returned.error : undefined;
  }

  async close(): Promise<void> {
    for (const undo of this.restore.splice(0).reverse()) undo();
    await closeAll();
    await this.lab.close();
    forgetSecrets();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Everything of an error: its text, its properties (without state where that may hold values), its causes. */
  private searchError(what: string, error: Error): void {
    const { properties, ...own } = error as Error & { properties?: unknown };
    const depth = { depth: 20, maxStringLength: null, showHidden: true };
    this.hunt.search(`error:${what}`, [String(error), error.stack, inspect(own, depth), JSON.stringify(own)].join("\n"));
    for (let cause = error.cause; cause; cause = (cause as Error).cause) this.hunt.search(`error:${what}`, inspect(cause, depth));
    if (this.form === "references" && properties) this.hunt.search(`thrown:${what}`, JSON.stringify(properties));
  }

  /** State, history, and the working folders byte by byte. */
  private async searchLab(what: string): Promise<void> {
    const { state, history } = control(this.lab);
    const seen = { state: await state(), history: await history(), connections: await call(this.lab, "GET", "/connections") };
    for (const [name, value] of Object.entries(seen)) this.hunt.search(`lab ${name}:${what}`, JSON.stringify(value));
    for (const host of this.lab.organisation.hostNames) {
      for (const [path, bytes] of this.lab.organisation.files(host)) this.hunt.search(`host file:${host}/${path} ${what}`, bytes);
    }
  }

  /** Output of every kind, temporary files in a folder of our own, and each subscription file's credential as a canary. */
  private listen(): void {
    const take = (text: string): void => void this.printed.push(text);
    const before = setWriter((line) => take(`${line}\n`));
    this.restore.push(() => void setWriter(before));
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      stream.write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
        take(typeof chunk === "string" ? chunk : Buffer.from(chunk).toString("latin1"));
        return (write as (...args: unknown[]) => boolean)(chunk, ...rest);
      };
      this.restore.push(() => void (stream.write = write));
    }
    const { TMPDIR } = process.env;
    process.env.TMPDIR = join(this.folder, "tmp");
    this.restore.push(() => (TMPDIR === undefined ? delete process.env.TMPDIR : (process.env.TMPDIR = TMPDIR)));
    this.lab.organisation.onChange(() => this.plantSubscriptions());
  }

  private plantSubscriptions(): void {
    const { organisation } = this.lab;
    for (const host of organisation.hostNames) {
      for (const bytes of organisation.files(host).values()) {
        const password = /<ESRAPassword>([^<]+)</.exec(bytes.toString("utf8"))?.[1];
        if (password !== undefined) this.hunt.plant("ESRA password", unescaped(password));
      }
    }
  }
}

/** Turns secrets into what the program holds: themselves, or where they are. */
function secretsIn(folder: string, form: Form) {
  const file = (name: string, content: string | Buffer): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  return {
    env: (name: string, value: string): SecretRef => {
      process.env[name] = value;
      return form === "values" ? value : { env: name };
    },
    file: (name: string, value: string): SecretRef => (form === "values" ? value : { file: file(name, value) }),
    bytes: file,
    config: async (key: string, value: string): Promise<SecretRef> => {
      const rawConfig = { [`canary:${key}`]: value };
      await configure({ config: { rawConfig, get: (name: string) => (name === key ? value : undefined) } as never });
      return form === "values" ? value : { config: key };
    },
  };
}

/** A key as text, line by line, and bytes out of its middle. */
function plantKey(hunt: Hunt, name: string, pem: string): void {
  const lines = pem.split("\n").filter((line) => line.length >= 40 && !line.startsWith("-----"));
  // the first half of an RSA key is its public modulus
  for (const line of lines.slice(lines.length >> 1)) hunt.plant(name, line);
  const bytes = Buffer.from(lines.join(""), "base64");
  hunt.plant(name, bytes.subarray(bytes.length >> 1, (bytes.length >> 1) + 32));
}

function rewrap(issued: IssuedCertificate, password: string): Promise<Buffer> {
  const certificate = readCertificate(issued.pem);
  const chain = issued.chainPem.map((pem) => readCertificate(pem));
  return writePfx({ certificate, chain, privateKey: createPrivateKey(issued.keyPem), password });
}

function unescaped(text: string): string {
  const entities: Record<string, string> = { "&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&" };
  return text.replace(/&\w+;/g, (entity) => entities[entity] ?? entity);
}

function* filesBelow(folder: string): Generator<[string, Buffer]> {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) yield [entry.name, readFileSync(join(entry.parentPath, entry.name))];
  }
}
