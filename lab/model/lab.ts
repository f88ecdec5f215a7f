/** The rooms of one organisation, as the cmdlets use them. */
import type { AuthConfig } from "./authConfig";
import type { EdgeSync } from "./edgesync";
import type { Mail } from "./mail";
import type { Services } from "./services";
import type { Transport } from "./transport";
import type { World } from "./world";

export interface Lab {
  readonly world: World;
  readonly services: Services;
  readonly transport: Transport;
  readonly edgeSync: EdgeSync;
  readonly mail: Mail;
  readonly authConfig: AuthConfig;
  /** A copy of a real organisation: what it has exported stands for the real certificates. */
  readonly isCopy: boolean;
}
