/** The message tracking log of each server, fed by the lab's own mail. // [DOC:message-tracking] */
import type { Server } from "./server";

/** Event ids that the lab's mail brings forth. // [DOC:message-tracking] */
export type TrackingEvent = "RECEIVE" | "SEND" | "SENDEXTERNAL" | "DELIVER" | "DEFER" | "FAIL";
const SOURCES: { [event in TrackingEvent]: string } = {
  RECEIVE: "SMTP",
  SEND: "SMTP",
  SENDEXTERNAL: "SMTP",
  DELIVER: "STOREDRIVER",
  DEFER: "QUEUE",
  FAIL: "QUEUE",
};

/** One row, as far as the lab knows its fields. */
export interface TrackingRow {
  time: Date;
  eventId: TrackingEvent;
  source: string;
  messageId: string;
  sender: string;
  recipient: string;
  subject: string;
  serverHostname: string;
  connectorId: string;
}
/** Newest rows that a server keeps. */
const KEPT = 50_000;

export class Tracking {
  private readonly rows = new Map<string, TrackingRow[]>();

  write(server: Server, time: Date, eventId: TrackingEvent, about: Partial<TrackingRow> & { messageId: string }): void {
    const own = this.rows.get(server.name) ?? [];
    const nobody = { sender: "", recipient: "", subject: "", serverHostname: server.name, connectorId: "" };
    own.push({ ...nobody, ...about, time, eventId, source: SOURCES[eventId] });
    if (own.length > KEPT) own.shift();
    this.rows.set(server.name, own);
  }

  of(server: Server): readonly TrackingRow[] {
    return this.rows.get(server.name) ?? [];
  }
}
