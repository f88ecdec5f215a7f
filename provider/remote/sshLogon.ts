/** How to log on: key, then password or keyboard-interactive, then ssh-agent; a refused password is used once in a process. */
import { isIP } from "node:net";
import { type AnyAuthMethod, type AuthenticationType, type AuthHandlerMiddleware, type ParsedKey } from "ssh2";
import { ExchangeError } from "../base/errors";
import { refusedBy, takeTurn, type Account, type Turn } from "./accounts";
import { addressOf, labelOf, serverKey, type ProxyConnection } from "./hosts";
import { resolveSecret } from "./secrets";
import { defaultAgent, watchedAgent } from "./sshAgent";
import { readPrivateKey } from "./sshKey";

/** Everything a logon may use, resolved. */
export interface Credentials {
  user: string;
  password?: string;
  key?: ParsedKey;
  agentSocketPath?: string;
  /** The public half (SSH wire format) of the one key of the agent that may be offered. */
  agentKey?: Buffer;
}

/** Resolves the secrets of a connection. Throws SECRET_UNAVAILABLE, SSH_KEY_UNREADABLE, INVALID_ARGUMENT (no user). */
export async function resolveCredentials(host: ProxyConnection): Promise<Credentials> {
  const password = host.password === undefined ? undefined : await resolveSecret(host.password);
  const text = host.privateKey === undefined ? undefined : await resolveSecret(host.privateKey);
  const phrase = host.privateKeyPassword === undefined ? undefined : await resolveSecret(host.privateKeyPassword);
  if (!host.user) throw new ExchangeError("INVALID_ARGUMENT", `user is missing for ${addressOf(host)}.`, { host: labelOf(host) });
  const read = text === undefined ? {} : readPrivateKey(host, text, phrase);
  const agentSocketPath = host.agentSocketPath ?? defaultAgent();
  return { user: host.user, password, key: read.key && withoutSha1(read.key), agentKey: read.publicKey, agentSocketPath };
}

/** ssh2 falls back to SHA-1 signatures for RSA when a server does not announce rsa-sha2: refused here. */
function withoutSha1(key: ParsedKey): ParsedKey {
  const sign = key.sign.bind(key);
  const guarded = (data: Buffer | string, algorithm?: string): unknown =>
    algorithm === "sha1" ? new Error(SHA1_REFUSED) : sign(data, algorithm);
  return Object.assign(key, { sign: guarded });
}

/** Marks the error of a refused SHA-1 signature. */
export const SHA1_REFUSED = "SHA-1 signatures are refused";

type Method = AnyAuthMethod["type"];

/** What a logon did: for the error text, and for the rule about refused passwords. */
export class LogonTrace {
  readonly tried: string[] = [];
  /** The method that the server has not answered yet. */
  pending?: Method;
  passwordSent = false;
  /** The server that refused this password before, so that it was not sent. */
  withheld?: string;
  /** Keys that the agent offered. */
  agentKeys?: number;
  private turn?: Turn;
  private over = false;

  /** Whether a password or a key is on its way: then the end of the connection is an answer. */
  get offered(): "password" | "key" | undefined {
    if (this.turn && this.passwordSent) return "password";
    return this.pending === "publickey" || this.pending === "agent" ? "key" : undefined;
  }

  /** Whether the password that is on its way has worked before in this process. */
  get known(): boolean {
    return this.turn?.known ?? false;
  }

  /** Waits for the turn; false where the password must not go out, or nobody waits any more. */
  async mayTry(account: Account): Promise<boolean> {
    const turn = await takeTurn(account);
    if (typeof turn === "string") this.withheld = turn;
    else if (this.over) turn.unused();
    else this.turn = turn;
    return this.turn !== undefined;
  }

  /** The server answered the pending method: refused it, or (`partial`) wants another one beside it. */
  answered(partial: boolean): void {
    if (this.turn && (this.pending === "password" || this.pending === "keyboard-interactive")) this.endTurn(partial);
    this.pending = undefined;
  }

  /** The logon is over. A connection that ended while the password was on its way counts as a refusal. */
  end(success: boolean): void {
    this.over = true;
    if (this.turn) this.endTurn(success);
  }

  get isOver(): boolean {
    return this.over;
  }

  private endTurn(success: boolean): void {
    if (!this.passwordSent || (!success && this.turn!.known && this.over)) this.turn!.unused();
    else if (success) this.turn!.worked();
    else this.turn!.refused();
    this.turn = undefined;
  }
}

/** The account that a connection logs on with, for the rule about refused passwords. */
export function accountOf(host: ProxyConnection, user: string, password: string): Account {
  return { user, password, server: serverKey(host), label: labelOf(host) };
}

