/** SSH agents: where one is by default, and which of its keys are offered. */
import { existsSync } from "node:fs";
import { BaseAgent, createAgent, utils, type IdentityCallback, type ParsedKey, type SignCallback, type SigningRequestOptions } from "ssh2";

/** Where the agent of OpenSSH for Windows listens. */
export const WINDOWS_AGENT = "\\\\.\\pipe\\openssh-ssh-agent";

/** `SSH_AUTH_SOCK`; on Windows else the pipe of OpenSSH's agent service, where that runs. */
export function defaultAgent(env = process.env, platform: string = process.platform, exists = existsSync): string | undefined {
  if (env.SSH_AUTH_SOCK) return env.SSH_AUTH_SOCK;
  return platform === "win32" && exists(WINDOWS_AGENT) ? WINDOWS_AGENT : undefined;
}

/** Which keys of an agent are offered, and where their number is noted. */
export interface Offer {
  trace: { agentKeys?: number };
  /** Only the key with this public half (SSH wire format). */
  only?: Buffer;
  /** A key that was offered before; it would use up one of the server's attempts for nothing. */
  besides?: Buffer;
}

/** An agent (socket, Windows pipe, or `pageant`) that offers what `offer` says. */
export function watchedAgent(path: string, offer: Offer): BaseAgent {
  return new WatchedAgent(createAgent(path), offer);
}

type Key = string | Buffer | ParsedKey;

class WatchedAgent extends BaseAgent {
  constructor(
    private readonly inner: BaseAgent,
    private readonly offer: Offer,
  ) {
    super();
  }

  getIdentities(done: IdentityCallback<Key>): void {
    const { trace, only, besides } = this.offer;
    this.inner.getIdentities((error, keys) => {
      if (error || !keys) return done(error ?? new Error("the agent gave no keys"));
      const fits = (key: Key): boolean => {
        const blob = publicHalf(key);
        return blob !== undefined && (!only || blob.equals(only)) && !besides?.equals(blob);
      };
      const offered = (keys as Key[]).filter(fits);
      trace.agentKeys = offered.length;
      done(undefined, offered);
    });
  }

  sign(key: Key, data: Buffer, options: SigningRequestOptions | SignCallback, done?: SignCallback): void {
    if (typeof options === "function") this.inner.sign(key, data, options);
    else this.inner.sign(key, data, options, done);
  }
}

function publicHalf(key: Key): Buffer | undefined {
  const parsed = typeof key === "string" || Buffer.isBuffer(key) ? utils.parseKey(key) : key;
  return parsed instanceof Error ? undefined : parsed.getPublicSSH();
}
