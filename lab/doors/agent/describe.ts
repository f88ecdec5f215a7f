/** How an operation appears in the history. */
import { isMutation } from "../../../provider/remote/protocol";
import { digest, forHistory } from "../history";
import type { Params, Request } from "./requests";
import { decodeParameters } from "./values";

const SERVICE_VERBS: { [op: string]: string } = {
  "service.status": "Get-Service",
  "service.suspend": "Suspend-Service",
  "service.resume": "Resume-Service",
  "service.stop": "Stop-Service",
  "service.start": "Start-Service",
  "service.restart": "Restart-Service",
};

/** The name under which history and faults know an operation. */
export function callName(request: Request): string {
  if (request.op === "invoke") return (request.params as Params<"invoke">).cmdlet;
  return SERVICE_VERBS[request.op] ?? request.op;
}

/** Whether the request changes Exchange or the host (and so needs a fence). */
export function mutates(request: Request): boolean {
  return isMutation(request.op, request.op === "invoke" ? callName(request) : "");
}

/** Parameters without secrets and bulk. */
export function describeParameters(request: Request): { [name: string]: unknown } {
  if (request.op === "invoke") {
    const { parameters } = request.params as Params<"invoke">;
    return forHistory(decodeParameters(parameters)) as { [name: string]: unknown };
  }
  if (request.op.startsWith("service.")) {
    const { name, ...rest } = request.params as Params<"service.restart">;
    return { Name: name, ...(rest.keepStopped?.length ? { KeepStopped: rest.keepStopped } : {}) };
  }
  const shown = Object.entries(request.params).map(([name, value]) => [name, describeBulk(name, value)]);
  return Object.fromEntries(shown) as { [name: string]: unknown };
}

function describeBulk(name: string, value: unknown): unknown {
  if (name === "data" || name === "request") return digest(Buffer.from(String(value), name === "data" ? "base64" : "utf8"));
  if (name === "certificate") return digest(Buffer.from(String(value), "base64"));
  if (name === "certificates" || name === "chain") return (value as string[]).map((item) => digest(Buffer.from(item, "base64")));
  return forHistory(value, name);
}
