/** Get-MessageTrackingLog. // [PS:Get-MessageTrackingLog] */
import type { Call, Cmdlet, Objects } from "./binding";
import { notFound, taskError } from "./errors";

export const getMessageTrackingLog: Cmdlet = {
  name: "Get-MessageTrackingLog",
  parameters: () => ({
    ...{ Server: "string", Start: "any", End: "any", EventId: "string", MessageId: "string", Source: "string" },
    ...{ Sender: "string", Recipients: "strings", MessageSubject: "string", ResultSize: "any" },
  }),
  run(call) {
    const named = call.values.Server as string | undefined;
    const server = named ? call.lab.world.findServer(named) : call.server;
    if (!server || (server !== call.server && (call.server.role === "Edge" || server.role === "Edge")))
      throw notFound(call.cmdlet, named ?? "");
    // the search is a service of its own
    if (server.service("MSExchangeTransportLogSearch")?.status === "Stopped") {
      throw taskError(
        call.cmdlet,
        "Microsoft.Exchange.Data.LocalizedException",
        "ReadError",
        `The Microsoft Exchange Transport Log Search service on computer '${server.name}' is not running.`,
      );
    }
    const rows = call.lab.mail.tracking.of(server).filter((row) => wanted(call, row));
    const limit = typeof call.values.ResultSize === "string" ? Infinity : ((call.values.ResultSize as number | undefined) ?? 1000);
    return rows.slice(0, limit).map((row): Objects[number] => ({
      Timestamp: row.time,
      ClientHostname: "",
      ServerHostname: row.serverHostname,
      ConnectorId: row.connectorId,
      Source: row.source,
      EventId: row.eventId,
      MessageId: `<${row.messageId}>`,
      Sender: row.sender,
      Recipients: row.recipient ? [row.recipient] : [],
      MessageSubject: row.subject,
      RecipientCount: row.recipient ? 1 : 0,
      RecipientStatus: [],
      RelatedRecipientAddress: "",
      Directionality: "Incoming",
    }));
  },
};

type Row = ReturnType<Call["lab"]["mail"]["tracking"]["of"]>[number];

/** `-Start` counts from that moment, `-End` up to before it: a row on a border is found once. */
function wanted({ values }: Call, row: Row): boolean {
  const equal = (given: unknown, value: string): boolean => given === undefined || String(given).toLowerCase() === value.toLowerCase();
  const [start, end] = [moment(values.Start), moment(values.End)];
  if (start && row.time < start) return false;
  if (end && row.time >= end) return false;
  const recipients = values.Recipients as string[] | undefined;
  if (recipients && !recipients.some((one) => equal(one, row.recipient))) return false;
  if (values.MessageSubject !== undefined && !row.subject.includes(String(values.MessageSubject))) return false;
  return (
    equal(values.EventId, row.eventId) &&
    equal(values.Source, row.source) &&
    equal(values.Sender, row.sender) &&
    equal(values.MessageId, `<${row.messageId}>`)
  );
}

function moment(value: unknown): Date | null {
  if (value === undefined || value === null) return null;
  const date = value instanceof Date ? value : new Date(String(value));
  return Number.isNaN(date.getTime()) ? null : date;
}
