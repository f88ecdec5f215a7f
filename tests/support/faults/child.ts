/**
 * A provider process of its own, over real SSH: runs one `up` and tells its parent every state that a backend would have kept,
 * so that a SIGKILL in the middle leaves exactly that. Started by `realProcess.ts`.
 */
import { createContext, handlers } from "../../../provider/handlers";
import { closeAll } from "../../../provider/remote/sessions";
import { releaseLeases } from "../../../provider/rotation/leasedShell";
import { Engine, type Methods, type State } from "./engine";
import { program, type Shape, type Surroundings } from "./programs";

export interface Order {
  state: State;
  shape: Shape;
  refresh: boolean;
  hosts: { [name: string]: ReturnType<Surroundings["connection"]> };
  certificates: ReturnType<Surroundings["certificate"]>[];
}
export type News = { state: State } | { ended: { ok: boolean; error?: string } };

const tell = (news: News): Promise<void> => new Promise((resolve) => process.send!(news, () => resolve()));
const methods: Methods = {
  handler: (kind) => handlers[kind as keyof typeof handlers],
  context: createContext,
  run: (work) => work(),
};

process.once("message", (order: Order) => void work(order));

async function work({ state, shape, refresh, hosts, certificates }: Order): Promise<void> {
  const engine = new Engine();
  engine.state = state;
  engine.onPersist = (kept) => void tell({ state: kept });
  const around: Surroundings = {
    connection: (name) => hosts[name],
    certificate: (name) => certificates.find((one) => one.name === name)!,
  };
  const { ok, error } = await engine.up(methods, program(around, shape), { refresh });
  await releaseLeases();
  await closeAll();
  await tell({ state: engine.state });
  await tell({ ended: { ok, ...(error && { error: error.message }) } });
  process.disconnect();
}
