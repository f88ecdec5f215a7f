/** Paths of the working folder: relative, with forward slashes, at most four segments, nothing outside. */
import { AgentFailure } from "./failure";

/** No leading dot or hyphen (the agent's own files have one), no trailing dot (Windows drops it). */
const SEGMENT = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9_-])?$/;
const RESERVED = /^(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|$)/i;
const MAX_DEPTH = 4;
const MAX_LENGTH = 200;

/** Throws `NotAllowed` for a path that could leave the folder. */
export function checkPath(path: string): string {
  const segments = path.split("/");
  const short = path.length <= MAX_LENGTH && segments.length <= MAX_DEPTH;
  const good = short && segments.every((part) => SEGMENT.test(part) && !RESERVED.test(part));
  if (!good) throw new AgentFailure("NotAllowed", `The path ${JSON.stringify(path)} is outside the working folder's rules.`);
  return path;
}
