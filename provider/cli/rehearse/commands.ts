/**
 * `@pulumi/command` in a rehearsal: a provider that runs nothing and writes down what would have been run. The engine talks to it instead of
 * the plugin (`PULUMI_DEBUG_PROVIDERS`), so that no command can reach a real load balancer, a deleted one's neither.
 */
import { createRequire } from "node:module";
import type * as grpc from "@grpc/grpc-js";
import * as provider from "@pulumi/pulumi/proto/provider_pb";

/** A command that was not run. */
export interface NotRun {
  /** `create`, `update` or `delete`. */
  when: string;
  host: string;
  command: string;
}

interface Bag {
  [name: string]: unknown;
}
interface Message {
  getProperties?(): { toJavaScript(): Bag } | undefined;
  getOlds?(): { toJavaScript(): Bag } | undefined;
  getNews?(): { toJavaScript(): Bag } | undefined;
  getId?(): string;
}
type Answer = (request: Message) => object;

// The SDK's own gRPC and protobuf: their messages are made of no others.
const ofSdk = createRequire(require.resolve("@pulumi/pulumi"));
const struct = (bag: Bag): never =>
  (ofSdk("google-protobuf/google/protobuf/struct_pb.js") as { Struct: { fromJavaScript(bag: Bag): never } }).Struct.fromJavaScript(bag);
const empty = (): object => new (ofSdk("google-protobuf/google/protobuf/empty_pb.js") as { Empty: new () => object }).Empty();

export class Commands {
  /** In the order in which they would have run. */
  readonly notRun: NotRun[] = [];
  private made = 0;

  private constructor(
    private readonly server: grpc.Server,
    /** For the environment of every run. */
    readonly variables: { [name: string]: string },
  ) {}

  static async start(): Promise<Commands> {
    const { Server, ServerCredentials } = ofSdk("@grpc/grpc-js") as typeof grpc;
    const { ResourceProviderService } = ofSdk("./proto/provider_grpc_pb") as { ResourceProviderService: grpc.ServiceDefinition };
    const server = new Server();
    const variables: { [name: string]: string } = {};
    const commands = new Commands(server, variables);
    server.addService(ResourceProviderService, commands.service());
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    variables.PULUMI_DEBUG_PROVIDERS = `command:${port}`;
    return commands;
  }

  close(): void {
    this.server.forceShutdown();
  }

  /** What is not here is answered with UNIMPLEMENTED, as by any provider that does not have it. */
  private service(): grpc.UntypedServiceImplementation {
    const answers: { [method: string]: Answer } = {
      attach: empty,
      cancel: empty,
      checkConfig: (request) => checked(request),
      diffConfig: () => new provider.DiffResponse(),
      configure: () => new provider.ConfigureResponse(),
      check: (request) => checked(request),
      diff: (request) => compared(request),
      create: (request) => this.create(request),
      update: (request) => this.update(request),
      delete: (request) => this.remove(request),
      read: (request) => echoed(request),
      getPluginInfo: pluginInfo,
    };
    const handle =
      (answer: Answer): grpc.UntypedHandleCall =>
      (call: { request: Message }, done: (error: null, response: object) => void) =>
        done(null, answer(call.request));
    return Object.fromEntries(Object.entries(answers).map(([method, answer]) => [method, handle(answer)]));
  }

  private create(request: Message): object {
    const bag = request.getProperties?.()?.toJavaScript() ?? {};
    this.note("create", bag, "create");
    const response = new provider.CreateResponse();
    response.setId(`not-run-${++this.made}`);
    response.setProperties(struct(outputs(bag)));
    return response;
  }

  private update(request: Message): object {
    const bag = request.getNews?.()?.toJavaScript() ?? {};
    this.note("update", bag, "update", "create");
    const response = new provider.UpdateResponse();
    response.setProperties(struct(outputs(bag)));
    return response;
  }

  private remove(request: Message): object {
    this.note("delete", request.getProperties?.()?.toJavaScript() ?? {}, "delete");
    return empty();
  }

  private note(when: string, bag: Bag, ...names: string[]): void {
    const command = names.map((name) => bag[name]).find((text) => typeof text === "string");
    const { host } = (bag.connection ?? {}) as { host?: unknown };
    if (command !== undefined) this.notRun.push({ when, host: typeof host === "string" ? host : "this machine", command: String(command) });
  }
}

/** The version that the program's package asks for. */
function pluginInfo(): object {
  const { PluginInfo } = ofSdk("./proto/plugin_pb") as { PluginInfo: new () => { setVersion(version: string): void } };
  const { version } = require("@pulumi/command/package.json") as { version: string };
  const info = new PluginInfo();
  info.setVersion(version);
  return info;
}

const outputs = (bag: Bag): Bag => ({ stdout: "", stderr: "", ...bag });

function checked(request: Message): object {
  const response = new provider.CheckResponse();
  response.setInputs(struct(request.getNews?.()?.toJavaScript() ?? {}));
  return response;
}

function echoed(request: Message): object {
  const response = new provider.ReadResponse();
  response.setId(request.getId?.() ?? "");
  response.setProperties(struct(request.getProperties?.()?.toJavaScript() ?? {}));
  return response;
}

/** The plugin adds defaults to what a program gives: only what the program says is compared. New triggers replace. */
function compared(request: Message): object {
  const [olds, news] = [request.getOlds?.()?.toJavaScript() ?? {}, request.getNews?.()?.toJavaScript() ?? {}];
  const differ = Object.keys(news).filter((name) => !covers(olds[name], news[name]));
  const response = new provider.DiffResponse();
  response.setChanges(differ.length > 0 ? provider.DiffResponse.DiffChanges.DIFF_SOME : provider.DiffResponse.DiffChanges.DIFF_NONE);
  response.setDiffsList(differ);
  response.setReplacesList(differ.filter((name) => name === "triggers"));
  return response;
}

function covers(old: unknown, now: unknown): boolean {
  if (typeof now !== "object" || now === null || Array.isArray(now)) return JSON.stringify(old) === JSON.stringify(now);
  return typeof old === "object" && old !== null && Object.entries(now).every(([name, value]) => covers((old as Bag)[name], value));
}
