/** What a run warned of, from the engine's own log of events. */
import { readFileSync } from "node:fs";
import { redact } from "../../base/redact";
import { harmless } from "../output";

interface Event {
  diagnosticEvent?: { severity?: string; message?: string };
}

/** Each warning once, what the CLI says of its own plugins left out; none where the CLI wrote no log. */
export function warningsIn(file: string): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const messages = text.split("\n").flatMap((line) => {
    const { severity, message = "" } = eventOf(line).diagnosticEvent ?? {};
    const said = clean(message);
    const told = /^(?:\[[^\]]*\] )?warning: /.test(said);
    const ours = told || (severity === "warning" && !/^(?:using|resource plugin) /.test(said));
    return ours ? [said] : [];
  });
  return [...new Set(messages)];
}

/** Without colours and line breaks. */
const clean = (message: string): string => harmless(redact(message.replace(/<\{%[^%]*%\}>/g, "").replace(/\s+/g, " "))).trim();

function eventOf(line: string): Event {
  try {
    return JSON.parse(line) as Event;
  } catch {
    return {};
  }
}
