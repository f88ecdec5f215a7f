/** Projects outside of the repository, with the package installed from its tarball, as users have them. */
import { deepStrictEqual } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../provider/remote/agentScript";
import { progress } from "../../tools/testing/patience";

export type Manager = "npm" | "pnpm" | "yarn";
/** Each in one call for all projects of the folder. */
const INSTALL: { [manager in Manager]: string[] } = {
  npm: ["install", "--no-audit", "--no-fund", "--ignore-scripts"],
  pnpm: ["install", "--ignore-scripts", "--no-frozen-lockfile"],
  yarn: ["install", "--mode=skip-build", "--no-immutable"],
};
/** pnpm and yarn are packages here; npm comes with Node. */
const PROGRAM: { [manager in Manager]?: string } = { pnpm: "pnpm/bin/pnpm.cjs", yarn: "@yarnpkg/cli-dist/bin/yarn.js" };

export interface Ran {
  code: number | null;
  output: string;
}

export async function run(command: string, args: string[], cwd: string, env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const child = spawn(command, args, {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    shell: process.platform === "win32",
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      progress();
    });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, output };
}

interface Package {
  name: string;
  dependencies: { [name: string]: string };
}

/** Packs what is built, into the folder; the file's name. @throws Error with what npm says */
export async function packInto(folder: string): Promise<string> {
  const { code, output } = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], packageRoot(__dirname));
  const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
  if (code !== 0 || !tarball) throw new Error(`npm pack: ${output}`);
  return path.join(folder, tarball);
}

export class Outside {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-outside-"));
  private readonly projects: string[] = [];

  /** @param tarball the packed package; @param registry URL of what has everything else */
  constructor(
    private readonly tarball: string,
    private readonly registry: string,
  ) {}

  /** Copies an example as somebody would. */
  copy(example: string): void {
    const keep = (file: string): boolean => !/node_modules|[\\/]bin$/.test(file);
    cpSync(path.join(packageRoot(__dirname), "examples", example), path.join(this.folder, example), { recursive: true, filter: keep });
    this.point(example);
  }

  write(project: string, files: { [file: string]: string }): void {
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(this.folder, project, file)), { recursive: true });
      writeFileSync(path.join(this.folder, project, file), text);
    }
    this.point(project);
  }

  /** Nothing is published yet: the version that a project asks for is the tarball's. */
  private point(project: string): void {
    const file = path.join(this.folder, project, "package.json");
    const found = JSON.parse(readFileSync(file, "utf8")) as Package;
    if (!/^\^\d/.test(found.dependencies["pulumi-exchange"]))
      throw new Error(`${project} asks for ${found.dependencies["pulumi-exchange"]}`);
    found.dependencies["pulumi-exchange"] = `file:${this.tarball}`;
    writeFileSync(file, JSON.stringify(found));
    this.projects.push(project);
  }

  /** One install for all projects. @throws Error with what the manager says */
  async install(manager: Manager): Promise<void> {
    this.settings(manager);
    const program = PROGRAM[manager];
    const [command, first] = program ? [process.execPath, [path.join(packageRoot(__dirname), "node_modules", program)]] : [manager, []];
    const { code, output } = await run(command, [...first, ...INSTALL[manager]], this.folder, this.environment());
    if (code !== 0) throw new Error(`${manager}: ${output}`);
  }

  /** Plug'n'Play cannot work with Pulumi, whose plugins look for node_modules. */
  private settings(manager: Manager): void {
    const write = (file: string, ...lines: string[]): void => writeFileSync(path.join(this.folder, file), lines.join("\n") + "\n");
    write("package.json", JSON.stringify({ name: "outside", private: true, workspaces: this.projects }));
    if (manager === "pnpm") write("pnpm-workspace.yaml", "packages:", ...this.projects.map((one) => `  - ${one}`), "nodeLinker: hoisted");
    // Without a file of its own yarn takes the next folder above that has one for the project.
    if (manager === "yarn") write("yarn.lock");
    if (manager === "yarn") write(".yarnrc.yml", "nodeLinker: node-modules");
  }

  /** Caches and settings of this folder alone: what somebody's own say must not matter. */
  private environment(): NodeJS.ProcessEnv {
    const own = (name: string): string => path.join(this.folder, name);
    return {
      ...{
        npm_config_registry: this.registry,
        npm_config_cache: own(".npm"),
        npm_config_userconfig: own(".npmrc-user"),
        npm_config_globalconfig: own(".npmrc-global"),
      },
      ...{ npm_config_store_dir: own(".store"), XDG_CACHE_HOME: own(".cache"), npm_config_update_notifier: "false", CI: "" },
      ...{ YARN_NPM_REGISTRY_SERVER: this.registry, YARN_UNSAFE_HTTP_WHITELIST: "127.0.0.1", YARN_ENABLE_TELEMETRY: "false" },
      ...{ YARN_GLOBAL_FOLDER: own(".yarn-global"), YARN_ENABLE_IMMUTABLE_INSTALLS: "false" },
    };
  }

  /**
   * With the TypeScript that was installed, beside the sources, as Pulumi runs them; all projects in one run, because they have the same
   * settings. What the compiler says, empty when it has nothing to say.
   */
  async compile(): Promise<string> {
    const settings = this.projects.map((project) => this.settingsOf(project));
    deepStrictEqual(
      settings,
      settings.map(() => settings[0]),
      "compiler settings of the projects",
    );
    const compilerOptions = { ...settings[0], outDir: ".", rootDir: "." };
    const files = this.projects.map((project) => `${project}/index.ts`);
    writeFileSync(path.join(this.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    const compiler = path.join(this.folder, "node_modules", "typescript", "bin", "tsc");
    const { code, output } = await run(process.execPath, [compiler, "-p", "."], this.folder);
    return code === 0 ? "" : output || `code ${code}`;
  }

  /** But for where the output goes. */
  private settingsOf(project: string): object {
    const text = readFileSync(path.join(this.folder, project, "tsconfig.json"), "utf8");
    const { compilerOptions } = JSON.parse(text) as { compilerOptions: { [name: string]: unknown } };
    const { outDir: _outDir, noEmit: _noEmit, ...rest } = compilerOptions;
    return rest;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }
}
