/** What somebody types at a server in the middle of a rotation, and what of it has to survive. */
import type { OperatorEdit } from "./outside";
import type { World } from "./world";

interface Edit {
  run: (world: World) => void;
  /** Connector → properties as they are afterwards. */
  changes: { [connector: string]: { [property: string]: unknown } };
}
const type = (world: World, cmdlet: string, parameters: { [name: string]: string | boolean }): void => {
  void world.organisation.invoke({ host: "MBX01", cmdlet, parameters }).catch(() => undefined);
};

export const OPERATOR_EDITS = {
  comment: {
    run: (world) => type(world, "Set-SendConnector", { Identity: "Partner litware", Comment: "edited meanwhile", Confirm: false }),
    changes: { "Partner litware": { Comment: "edited meanwhile" } },
  },
  size: {
    run: (world) =>
      type(world, "Set-SendConnector", { Identity: "Outbound to Office 365", ProtocolLoggingLevel: "Verbose", Confirm: false }),
    changes: { "Outbound to Office 365": { ProtocolLoggingLevel: "Verbose" } },
  },
} satisfies { [name in OperatorEdit]: Edit };
