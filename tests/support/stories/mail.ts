/** Mail and synchronisation as an operator looks at them. */
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { createTransport } from "nodemailer";
import { deliveries } from "../../../lab/open";
import type { Lab } from "../../../lab/start";
import { until, type control } from "../lab";

type Labelled = { lab: Lab; control: ReturnType<typeof control> };

/** A mail handed to a server's transport; its id. */
export async function sendMail({ lab }: Labelled, host: string, to: string): Promise<string> {
  const id = randomUUID();
  await lab.organisation.acceptMail(host, { id, from: "partner@example.net", to: [to], data: Buffer.from("a mail") });
  return id;
}

/** A mail from outside through a server's SMTP door, with STARTTLS where it is offered; its id. */
export async function sendOverSmtp({ lab }: Labelled, host: string, to: string): Promise<string> {
  const { smtp } = lab.ready.hosts.find((one) => one.name === host)!;
  const id = `${randomUUID()}@example.net`;
  const transport = createTransport({ ...smtp, secure: false, requireTLS: true, tls: { rejectUnauthorized: false } });
  await transport.sendMail({ from: "partner@example.net", to, subject: "a mail", text: "a mail", messageId: `<${id}>` });
  transport.close();
  return id;
}

/** Waits until the mail has arrived; gives the servers that it passed. */
export async function delivered({ lab }: Labelled, id: string): Promise<string[]> {
  const found = await until(`delivery of ${id}`, () => deliveries(lab.organisation).find((one) => one.id === id));
  return found.path;
}

/** The errors of a server's queues, once there is one. */
export function queueErrors({ lab }: Labelled, host: string): Promise<string> {
  return until(`a queue of ${host} in Retry`, () => {
    const queues = (lab.organisation.state().queues as { [host: string]: { LastError?: string }[] })[host] ?? [];
    return queues
      .map((queue) => queue.LastError ?? "")
      .filter(Boolean)
      .join("\n");
  });
}

/** What Test-EdgeSynchronization -FullCompareMode says of an Edge: its status, and the entries that the first article waits for. */
export async function synchronized(
  { control }: Labelled,
  hub: string,
  edge?: string,
): Promise<{ status: string; entries: { [name: string]: string } }> {
  const { objects } = await control.operator(hub, "Test-EdgeSynchronization", { FullCompareMode: true });
  const own = objects.find((one) => edge === undefined || one.Name === edge);
  assert.ok(own, `Test-EdgeSynchronization says nothing of ${edge}`);
  const entries = Object.entries(own).filter(([name]) => name.endsWith("Status") && name !== "SyncStatus");
  return { status: String(own.SyncStatus), entries: Object.fromEntries(entries) as { [name: string]: string } };
}
