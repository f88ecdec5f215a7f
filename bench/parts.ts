/** The parts of the benchmark, in the order in which the page has them. */
import { benchCalls } from "./calls";
import { benchCounted } from "./counted";
import { benchDistance, benchRealDistance } from "./distance";
import { benchEngine } from "./engine";
import { benchFleet, benchSynchronisations } from "./fleet";
import type { Note, Outcome } from "./measure";
import { benchOffline } from "./offline";
import { benchPowerShell } from "./powershell";
import { benchSideBySide } from "./sideBySide";

export interface Part {
  name: string;
  title: string;
  /** On two quiet cores. */
  takes: string;
  /** @param note told about each stage */
  run: (note: Note) => Promise<Outcome>;
}

export const PARTS: readonly Part[] = [
  { name: "counted", title: "An Edge's renewal, counted", takes: "1 min", run: benchCounted },
  { name: "distance", title: "A further Edge at a distance", takes: "3 min", run: benchDistance },
  { name: "distance-ps", title: "The same with a real PowerShell", takes: "10 min", run: benchRealDistance },
  { name: "sync", title: "Forced synchronisations at real latencies", takes: "10 s", run: benchSynchronisations },
  { name: "side-by-side", title: "Several Edges at once, simulated", takes: "20 s", run: benchSideBySide },
  { name: "fleet", title: "200 Edges, simulated", takes: "10 min", run: benchFleet },
  { name: "engine", title: "The engine's own cost", takes: "5 min", run: benchEngine },
  { name: "calls", title: "A call on a host", takes: "2 min", run: benchCalls },
  { name: "offline", title: "A preview", takes: "1 min", run: benchOffline },
  { name: "powershell", title: "The script in a real PowerShell", takes: "5 min", run: benchPowerShell },
];
