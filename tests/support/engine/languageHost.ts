/**
 * A Node language host for tests, where the CLI comes without one: a program on PATH, as the official one is, so that a plain `pulumi up` runs
 * the program in a process of its own with the CLI's environment. The program is the module that `TEST_PROGRAM` names. It runs it with the
 * SDK's own server for inline programs.
 */
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { Server, ServerCredentials, type ServiceDefinition } from "@grpc/grpc-js";

/** What the SDK has, but not in its types. */
interface Internals {
  LanguageServer: new (program: () => Promise<unknown>) => object;
  LanguageRuntimeService: ServiceDefinition;
}
type Program = Record<string, unknown> & { default?: () => unknown };

/** Puts the launcher into a folder; the rest of the environment comes with it. */
export function languageHostIn(folder: string, program: string): { [name: string]: string } {
  mkdirSync(folder, { recursive: true });
  const launcher = path.join(folder, "pulumi-language-nodejs");
  writeFileSync(launcher, `#!/bin/sh\nexec "${process.execPath}" "${__filename}" "$@"\n`);
  chmodSync(launcher, 0o755);
  return { PATH: [folder, process.env.PATH].join(path.delimiter), TEST_PROGRAM: program };
}

async function serve(): Promise<void> {
  const load = createRequire(__filename);
  const { LanguageServer } = load("@pulumi/pulumi/automation/server") as Pick<Internals, "LanguageServer">;
  const { LanguageRuntimeService } = load("@pulumi/pulumi/proto/language_grpc_pb") as Pick<Internals, "LanguageRuntimeService">;
  // A module that exports a function is called; an ordinary program registers its resources while it is being loaded.
  const program = async (): Promise<unknown> => {
    const loaded = load(process.env.TEST_PROGRAM!) as Program;
    return loaded.default ? await loaded.default() : loaded;
  };
  const server = new Server();
  server.addService(LanguageRuntimeService, new LanguageServer(program) as never);
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error) throw error;
    process.stdout.write(`${port}\n`);
  });
}

if (require.main === module) void serve();
