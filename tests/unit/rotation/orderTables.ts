/** The order of a rotation as the tables of README.md and docs/rotation.md show it. */
import { ANY, LEGS, ORDER, rowOf, said, type Leg } from "../../../provider/rotation/order";

type Row = ReturnType<typeof rowOf>;
const WHOLE = { ...ANY, otherServices: ["IIS, POP, IMAP"] };
const rows: Row[] = ORDER.map(({ id }) => rowOf(id));
const of = (leg: Leg): Row[] => rows.filter((row) => row.leg === leg);

const RESOURCES: { [part in Row["by"]]: string } = {
  certificate: "`Certificate`",
  subscription: "`EdgeSubscription`",
  receiveConnector: "`ReceiveConnectorTls`",
  end: "`TransportService`",
  sendConnector: "`SendConnectorTls`",
  hybrid: "`HybridConfigurationTls`",
  removal: "a delete",
  auth: "`AuthCertificate`",
};
const place = ({ leg, on }: Row): string => {
  if (on === "organization") return "organisation";
  return { copies: "Mailbox servers", window: "Edge", connectors: "each source", removals: "each server", auth: "organisation" }[leg];
};
const sentence = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const table = (head: string[], body: string[][]): string =>
  [head, head.map(() => "---"), ...body].map((cells) => `| ${cells.join(" | ")} |`).join("\n");
const numbered = (body: string[][]): string[][] => body.map((cells, index) => [String(index + 1), ...cells]);

/** What a reader of the README needs: every step that says something, and why it stands there. */
export function readmeTable(): string {
  const legs = LEGS.filter(({ id }) => id === "copies").map(({ on, says, why }) => [on, sentence(says), why]);
  const steps = rows
    .filter(
      (row) =>
        row.leg !== "auth" && row.why !== undefined && row.wayBack === undefined && (row.when?.(ANY) ?? true) && said(row, ANY).length > 0,
    )
    .map((row) => [place(row), sentence(said(row, ANY).join("; ")), row.why!]);
  return table(["", "On", "Step", "Why here"], numbered([...legs, ...steps]));
}

/** Every step, with the name that journals and conditions know it by. */
export function rotationTable(): string {
  return LEGS.map(({ id, by, on, says, why }) => {
    const steps = of(id).map((row) => {
      const what = said(row, WHOLE).join("; ") || row.silent!;
      const notes = [
        row.drained ? "transport is stopped" : "",
        row.wayBack ? "on the way back alone" : "",
        row.isCheck ? "before the first change" : "",
        row.only ? `with ${row.only} alone` : "",
      ].filter(Boolean);
      return [`\`${row.id}\``, RESOURCES[row.by], place(row), sentence(what), notes.join(", "), row.why ?? ""];
    });
    const head = `**${sentence(id)}**: ${says}. By ${by}, on ${on}: ${why}.`;
    return steps.length === 0 ? head : `${head}\n\n${table(["Step", "By", "On", "What", "When", "Why here"], steps)}`;
  }).join("\n\n");
}
