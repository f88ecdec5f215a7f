/** An official of the scenario's authority at a running lab: `lab requests`, `lab approve 101`, `lab deny 101`, `lab withdraw 101`. */
import { Command, InvalidArgumentError } from "commander";
import { DECISIONS, type AuthorityRequest, type Decision } from "./model/certreq";

interface Flags {
  control: string;
}

const WORDS: { [decision in Decision]: string } = {
  approve: "issues a request that waits (or that was denied)",
  deny: "denies a request that waits",
  withdraw: "takes a request out of the authority's list",
};

const whole = (text: string): number => {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new InvalidArgumentError("must be the number of a request.");
  return Number(text);
};

/** Adds the subcommands to the lab's command. */
export function addOfficial(lab: Command): Command {
  const control = ["--control <url>", "control address of the running lab, from its line of JSON"] as const;
  lab
    .command("requests")
    .description("lists the requests that reached the scenario's authority")
    .requiredOption(...control)
    .action(async (_flags: Flags, command: Command) => print(await ask<AuthorityRequest[]>(command.opts<Flags>().control)));
  for (const decision of DECISIONS) {
    lab
      .command(`${decision} <number>`)
      .description(WORDS[decision])
      .requiredOption(...control)
      .action(async (number: string, _flags: Flags, command: Command) => {
        const body = { request: whole(number), action: decision };
        print([await ask<AuthorityRequest>(command.opts<Flags>().control, body)]);
      });
  }
  return lab;
}

async function ask<T>(control: string, body?: object): Promise<T> {
  const response = await fetch(`${control}/authority`, body ? { method: "POST", body: JSON.stringify(body) } : {});
  const answer = (await response.json()) as T & { error?: string };
  if (!response.ok) throw new Error(answer.error ?? `the lab answered ${response.status}`);
  return answer;
}

function print(requests: readonly AuthorityRequest[]): void {
  const rows = requests.map(({ request, disposition, submitted, host, template, authority }) =>
    [String(request).padStart(7), disposition.padEnd(11), submitted.slice(0, 16), host.padEnd(8), template, authority].join("  "),
  );
  process.stdout.write(rows.length === 0 ? "No request has reached the authority.\n" : `${rows.join("\n")}\n`);
}
