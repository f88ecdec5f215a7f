/**
 * The SDK's gRPC clients of inline programs do not share connections. The SDK never closes them, and gRPC keeps one connection for each
 * address of a process: a client of an engine that was killed goes on dialling its port, and a client of a later engine that gets the
 * same port would inherit "no connection". The SDK takes that for an engine that is shutting down: without an error the program ends
 * early, and the engine deletes what it did not declare; or the run fails at its end, with everything done.
 */
import * as settings from "@pulumi/pulumi/runtime/settings";

// The options that the SDK makes its clients with; exported, but left out of its types.
const { grpcClientOptions } = settings as unknown as { grpcClientOptions?: Record<string, unknown> };
if (!grpcClientOptions) throw new Error("this version of @pulumi/pulumi has no grpcClientOptions");
grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
