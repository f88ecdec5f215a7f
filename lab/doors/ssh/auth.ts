/** Who may log on: password, keyboard-interactive, public keys. */
import { type AuthContext, type ParsedKey, utils } from "ssh2";
import type { Logon } from "../agent/shell";
import type { Account } from "../host";

type Method = "password" | "publickey" | "keyboard-interactive";

export interface AuthRules {
  account: Account;
  /** authorized_keys lines; may change while the lab runs. */
  authorizedKeys: string[];
  /** Methods that are offered; default all. */
  methods?: Method[];
  /** Refused attempts after which the server hangs up (sshd: `MaxAuthTries`, default 6). */
  maxAuthTries?: number;
}

/** What happens in one connection. */
export interface AuthEvents {
  /** How the user logged on. */
  accepted(logon: Logon): void;
  /** An attempt with a credential was refused; the answer is the end of the connection when true comes back. */
  refused(method: Method): boolean;
}

const ALL: Method[] = ["publickey", "password", "keyboard-interactive"];

/** Decides one attempt. */
export function authenticate(context: AuthContext, rules: AuthRules, events: AuthEvents): void {
  const offered = rules.methods ?? ALL;
  const method = offered.find((name) => name === context.method);
  const rightUser = context.username.toLowerCase() === rules.account.user.toLowerCase();
  const reject = (): void => {
    if (!method || !events.refused(method)) context.reject(offered);
  };
  if (!method || !rightUser) return reject();
  const settle = (good: boolean, logon: Logon): void => {
    if (!good) return reject();
    events.accepted(logon);
    context.accept();
  };
  if (context.method === "password") return settle(context.password === rules.account.password, "password");
  if (context.method === "publickey") {
    return settle(keyIsGood(context, rules.authorizedKeys), "publickey");
  }
  if (context.method === "keyboard-interactive") {
    context.prompt([{ prompt: "Password: ", echo: false }], (answers) =>
      settle(answers.length === 1 && answers[0] === rules.account.password, "password"),
    );
  }
}

/** A probe (no signature yet) needs a known key; an attempt needs its signature as well. */
function keyIsGood(context: Extract<AuthContext, { method: "publickey" }>, authorized: string[]): boolean {
  const key = authorized.map(parse).find((candidate) => candidate?.getPublicSSH().equals(context.key.data));
  if (!key) return false;
  if (!context.signature || !context.blob) return true;
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

function parse(line: string): ParsedKey | undefined {
  const key = utils.parseKey(line);
  return key instanceof Error ? undefined : key;
}
