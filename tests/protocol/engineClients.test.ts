/** The engine tests' own ground: an engine's client does not meet what is left of an earlier one. */
import assert from "node:assert/strict";
import { credentials, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import { GetRootResourceRequest } from "@pulumi/pulumi/proto/engine_pb";
import * as settings from "@pulumi/pulumi/runtime/settings";
import "../support/engine/clients";

const { grpcClientOptions } = settings as unknown as { grpcClientOptions: object };

describe("clients of inline programs", () => {
  const clients: EngineClient[] = [];
  const servers: Server[] = [];
  after(() => {
    for (const one of clients) one.close();
    for (const one of servers) one.forceShutdown();
  });

  /** An engine that knows no call; port 0: any. */
  async function engine(port: number): Promise<{ server: Server; port: number }> {
    const server = new Server();
    servers.push(server);
    const bound = await new Promise<number>((resolve, reject) =>
      server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => (error ? reject(error) : resolve(at))),
    );
    return { server, port: bound };
  }

  /** The status of a call, as the SDK's client of that engine gets it. */
  function answer(port: number): Promise<status> {
    const client = new EngineClient(`127.0.0.1:${port}`, credentials.createInsecure(), grpcClientOptions);
    clients.push(client);
    return new Promise((resolve) =>
      client.getRootResource(new GetRootResourceRequest(), (error: ServiceError | null) => resolve(error?.code ?? status.OK)),
    );
  }

  it("reach an engine at once where another one could not be reached before", async () => {
    const gone = await engine(0);
    gone.server.forceShutdown();
    assert.equal(await answer(gone.port), status.UNAVAILABLE);
    await engine(gone.port);
    assert.equal(await answer(gone.port), status.UNIMPLEMENTED);
  });
});
