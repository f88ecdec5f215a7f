/** Pulumi's dynamic-provider process, driven over gRPC as the engine drives it, without engine or CLI. */
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createInterface } from "node:readline";
import * as grpc from "@grpc/grpc-js";
import * as providerRpc from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as provider from "@pulumi/pulumi/proto/provider_pb";
import * as status from "@pulumi/pulumi/proto/status_pb";
import type { JsonObject } from "../../provider/base/json";

const { Struct } = require("google-protobuf/google/protobuf/struct_pb.js") as {
  Struct: { fromJavaScript(value: object): never };
};

/** Folder of the compiled package: what `dist/` is in an installed one. */
const BUILT = path.resolve(__dirname, "..", "..");

/** A failed create or update as the engine gets it. */
export class InitFailed extends Error {
  constructor(
    readonly id: string,
    readonly properties: JsonObject,
    readonly reasons: string[],
  ) {
    super(reasons.join("; "));
  }
}

/** Result of Diff in the words of the engine. */
export interface EngineDiff {
  changes: "unknown" | "none" | "some";
  replaces: string[];
}

/** Options of {@link DynamicProvider.start}. */
export interface StartOptions {
  /** Stack configuration, keys as `namespace:key`. */
  config?: Record<string, string>;
  env?: NodeJS.ProcessEnv;
  /** A compiled module that the process loads first. */
  preload?: string;
}

/** A running provider process in a project folder of its own. */
export class DynamicProvider {
  /** Everything that the process printed: what a user would see. */
  output = "";

  private constructor(
    private readonly child: ChildProcess,
    private readonly client: grpc.Client & Record<string, Call>,
    private readonly folder: string,
  ) {}

  static async start(options: StartOptions = {}): Promise<DynamicProvider> {
    const folder = projectFolder();
    const main = require.resolve("@pulumi/pulumi/cmd/dynamic-provider");
    const flags = options.preload ? ["--require", options.preload] : [];
    const env = { ...process.env, PULUMI_NODEJS_PROJECT: "project", ...options.env };
    const child = spawn(process.execPath, [...flags, main, "127.0.0.1:0"], { cwd: folder, env, stdio: ["ignore", "pipe", "pipe"] });
    const lines = createInterface({ input: child.stdout });
    const port = await new Promise<string>((resolve, reject) => {
      lines.once("line", resolve);
      child.once("exit", (code) => reject(new Error(`the provider process ended with ${code}`)));
    });
    const Client = providerRpc.ResourceProviderClient as unknown as new (
      address: string,
      credentials: grpc.ChannelCredentials,
    ) => grpc.Client & Record<string, Call>;
    const started = new DynamicProvider(child, new Client(`127.0.0.1:${port}`, grpc.credentials.createInsecure()), folder);
    lines.on("line", (line) => (started.output += `${line}\n`));
    child.stderr.on("data", (text: Buffer) => (started.output += text.toString()));
    await started.configure(options.config ?? {});
    return started;
  }

  async stop(): Promise<void> {
    this.client.close();
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.kill("SIGINT");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private async configure(config: Record<string, string>): Promise<void> {
    const request = new provider.ConfigureRequest();
    request.setArgs(Struct.fromJavaScript(config));
    await this.call("configure", request);
  }

  async check(olds: JsonObject, news: JsonObject): Promise<{ inputs: JsonObject; failures: { property: string; reason: string }[] }> {
    const request = new provider.CheckRequest();
    request.setOlds(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    const response = (await this.call("check", request)) as provider.CheckResponse;
    const failures = response.getFailuresList().map((failure) => ({ property: failure.getProperty(), reason: failure.getReason() }));
    return { inputs: response.getInputs()!.toJavaScript(), failures };
  }

  async diff(id: string, olds: JsonObject, news: JsonObject): Promise<EngineDiff> {
    const request = new provider.DiffRequest();
    request.setId(id);
    request.setOlds(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    const response = (await this.call("diff", request)) as provider.DiffResponse;
    const changes = (["unknown", "none", "some"] as const)[response.getChanges()];
    return { changes, replaces: response.getReplacesList() };
  }

  async create(inputs: JsonObject): Promise<{ id: string; outs: JsonObject }> {
    const request = new provider.CreateRequest();
    request.setProperties(Struct.fromJavaScript(inputs));
    const response = (await this.call("create", request)) as provider.CreateResponse;
    return { id: response.getId(), outs: response.getProperties()!.toJavaScript() };
  }

  async update(id: string, olds: JsonObject, news: JsonObject): Promise<JsonObject> {
    const request = new provider.UpdateRequest();
    request.setId(id);
    request.setOlds(Struct.fromJavaScript(olds));
    request.setNews(Struct.fromJavaScript(news));
    const response = (await this.call("update", request)) as provider.UpdateResponse;
    return response.getProperties()!.toJavaScript();
  }

  async read(id: string, props: JsonObject): Promise<{ id: string; props: JsonObject; inputs?: JsonObject }> {
    const request = new provider.ReadRequest();
    request.setId(id);
    request.setProperties(Struct.fromJavaScript(props));
    const response = (await this.call("read", request)) as provider.ReadResponse;
    const inputs = response.getInputs()?.toJavaScript();
    return { id: response.getId(), props: response.getProperties()!.toJavaScript(), inputs };
  }

  async delete(id: string, props: JsonObject): Promise<void> {
    const request = new provider.DeleteRequest();
    request.setId(id);
    request.setProperties(Struct.fromJavaScript(props));
    await this.call("delete", request);
  }

  private call(method: string, request: unknown): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.client[method].call(this.client, request, (error, response) => (error ? reject(failureOf(error)) : resolve(response)));
    });
  }
}

type Call = (request: unknown, callback: (error: grpc.ServiceError | null, response: unknown) => void) => void;

/** Unpacks what the engine would: id, properties and reasons of a resource that exists but is not finished. */
function failureOf(error: grpc.ServiceError): Error {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!Buffer.isBuffer(packed)) return error;
  const [detail] = status.Status.deserializeBinary(packed).getDetailsList();
  const failed = provider.ErrorResourceInitFailed.deserializeBinary(detail.getValue_asU8());
  return new InitFailed(failed.getId(), failed.getProperties()!.toJavaScript(), failed.getReasonsList());
}

/** A user's project: it finds the SDK and this package in its node_modules, the package as npm would install it. */
function projectFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-protocol-"));
  const modules = path.join(folder, "node_modules");
  mkdirSync(path.join(modules, "pulumi-exchange"), { recursive: true });
  symlinkSync(path.join(installedModules(), "@pulumi"), path.join(modules, "@pulumi"));
  symlinkSync(BUILT, path.join(modules, "pulumi-exchange", "dist"));
  const exports = { ".": "./dist/provider/index.js", "./runtime": "./dist/provider/runtime.js" };
  writeFileSync(path.join(modules, "pulumi-exchange", "package.json"), JSON.stringify({ name: "pulumi-exchange", exports }));
  return folder;
}

/** The node_modules folder that holds the SDK. */
export function installedModules(): string {
  for (let folder = __dirname; ; folder = path.dirname(folder)) {
    const modules = path.join(folder, "node_modules");
    if (existsSync(path.join(modules, "@pulumi", "pulumi"))) return modules;
    if (folder === path.dirname(folder)) throw new Error("no node_modules with @pulumi/pulumi above this file");
  }
}
