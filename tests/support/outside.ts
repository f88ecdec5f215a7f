/** Projects outside of the repository, with the package installed from its tarball, as users have them. */
import { deepStrictEqual } from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageRoot } from "../../provider/remote/agentScript";
import { progress } from "../../tools/testing/patience";

export type Manager = "npm" | "pnpm" | "yarn";
/** Each in one call for all projects of the folder; Plug'n'Play cannot work with Pulumi, whose plugins look for node_modules. */
const INSTALL: { [manager in Manager]: string[] } = {
  npm: ["install", "--prefer-offline", "--no-audit", "--no-fund", "--ignore-scripts"],
  pnpm: ["install", "--prefer-offline", "--ignore-scripts", "--no-frozen-lockfile"],
  yarn: ["install", "--mode=skip-build"],
};
/** The registry cannot be reached, or a cache does not have what it takes. */
const OFFLINE =
  /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENOTCACHED|ERR_PNPM_META_FETCH_FAIL|ERR_PNPM_NO_OFFLINE|getaddrinfo|E40[34]|RequestError/;

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

export const isOnPath = (program: string): boolean =>
  (process.env.PATH ?? "").split(path.delimiter).some((folder) => ["", ".cmd"].some((end) => existsSync(path.join(folder, program + end))));

interface Package {
  name: string;
  dependencies: { [name: string]: string };
}

export class Outside {
  private constructor(
    readonly folder: string,
    private readonly tarball: string,
  ) {}

  /** Packs what is built. */
  static async make(): Promise<Outside> {
    const folder = mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-outside-"));
    const { code, output } = await run("npm", ["pack", "--ignore-scripts", "--pack-destination", folder], packageRoot(__dirname));
    const [tarball] = readdirSync(folder).filter((file) => file.endsWith(".tgz"));
    if (code !== 0 || !tarball) throw new Error(`npm pack: ${output}`);
    return new Outside(folder, tarball);
  }

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
    found.dependencies["pulumi-exchange"] = `file:../${this.tarball}`;
    writeFileSync(file, JSON.stringify(found));
  }

  /** One install for all projects of the folder. Undefined when it worked, else why it cannot be tried here. @throws Error when it fails */
  async install(manager: Manager, projects: readonly string[]): Promise<string | undefined> {
    writeFileSync(path.join(this.folder, "package.json"), JSON.stringify({ name: "outside", private: true, workspaces: projects }));
    if (manager === "pnpm")
      writeFileSync(
        path.join(this.folder, "pnpm-workspace.yaml"),
        `packages:\n${projects.map((one) => `  - ${one}\n`).join("")}nodeLinker: hoisted\n`,
      );
    if (manager === "yarn") writeFileSync(path.join(this.folder, ".yarnrc.yml"), "nodeLinker: node-modules\nenableTelemetry: false\n");
    const { code, output } = await run(manager, INSTALL[manager], this.folder, { COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" });
    if (code === 0) return undefined;
    if (OFFLINE.test(output)) return `the registry does not answer ${manager}`;
    throw new Error(`${manager}: ${output}`);
  }

  /**
   * With the TypeScript that was installed, beside the sources, as Pulumi runs them; all projects in one run, because they have the same
   * settings. What the compiler says, empty when it has nothing to say.
   */
  async compile(projects: readonly string[]): Promise<string> {
    const settings = projects.map((project) => this.settingsOf(project));
    deepStrictEqual(
      settings,
      settings.map(() => settings[0]),
      "compiler settings of the projects",
    );
    const compilerOptions = { ...settings[0], outDir: ".", rootDir: "." };
    const files = projects.map((project) => `${project}/index.ts`);
    writeFileSync(path.join(this.folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files }));
    // npm and yarn lay it into the common folder, pnpm beside each project.
    const compiler = [".", projects[0]]
      .map((one) => path.join(this.folder, one, "node_modules", "typescript", "bin", "tsc"))
      .find((one) => existsSync(one));
    const { code, output } = await run(process.execPath, [compiler!, "-p", "."], this.folder);
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
