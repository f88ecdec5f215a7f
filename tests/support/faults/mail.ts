/** Mail during a case: it comes in at the open doors, and goes out from inside; the sender retries, as a mail server does. */
import { deliveries } from "../../../lab/open";
import type { Mail } from "./outside";
import type { Violation } from "./violations";
import type { World } from "./world";

const WAYS: Omit<Mail, "id">[] = [
  { to: "someone@contoso.com", servers: ["EDGE01", "EDGE02"] },
  { to: "someone@contoso.com", servers: ["EDGE02", "EDGE01"] },
  ...["a@fabrikam.com", "b@litware.com", "c@contoso.mail.onmicrosoft.com"].map((to) => ({ to, servers: ["MBX01"] })),
];

/** Over these Edges, each of them first for one mail, and out of the organisation. */
export function waysOver(edges: readonly string[]): typeof WAYS {
  const inward = edges.map((_edge, index) => ({ to: "someone@contoso.com", servers: [...edges.slice(index), ...edges.slice(0, index)] }));
  return [...inward, ...WAYS.filter(({ servers }) => servers[0] === "MBX01")];
}

export function sendMail(world: World, ways = WAYS): void {
  retry(world);
  for (const way of ways) offer(world, { ...way, id: `mail-${++world.mails}` });
}

/** What nobody took so far is offered again. */
export function retry(world: World): void {
  for (const mail of world.outbox.values()) offer(world, mail);
}

/** It stays with the sender until a server has said that it took it. */
function offer(world: World, mail: Mail, index = 0): void {
  world.outbox.set(mail.id, mail);
  const server = mail.servers[index];
  if (server === undefined) return;
  const submitted = { id: mail.id, from: "sender@example.net", to: [mail.to], data: Buffer.from("x") };
  world.organisation.acceptMail(server, submitted).then(
    () => world.outbox.delete(mail.id),
    () => offer(world, mail, index + 1),
  );
}

/** Everything that was sent has arrived, and nothing twice. */
export function checkDeliveries(sent: string[], arrived: string[]): Violation[] {
  const times = new Map<string, number>();
  for (const id of arrived) times.set(id, (times.get(id) ?? 0) + 1);
  const missing = sent.filter((id) => !times.has(id));
  const twice = [...times].filter(([, count]) => count > 1).map(([id, count]) => `${id} arrived ${count} times`);
  const lost = missing.length > 0 ? [`${missing.length} of ${sent.length} mails did not arrive: ${missing.slice(0, 5).join()}`] : [];
  return [...lost, ...twice].map((text) => ({ invariant: "mail", text }));
}

/** The same for a world: a mail of a case has one recipient. */
export function checkPost(world: World): Violation[] {
  const sent = Array.from({ length: world.mails }, (_, index) => `mail-${index + 1}`);
  return checkDeliveries(
    sent,
    deliveries(world.organisation).map(({ id }) => id),
  );
}
