/** From "a program was started" to "the agent is ready": banners, early ends and hosts that cannot serve. */
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { ExchangeError } from "../base/errors";
import { BEFORE_HINT, plain, withoutControls } from "../base/hostText";
import { redact } from "../base/redact";
import { LineReader, utf8 } from "./lines";
import { PROTOCOL, type AgentError, type HostFacts } from "./protocol";
import { replyError } from "./agentErrors";
import type { ShellLook } from "./shellOf";

/** A banner may have this many bytes, and each of its lines too. */
export const BANNER_LIMIT = 64 * 1024;

/** Collects what comes before the ready line. */
export class Greeting {
  private readonly reader = new LineReader(BANNER_LIMIT);
  private banner = "";
  private seen = 0;

  constructor(private readonly host: string) {}

  /**
   * Feeds bytes. Returns the facts and the bytes behind the ready line, or undefined while it has not come.
   * Errors: AGENT_PROTOCOL (a banner without an end), the error that the agent reports about its start.
   */
  push(chunk: Buffer): { facts: HostFacts; rest: Buffer } | undefined {
    this.seen += chunk.length;
    const lines = this.lines(chunk);
    for (let i = 0; i < lines.length; i++) {
      const facts = this.readLine(lines[i]);
      if (facts) return { facts, rest: this.after(lines.slice(i + 1)) };
    }
    if (this.seen > BANNER_LIMIT) throw this.endless();
    return undefined;
  }

  /** What the host printed so far, for messages. */
  text(): string {
    const rest = this.banner + (utf8(this.reader.rest()) ?? "");
    return withoutControls(redact(rest.trim())).slice(-2_000);
  }

  private lines(chunk: Buffer): Buffer[] {
    try {
      return this.reader.push(chunk);
    } catch {
      // the line itself is gone; the end of it is in this packet
      this.banner = (utf8(chunk) ?? chunk.toString("latin1")).slice(-2_000);
      throw this.endless();
    }
  }

  /** Bytes that came in the same packet behind the ready line. */
  private after(lines: Buffer[]): Buffer {
    const newline = Buffer.from("\n");
    return Buffer.concat([...lines.flatMap((line) => [line, newline]), this.reader.rest()]);
  }

  private readLine(line: Buffer): HostFacts | undefined {
    const text = utf8(line) ?? line.toString("latin1");
    const parsed = parseObject(text);
    if (parsed?.event === "ready") return checkFacts(this.host, parsed);
    if (parsed?.ok === false && parsed.id === null && parsed.error) {
      throw replyError({ host: this.host, op: "hello", mutating: false }, parsed.error as AgentError);
    }
    this.banner = (this.banner + text + "\n").slice(-2_000);
    return undefined;
  }

  private endless(): ExchangeError {
    const text = `${this.host} printed more than ${BANNER_LIMIT} bytes before the agent's first line: ${plain(this.text().slice(-200))}`;
    return new ExchangeError("AGENT_PROTOCOL", text, { host: this.host });
  }
}