/** Throws LOGIN_FAILED before anything is dialled where nothing but a refused password could be offered. */
export function refuseEarly(host: ProxyConnection, { user, password, key }: Credentials): void {
  if (password === undefined) return;
  const by = refusedBy(accountOf(host, user, password));
  const others = key !== undefined || host.agentSocketPath !== undefined;
  if (by !== undefined && (by === labelOf(host) || !others)) throw withheldError(host, user, by);
}

/** LOGIN_FAILED for a password that was refused before in this process. */
export function withheldError(host: ProxyConnection, user: string, by: string, tried: readonly string[] = []): ExchangeError {
  const at = addressOf(host);
  const label = labelOf(host);
  const besides = tried.length > 0 ? ` Tried instead: ${tried.join(", ")}.` : "";
  const sentence =
    by === label
      ? `${at} refused this password for ${user} before in this run; it was not tried again.`
      : `${by} refused this password for ${user} before in this run; it was not sent to ${at}, so that the account is not locked.`;
  const hint = by !== label && isBare(user) ? localHint(label, user) : undefined;
  return new ExchangeError("LOGIN_FAILED", sentence + besides, { host: label, hint, details: { tried: [...tried], withheld: true } });
}

const isBare = (user: string): boolean => !/[\\@]/.test(user);

/** Windows looks for a bare name among its own accounts first, then in the domain: nobody but a person knows which one it is. */
function localHint(label: string, user: string): string {
  const server = isIP(label) === 0 ? label.split(".")[0] : "SERVER";
  return `Correct the password. Where ${user} is an account of each server and not of the domain, write it as ${server}\\${user}: then a refusal counts for that server alone.`;
}

/**
 * Offers each method once, in the order key, password, agent (as `@pulumi/command` does). The password goes out at most
 * once: as `password` where the server offers that, else in answer to a keyboard-interactive prompt that does not echo.
 */
export function authHandler(host: ProxyConnection, credentials: Credentials, trace: LogonTrace): AuthHandlerMiddleware {
  const done = new Set<string>();
  return (left, partial, next) => {
    if (left) trace.answered(partial === true);
    const offered = left as AuthenticationType[] | null;
    const take = (method: Method): boolean => !done.has(method) && !!done.add(method);
    void nextMethod(host, credentials, trace, offered, take).then((method) => {
      // ssh2 has been told that it is over: it must not write any more
      if (trace.isOver) return;
      trace.pending = method ? method.type : undefined;
      if (method && method.type !== "none") trace.tried.push(method.type);
      if (method && method.type === "password") trace.passwordSent = true;
      next((method || false) as never);
    });
  };
}

async function nextMethod(
  host: ProxyConnection,
  { user: username, password, key, agentSocketPath, agentKey }: Credentials,
  trace: LogonTrace,
  offered: AuthenticationType[] | null,
  take: (method: Method) => boolean,
): Promise<AnyAuthMethod | undefined> {
  const offers = (type: AuthenticationType): boolean => !offered || offered.includes(type);
  if (key && offers("publickey") && take("publickey")) return { type: "publickey", username, key: key as never };
  // A key that is named by its public half goes first; the agent's others come after the password, or not at all.
  const agent = (): AnyAuthMethod | undefined =>
    agentSocketPath && offers("publickey") && take("agent")
      ? { type: "agent", username, agent: watchedAgent(agentSocketPath, { trace, only: agentKey, besides: key?.getPublicSSH() }) }
      : undefined;
  const named = agentKey && agent();
  if (named) return named;
  // Without a failed attempt so far the server's methods are unknown; a wrong guess could cost a second logon.
  if (!offered && (password !== undefined || !agentSocketPath) && take("none")) return { type: "none", username };
  if (password !== undefined && !trace.passwordSent && trace.withheld === undefined) {
    const method = (["password", "keyboard-interactive"] as const).find((type) => offers(type) && take(type));
    if (method && (await trace.mayTry(accountOf(host, username, password)))) {
      if (method === "password") return { type: method, username, password };
      return { type: method, username, prompt: answering(password, trace) };
    }
  }
  return agent();
}

type PromptFunction = Extract<AnyAuthMethod, { type: "keyboard-interactive" }>["prompt"];

function answering(password: string, trace: LogonTrace): PromptFunction {
  return (_name, _instructions, _lang, prompts, finish) => {
    const secret = prompts.findIndex((prompt) => !prompt.echo);
    const answer = secret >= 0 && !trace.passwordSent;
    if (answer) trace.passwordSent = true;
    finish(prompts.map((_prompt, i) => (answer && i === secret ? password : "")));
  };
}
