/** What reaches an organisation from outside while a case runs. */

/** A sender tries the mail exchangers in this order, and keeps what none of them takes. */
export interface Mail {
  id: string;
  to: string;
  servers: string[];
}

/** What an administrator may type meanwhile; operatorEdits.ts has the commands. */
export type OperatorEdit = "comment" | "size";
