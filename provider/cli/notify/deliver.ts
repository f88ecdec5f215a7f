/** Takes a notice to its target: POST with retries, or a command with the document on its standard input. */
import { spawn } from "node:child_process";
import { delay } from "../../base/clock";
import { ExchangeError } from "../../base/errors";
import { notInRehearsal } from "../../rehearsal";
import type { NoticeDocument } from "./document";
import type { Form, Target } from "./target";

/** An object, so that tests need not wait as long. */
export const DELIVERY_TIMES = { requestMs: 15_000, commandMs: 60_000, pausesMs: [1_000, 4_000, 15_000], longestPauseMs: 60_000 };

/** What is sent: a webhook takes its own form alone, everything else the whole document. */
export function bodyOf(document: NoticeDocument, form: Form): { type: string; text: string } {
  const { mail, teams, slack } = document.texts;
  if (form === "mail") return { type: "text/plain; charset=utf-8", text: `Subject: ${mail.subject}\n\n${mail.body}\n` };
  return { type: "application/json", text: JSON.stringify({ json: document, teams, slack }[form]) };
}

/** @throws NOTICE_FAILED, which names no address */
export async function deliver(target: Target, form: Form, document: NoticeDocument): Promise<void> {
  notInRehearsal("The notice");
  const body = bodyOf(document, form);
  if (target.kind === "command") return run(target.command, body.text);
  for (let attempt = 0; ; attempt++) {
    const answer = await post(target.url, body);
    if (answer.ok) return;
    const pause = DELIVERY_TIMES.pausesMs[attempt];
    if (!answer.again || pause === undefined) throw failed(`${answer.why}${attempt > 0 ? `, after ${attempt + 1} attempts` : ""}`);
    await delay(Math.min(Math.max(pause, answer.waitMs), DELIVERY_TIMES.longestPauseMs));
  }
}

type Answer = { ok: true } | { ok: false; why: string; again: boolean; waitMs: number };

/** A redirect is not followed: what is secret about the address would go elsewhere. */
async function post(url: URL, { type, text }: { type: string; text: string }): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(DELIVERY_TIMES.requestMs);
    const response = await fetch(url, { method: "POST", headers: { "content-type": type }, body: text, redirect: "manual", signal });
    await response.body?.cancel();
    if (response.ok) return { ok: true };
    const again = response.status === 429 || response.status >= 500;
    const wait = Number(response.headers.get("retry-after"));
    return { ok: false, why: `the webhook answered ${response.status}`, again, waitMs: Number.isFinite(wait) ? wait * 1000 : 0 };
  } catch (error) {
    return { ok: false, why: reasonOf(error), again: true, waitMs: 0 };
  }
}

/** The error's name or code: its text may hold the address. */
function reasonOf(error: unknown): string {
  const { name, cause } = error as Error;
  const { code } = (cause ?? {}) as NodeJS.ErrnoException;
  return name === "TimeoutError" ? "the webhook did not answer in time" : `the webhook cannot be reached (${code ?? name})`;
}

/** Not tried again: it may have sent something. What it prints goes to standard error, so that ours holds the result alone. */
function run(command: string, input: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ["pipe", 2, 2] });
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(failed(`the command did not end within ${Math.round(DELIVERY_TIMES.commandMs / 1000)} s`));
    }, DELIVERY_TIMES.commandMs);
    child.once("error", (error: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      reject(failed(`the command cannot be started (${error.code ?? "error"})`));
    });
    child.once("close", (code, signal) => {
      clearTimeout(timer);
      if (code === 0) resolve();
      else reject(failed(code === null ? `the command was ended by ${signal}` : `the command ended with ${code}`));
    });
    // one that does not read its input is no failure
    child.stdin!.on("error", () => undefined);
    child.stdin!.end(`${input}\n`);
  });
}

function failed(why: string): ExchangeError {
  return new ExchangeError("NOTICE_FAILED", `The notice was not delivered: ${why}.`, { retryable: true });
}
