/** Exchange's management shell inside one PowerShell process: loaded once, by the first need. */
import { delay } from "../../../provider/base/clock";
import type { Operations } from "../../../provider/remote/protocol";
import type { ShellContext } from "../../model/contract";
import type { Account, Host } from "../host";
import { AgentFailure } from "./failure";

/** How the SSH user logged on: a key brings no network credentials to a Mailbox server. */
export type Logon = "password" | "publickey";
type Opened = Operations["shell.open"]["value"];

/** Cmdlets that a full shell offers; only shown, never decided by. */
const CMDLETS = { Edge: 158, Mailbox: 1004 };

const bareUser = (user: string): string => user.replace(/^.*\\/, "").replace(/@.*$/, "").toLowerCase();

export class Shell {
  private opened?: Opened;

  constructor(
    private readonly host: Host,
    private readonly logon: Logon,
  ) {}

  /** Import-PSSession brings no assemblies of Exchange. // docs/agent-protocol.md 7.4 */
  get context(): ShellContext {
    return { kind: this.opened?.kind === "credential" ? "bare" : "exchange", logon: this.logon };
  }

  /** Opens the shell, or does nothing when it is open. */
  async open(credential?: Account): Promise<Opened> {
    this.opened ??= await this.load(credential);
    return this.opened;
  }

  private async load(credential?: Account): Promise<Opened> {
    const { host } = this;
    if (host.role === "None") throw new AgentFailure("ShellUnavailable", "Exchange is not installed on this server.");
    if (credential) this.checkCredential(credential);
    const mailbox = host.role === "Mailbox";
    if (mailbox && this.logon === "publickey" && !credential) {
      throw new AgentFailure("CredentialNeeded", "Connecting to the remote server failed: the logon has no network credentials.", {
        type: "System.Management.Automation.Remoting.PSRemotingTransportException",
        fqid: "AccessDenied,PSSessionOpenFailed",
        category: "OpenError",
      });
    }
    await delay(host.services.startCost.exchange);
    const kind = !mailbox ? "snapin" : credential ? "credential" : "implicit";
    return { kind, cmdlets: mailbox ? CMDLETS.Mailbox : CMDLETS.Edge };
  }

  private checkCredential(credential: Account): void {
    const { account, name, services } = this.host;
    const known = [account.user, services.organisation.facts(name).account].map(bareUser);
    const good = known.includes(bareUser(credential.user)) && credential.password === account.password;
    if (!good) throw new AgentFailure("ShellUnavailable", "Connecting to the remote server failed: Access is denied.");
  }
}
