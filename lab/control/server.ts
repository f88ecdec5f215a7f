/** HTTP around the routes: loopback only, strict about methods, paths and bodies. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { closeServer, listen } from "../doors/listen";
import { type Controlled, ControlError, ROUTES } from "./routes";

const MAX_BODY = 1_000_000;

export interface ControlServer {
  url: string;
  close(): Promise<void>;
}

export async function startControl(lab: Controlled, address: string): Promise<ControlServer> {
  const server: Server = createServer((request, response) => void answer(lab, request, response));
  const port = await listen(server, address);
  return {
    url: `http://${address}:${port}`,
    close: async () => {
      server.closeAllConnections();
      await closeServer(server);
    },
  };
}

async function answer(lab: Controlled, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    send(response, 200, await route(lab, request));
  } catch (error) {
    const known = error instanceof ControlError;
    const text = error instanceof Error ? error.message : String(error);
    // What the model refuses (an unknown toggle) is the caller's mistake as well.
    send(response, known ? error.status : 400, { error: text, ...(known ? error.extra : {}) });
  }
}

async function route(lab: Controlled, request: IncomingMessage): Promise<unknown> {
  const path = (request.url ?? "/").split("?")[0];
  const methods = Object.hasOwn(ROUTES, path) ? ROUTES[path] : undefined;
  if (!methods) throw new ControlError(404, `Unknown path ${path}. Known: ${Object.keys(ROUTES).join(", ")}.`);
  const method = request.method ?? "GET";
  const handler = Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (!handler) throw new ControlError(405, `${path} knows ${Object.keys(methods).join(", ")} only.`);
  return handler(lab, method === "POST" ? await readJson(request) : undefined);
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > MAX_BODY) throw new ControlError(413, `A body may have ${MAX_BODY} bytes.`);
    chunks.push(chunk as Buffer);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString("utf8")) as unknown;
  } catch {
    throw new ControlError(400, "The body is not JSON.");
  }
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8" });
  response.end(JSON.stringify(body));
}
