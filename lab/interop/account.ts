/** Who logs on to a real sshd: this account with a key, or, as root, an account made for the purpose with a password. */
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { findProgram, isRoot } from "./programs";

export interface LogonAccount {
  user: string;
  /** Only an account made for the purpose has one. */
  password?: string;
  uid: number;
  gid: number;
  /** Takes the account away again. */
  remove(): void;
}

/** Accounts of this kind carry the process that made them in their names. */
const PREFIX = "pxlab-";

/** Whether `throwawayAccount` can work here. */
export function canMakeAccounts(): boolean {
  return isRoot() && ["useradd", "userdel", "chpasswd"].every((name) => findProgram(name) !== undefined);
}

/** Whether somebody can log on to a real sshd here: an account made for the purpose, or our own where it has a shell. */
export function canLogOn(): boolean {
  return canMakeAccounts() || !/\/(?:nologin|false)$/.test(userInfo().shell ?? "/bin/false");
}

/** This process's own account: sshd as an ordinary user can let in nobody else. */
export function ownAccount(): LogonAccount {
  const { username: user, uid, gid } = userInfo();
  return { user, uid, gid, remove: () => undefined };
}

let made = 0;

/** An account with a random password and `home` as its home; taken away with the process at the latest. */
export function throwawayAccount(home: string): LogonAccount {
  removeLeftovers();
  const user = `${PREFIX}${process.pid}-${++made}`;
  const password = randomBytes(15).toString("base64url");
  mkdirSync(home, { recursive: true });
  run("useradd", ["-M", "-N", "-d", home, "-s", "/bin/sh", user]);
  const remove = (): void => {
    process.off("exit", remove);
    if (accounts().has(user)) run("userdel", ["-f", user]);
  };
  process.once("exit", remove);
  run("chpasswd", [], `${user}:${password}\n`);
  const { uid, gid } = accounts().get(user)!;
  chownSync(home, uid, gid);
  chmodSync(home, 0o755);
  return { user, password, uid, gid, remove };
}

/** Accounts whose process was killed before it could take them away. */
function removeLeftovers(): void {
  for (const user of accounts().keys()) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-\\d+$`).exec(user)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`)) run("userdel", ["-f", user]);
  }
}

function accounts(): Map<string, { uid: number; gid: number }> {
  const lines = readFileSync("/etc/passwd", "utf8").split("\n");
  const fields = lines.map((line) => line.split(":")).filter((parts) => parts.length >= 7);
  return new Map(fields.map(([name, , uid, gid]) => [name, { uid: Number(uid), gid: Number(gid) }]));
}

function run(name: string, args: string[], input?: string): void {
  execFileSync(findProgram(name)!, args, { input, stdio: ["pipe", "pipe", "pipe"] });
}
