/** The scenario `contoso` behind real sshd: one server for each host. */
import { join } from "node:path";
import { issuedCertificates } from "../../../lab/issued";
import { canLogOn, canMakeAccounts, ownAccount, throwawayAccount, type LogonAccount } from "../../../lab/interop/account";
import { openRealHost, type RealHost } from "../../../lab/interop/host";
import { hasSshd, makeKey, printAtLogon, startSshd, type Sshd, type SshdOptions } from "../../../lab/interop/sshd";
import { Stage, type StandInOptions } from "../../../lab/powershell/stage";
import type { Lab, LabOptions } from "../../../lab/start";
import { closeAll } from "../../../provider/remote/sessions";
import type { HostConnection, ProxyConnection } from "../../../provider/remote/hosts";
import { startTestLab } from "../lab";
import { openFolder, removeFolder } from "./folders";
import type { ContosoHosts, Source } from "./rotation";

/** Why tests with a real sshd cannot run here; undefined where they can. */
export const sshdMissing = !hasSshd() ? "sshd is not installed" : canLogOn() ? undefined : "this account cannot log on";
/** Why tests that log on with a password cannot run here. */
export const passwordMissing = sshdMissing ?? (canMakeAccounts() ? undefined : "only root can make an account with a password");

export interface RealContosoOptions {
  lab?: LabOptions;
  /** How to log on; with `"either"` by password, and sshd takes the key, too. Default `"key"`. */
  logon?: "key" | "password" | "keyboard-interactive" | "either";
  /** Lines of sshd_config for every host. */
  settings?: string[];
  /** Printed on stdout before the agent's ready line, for an account made for the purpose. */
  greeting?: string;
  hostKeys?: SshdOptions["hostKeys"];
  /** Every host is reached through one more sshd, which lets in by key. */
  jump?: boolean;
  /** A real PowerShell runs the agent behind sshd, not the simulated one. */
  powershell?: StandInOptions;
}

/** A lab whose hosts are reached through real sshd. */
export class RealContoso {
  readonly hosts = new Map<string, RealHost>();
  /** Where a real PowerShell runs the agent. */
  stage?: Stage;

  private constructor(
    readonly folder: string,
    readonly lab: Lab,
    readonly account: LogonAccount,
    readonly key: { privateKey: string; publicKey: string },
    private readonly logon: NonNullable<RealContosoOptions["logon"]>,
    readonly jump: Sshd | undefined,
  ) {}

  static async open(options: RealContosoOptions = {}): Promise<RealContoso> {
    const { logon = "key", settings, greeting, hostKeys } = options;
    const folder = openFolder();
    const home = join(folder, "home");
    const account = canMakeAccounts() ? throwawayAccount(home) : ownAccount();
    if (greeting !== undefined) printAtLogon(home, account, greeting);
    const key = makeKey(join(folder, "logon"), "ed25519");
    const authorizedKeys = [key.publicKey];
    const jump = options.jump ? await startSshd({ folder: join(folder, "jump"), account, authorizedKeys, settings, hostKeys }) : undefined;
    const real = new RealContoso(folder, await startTestLab({ scenario: "contoso", ...options.lab }), account, key, logon, jump);
    const methods: SshdOptions["methods"] = logon === "either" ? ["publickey", "password"] : [logon === "key" ? "publickey" : logon];
    for (const [name, host] of real.lab.hosts) {
      const own = { folder: join(folder, name), account, authorizedKeys, methods, settings, hostKeys };
      real.hosts.set(name, await openRealHost(host, own));
    }
    if (options.powershell) await real.setStage(options.powershell);
    return real;
  }

  private async setStage(options: StandInOptions): Promise<void> {
    const { user, password } = this.account;
    this.stage = await Stage.open({ lab: this.lab, folder: this.folder, forAll: true, ...(password && { account: { user, password } }) });
    // in the place of the simulated one
    for (const name of this.hosts.keys()) this.stage.writeStandIn(name, options);
  }

  /** The lab as programs see it when they are to reach its hosts through sshd: connections of `ready` replaced. Logon by password. */
  throughSshd(): Lab {
    const hosts = this.lab.ready.hosts.map((host) => {
      const { host: address, port, user, password, hostKey, endpoints } = this.connection(host.name);
      const ssh = { host: address, port: port!, user: user!, password: String(password), hostKey: String(hostKey), endpoints };
      return { ...host, ssh };
    });
    return { ...this.lab, ready: { ...this.lab.ready, hosts } };
  }

  /** The connection to a host, as a program declares it. */
  connection(name: string): HostConnection {
    const { sshd, endpoints } = this.hosts.get(name)!;
    const { user, password } = this.lab.ready.hosts.find((host) => host.name === name)!.ssh;
    const key = this.logon === "key";
    return {
      name,
      host: "127.0.0.1",
      port: sshd.port,
      user: this.account.user,
      ...(key ? { privateKey: this.key.privateKey } : { password: this.account.password! }),
      hostKey: sshd.hostKeys[0],
      endpoints,
      ...(this.jump && { proxy: this.through(this.jump) }),
      // a key brings no network credentials to a Mailbox server
      ...(key && name.startsWith("MBX") && { exchangeCredential: { user: `CONTOSO\\${user}`, password } }),
    };
  }

  private through(jump: Sshd): ProxyConnection {
    const { privateKey } = this.key;
    return { host: "127.0.0.1", port: jump.port, user: this.account.user, privateKey, hostKey: jump.hostKeys[0] };
  }

  get contoso(): ContosoHosts {
    return { MBX01: this.connection("MBX01"), EDGE01: this.connection("EDGE01"), EDGE02: this.connection("EDGE02") };
  }

  /** A certificate of the scenario. */
  certificate(name: string): Source & { thumbprint?: string } {
    const found = issuedCertificates(this.lab.organisation).find((one) => one.name === name)!;
    return { pfx: found.pfx, password: found.password };
  }

  /** How often sshd let somebody in, by host. */
  connections(): Record<string, number> {
    const count = (log: string): number => log.match(/^Accepted \S+ for /gm)?.length ?? 0;
    return Object.fromEntries([...this.hosts].map(([name, { sshd }]) => [name, count(sshd.log())]));
  }

  /** How often PowerShell was started, by host. */
  processes(): Record<string, number> {
    return Object.fromEntries([...this.hosts].map(([name, { agent }]) => [name, agent.starts.length]));
  }

  async close(): Promise<void> {
    await closeAll();
    await Promise.all([...this.hosts.values()].map((host) => host.close()));
    await this.stage?.close();
    await this.jump?.stop();
    await this.lab.close();
    this.account.remove();
    removeFolder(this.folder);
  }
}
