/** `--notify` of `report` and `doctor`: a word when something changed since the last one, and nothing otherwise. */
import { InvalidArgumentError, Option, type Command } from "commander";
import { asExchangeError } from "../../base/errors";
import { inWords } from "../exit";
import { say } from "../output";
import { changesSince, isNews, knownNow } from "./changes";
import { deliver } from "./deliver";
import { noticeDocument } from "./document";
import type { Item, Kind } from "./items";
import { readState, stateFile, writeState } from "./state";
import { formOf, FORMS, targetOf, type Form } from "./target";

export interface NotifyFlags {
  hosts: string;
  notify?: string;
  notifyAs?: Form;
  notifyState?: string;
}

const form = (text: string): Form => {
  const found = FORMS.find((one) => one === text);
  if (found) return found;
  throw new InvalidArgumentError(`must be one of ${FORMS.join(", ")}.`);
};

export function addNotify(command: Command): Command {
  return command
    .option(
      "--notify <command or URL>",
      "give word when something changed: env:NAME or file:<path> of a webhook's address, or a command (JSON on its input)",
    )
    .addOption(
      new Option("--notify-as <form>", `what is sent: ${FORMS.join(", ")}; default by the webhook's host, else json`).argParser(form),
    )
    .option("--notify-state <file>", "where the last notice is remembered; default: a file in ~/.cache/pulumi-exchange/notify");
}

/** Whether there was nothing to say, or it was said. A failure is printed, not thrown: the look itself has its own result. */
export async function notify(kind: Kind, items: readonly Item[], at: Date, flags: NotifyFlags): Promise<boolean> {
  if (flags.notify === undefined) return true;
  try {
    const target = await targetOf(flags.notify);
    if (target.kind === "url" && target.open)
      say("--notify: others see this address in the list of processes; name it by env:NAME or file:<path>.");
    const file = stateFile(flags.notifyState, kind, flags.hosts, flags.notify);
    const known = await readState(file);
    const changes = changesSince(known ?? {}, items);
    if (isNews(changes)) {
      await deliver(target, formOf(target, flags.notifyAs), noticeDocument({ kind, at, changes, items }));
      say("The notice was delivered.");
    } else say("No notice: nothing changed since the last one.");
    if (known === null || isNews(changes)) await writeState(file, knownNow(items));
    return true;
  } catch (error) {
    say(inWords(asExchangeError(error)));
    return false;
  }
}