/** A line as a JSON object, or undefined. */
export function parseObject(text: string): Record<string, unknown> | undefined {
  const line = text.trim();
  if (!line.startsWith("{")) return undefined;
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function checkFacts(host: string, ready: Record<string, unknown>): HostFacts {
  const { event: _event, ...facts } = ready;
  const texts = ["powershell", "name", "fqdn", "role", "folder", "utc"].filter((key) => typeof facts[key] !== "string");
  if (facts.protocol !== PROTOCOL) {
    throw protocolError(host, `the agent speaks protocol ${String(facts.protocol)}, not ${PROTOCOL}`);
  }
  if (texts.length > 0) throw protocolError(host, `the agent's first line has no ${texts.join(", ")}`);
  return facts as unknown as HostFacts;
}

/**
 * Refuses a host that cannot serve: another agent than the one sent (AGENT_PROTOCOL), POWERSHELL_TOO_OLD,
 * EXCHANGE_MISSING, NOT_ELEVATED.
 */
export function checkHost(host: string, facts: HostFacts, { hashes }: Pick<Delivery, "hashes">): void {
  if (!hashes.includes(String(facts.agent).toLowerCase())) throw protocolError(host, "the agent reports another hash than the script sent");
  const [major = 0, minor = 0] = facts.powershell.split(".").map(Number);
  if (major < 5 || (major === 5 && minor < 1)) {
    throw new ExchangeError("POWERSHELL_TOO_OLD", `${host} runs PowerShell ${facts.powershell}.`, { host });
  }
  if (facts.role === "None" || !facts.exchange) {
    throw new ExchangeError("EXCHANGE_MISSING", `${host} (${facts.name}) is no Exchange server.`, { host });
  }
  if (facts.bits === 32) {
    throw new ExchangeError("POWERSHELL_32BIT", `${host}: sshd started the 32-bit PowerShell.`, { host });
  }
  // The snap-in of an Edge needs no script; a Mailbox server's shell is one, and imports a module made on the spot.
  if (facts.role === "Mailbox" && /^(AllSigned|Restricted)$/i.test(facts.scriptPolicy ?? "")) {
    throw new ExchangeError("EXECUTION_POLICY", `${host}: a group policy sets the execution policy ${facts.scriptPolicy}.`, { host });
  }
  if (!facts.elevated) {
    throw new ExchangeError("NOT_ELEVATED", `${host}: the session of ${facts.account} is not elevated.`, { host });
  }
}

/** Why a program ended before it was ready. `shell`: what another command on the same connection showed of the host (`lookAtShell`). */
export function endedEarly(
  host: string,
  code: number | null,
  printed: string,
  stderr: string,
  shell: ShellLook = "unknown",
): ExchangeError {
  const said = [printed, stderr].filter(Boolean).join(" | ").slice(-2_000);
  const { short, more } = tail(said);
  // Ids of PowerShell's errors are not localised.
  if (/ConstrainedLanguage|RestrictedLanguage/.test(said)) {
    return new ExchangeError("POWERSHELL_CONSTRAINED", `${host}: PowerShell runs in ConstrainedLanguage for this account: ${short}`, {
      host,
      more,
    });
  }
  // 127: POSIX shells; 9009 and 1 with the program's name: cmd.exe. The text around the name is localised.
  const missing = code === 127 || code === 9009 || (code === 1 && /powershell\.exe/i.test(said));
  if (missing) return new ExchangeError("POWERSHELL_MISSING", `${host} cannot start powershell.exe: ${short}`, { host, more });
  const how = code === null ? "without an exit code" : `with exit code ${code}`;
  return notReady(host, `the agent ended ${how} before it was ready`, short, more, shell);
}

/** The agent did not come within its time. */
export function lateStart(host: string, limit: number, printed: string, shell: ShellLook = "unknown"): ExchangeError {
  const { short, more } = tail(printed);
  return notReady(host, `the agent was not ready within ${Math.round(limit / 1000)} s`, short, more, shell, true);
}

function notReady(
  host: string,
  what: string,
  printed: string,
  more: string | undefined,
  shell: ShellLook,
  retryable = false,
): ExchangeError {
  const text = printed === "" ? "it printed nothing" : `it printed: ${printed}`;
  return new ExchangeError("AGENT_PROTOCOL", `${host}: ${what}; ${text}${SHELLS[shell].said}`, {
    host,
    more,
    retryable,
    hint: printed === "" || shell === "silent" ? SHELLS[shell].hint : `See the text it printed. ${SHELLS[shell].hint}`,
    details: { shell },
  });
}

/** The end of a long text tells most. */
function tail(text: string): { short: string; more?: string } {
  const clean = text.trim();
  return clean.length <= BEFORE_HINT ? { short: plain(clean) } : { short: `…${plain(clean.slice(-BEFORE_HINT))}`, more: clean };
}

/** A start that failed; `tell` makes the error once it is known what else the host does. */
export class NotReady extends Error {
  constructor(readonly tell: (shell: ShellLook) => ExchangeError) {
    super("the agent did not become ready");
  }
}

const AT_LOGON =
  "Something that runs at logon prints, ends or waits before any command: AutoRun of cmd (HKLM or HKCU\\Software\\Microsoft\\Command Processor), a PowerShell profile where PowerShell is sshd's " +
  "default shell, ForceCommand in sshd_config, a logon script. Log on by hand (`ssh user@host powershell -NoProfile -Command 1`), and take it away for this account; docs/servers.md.";
const BY_HAND =
  "Log on by hand and try `powershell -NoLogo -NoProfile -NonInteractive -Command 1`: it must end at once and print 1. A virus scanner or a policy may hold PowerShell; docs/servers.md.";
const SHELLS: Record<ShellLook, { said: string; hint: string }> = {
  silent: { said: ". No other command answers either.", hint: AT_LOGON },
  cmd: { said: ". Its shell, cmd, answers.", hint: BY_HAND },
  powershell: { said: ". Its default shell, PowerShell, answers.", hint: BY_HAND },
  posix: {
    said: ". Its shell is that of a Unix.",
    hint: "The address leads to something that is not Windows; correct host, port or proxy.",
  },
  unknown: { said: "", hint: `${BY_HAND} ${AT_LOGON}` },
};

/** AGENT_PROTOCOL with host and reason. */
export function protocolError(host: string, reason: string): ExchangeError {
  return new ExchangeError("AGENT_PROTOCOL", `${host}: ${reason}.`, { host });
}

/** The script on its way: the first line that a host reads, and what it may report of it. */
export interface Delivery {
  line: string;
  /** SHA-256 (hex, lower case) of the script, and of the compressed bytes: a second agent need not expand them. */
  hashes: readonly string[];
}

/** A script is the same for all hosts of a run: compressed once. */
const deliveries = new Map<string, Delivery>();

export function deliveryOf(script: string): Delivery {
  const known = deliveries.get(script);
  if (known) return known;
  const packed = gzipSync(Buffer.from(script, "utf8"), { level: 9, memLevel: 9 });
  const made = { line: packed.toString("base64"), hashes: [sha256(Buffer.from(script, "utf8")), sha256(packed)] };
  deliveries.set(script, made);
  return made;
}

const sha256 = (bytes: Buffer): string => createHash("sha256").update(bytes).digest("hex");
