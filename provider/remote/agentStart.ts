/** From "a program was started" to "the agent is ready": banners, early ends and hosts that cannot serve. */
import { createHash } from "node:crypto";
import { ExchangeError } from "../base/errors";
import { redact } from "../base/redact";
import { LineReader, utf8 } from "./lines";
import { PROTOCOL, type AgentError, type HostFacts } from "./protocol";
import { replyError } from "./agentErrors";

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
    return redact(rest.trim()).slice(-500);
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
    const text = `${this.host} printed more than ${BANNER_LIMIT} bytes before the agent's first line: ${this.text().slice(-200)}`;
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
export function checkHost(host: string, facts: HostFacts, scriptHash: string): void {
  if (facts.agent.toLowerCase() !== scriptHash) throw protocolError(host, "the agent reports another hash than the script sent");
  const [major = 0, minor = 0] = facts.powershell.split(".").map(Number);
  if (major < 5 || (major === 5 && minor < 1)) {
    throw new ExchangeError("POWERSHELL_TOO_OLD", `${host} runs PowerShell ${facts.powershell}.`, { host });
  }
  if (facts.role === "None" || !facts.exchange) {
    throw new ExchangeError("EXCHANGE_MISSING", `${host} (${facts.name}) is no Exchange server.`, { host });
  }
  if (!facts.elevated) {
    throw new ExchangeError("NOT_ELEVATED", `${host}: the session of ${facts.account} is not elevated.`, { host });
  }
}

/** Why a program ended before it was ready. */
export function endedEarly(host: string, code: number | null, printed: string, stderr: string): ExchangeError {
  const said = [printed, stderr].filter(Boolean).join(" | ").slice(-500);
  // 127: POSIX shells; 9009 and 1 with the program's name: cmd.exe. The text around the name is localised.
  const missing = code === 127 || code === 9009 || (code === 1 && /powershell\.exe/i.test(said));
  if (missing) return new ExchangeError("POWERSHELL_MISSING", `${host} cannot start powershell.exe: ${said}`, { host });
  const how = code === null ? "without an exit code" : `with exit code ${code}`;
  const text = said === "" ? "it printed nothing" : `it printed: ${said}`;
  return new ExchangeError("AGENT_PROTOCOL", `${host}: the agent ended ${how} before it was ready; ${text}`, { host });
}

/** AGENT_PROTOCOL with host and reason. */
export function protocolError(host: string, reason: string): ExchangeError {
  return new ExchangeError("AGENT_PROTOCOL", `${host}: ${reason}.`, { host });
}

/** SHA-256 (hex, lower case) of the script as the agent sees it. */
export function scriptHash(script: string): string {
  return createHash("sha256").update(script, "utf8").digest("hex");
}
