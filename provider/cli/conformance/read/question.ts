/** A question that changes nothing. */
import type { Answer } from "../answers";
import type { PointName } from "../points";
import type { Lookout, Server } from "../servers";

export interface ReadQuestion {
  point: PointName;
  /** Who is asked. */
  of: readonly Server["role"][];
  ask(server: Server, lookout: Lookout): Promise<Answer>;
}

export const EVERYBODY: ReadQuestion["of"] = ["Edge", "Mailbox"];
export const MAILBOX: ReadQuestion["of"] = ["Mailbox"];
export const EDGE: ReadQuestion["of"] = ["Edge"];

/** No object and no file has this name. */
export const NOBODY = "pulumi-exchange-conformance-none";
