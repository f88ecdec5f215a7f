/**
 * `npx pulumi-exchange rehearse` as it is typed: a plain `pulumi up` with the program in a process of its own. The "real" servers are one lab, the
 * copy that the command makes is another one; what reaches the first is counted at its doors.
 */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { issuedCertificates } from "../../../lab/issued";
import type { Lab } from "../../../lab/start";
import { findPulumi, openWorkspace, type Workspace } from "../../../tools/demo/workspace";
import { cli, ended, hostsFile, startCli, type Ended } from "../../contract/cli/support";
import { startTestLab } from "../lab";
import { languageHostIn } from "./languageHost";

export interface Options {
  /** The module that is the program. */
  program: string;
  /** What is rehearsed against: a file of the copy, or the servers, which are read first by one connection each. */
  scenario: string | "live";
  options?: string[];
  env?: { [name: string]: string };
  /** A folder that goes before all others on PATH. */
  first?: string;
  /** While it runs. */
  meanwhile?: (child: ReturnType<typeof startCli>) => Promise<void>;
}

/** A lab that stands for the real servers, with a stack of the user's. */
export class Real {
  /** Connections to what must not be reached beside the servers. */
  reached = 0;

  private constructor(
    readonly lab: Lab,
    readonly folder: string,
    readonly temporary: string,
    readonly workspace: Workspace,
  ) {}

  static async open(scenario: string): Promise<Real> {
    const lab = await startTestLab({ scenario });
    const [folder, temporary] = ["real", "temporary"].map((name) => mkdtempSync(path.join(os.tmpdir(), `pulumi-exchange-${name}-`)));
    return new Real(
      lab,
      folder,
      temporary,
      await openWorkspace(folder, await findPulumi(), lab.ready.hosts, issuedCertificates(lab.organisation)),
    );
  }

  async close(): Promise<void> {
    await this.lab.close();
    for (const one of [this.folder, this.temporary]) rmSync(one, { recursive: true, force: true });
  }

  /** A plain run of the user's on the real servers. */
  async up(program: string, env: { [name: string]: string } = {}): Promise<void> {
    const variables = {
      ...process.env,
      ...this.workspace.stack.workspace.envVars,
      ...languageHostIn(path.join(this.temporary, "host"), program),
      ...env,
    };
    const { code, out, err } = await ended(spawn("pulumi", ["up", "--yes", "--stack", "demo"], { cwd: this.folder, env: variables }));
    assert.equal(code, 0, out + err);
  }

  /** The copy of the servers as they are now. */
  async snapshot(): Promise<string> {
    const file = path.join(this.folder, "organisation.json");
    const taken = await cli(["snapshot", "--hosts", await hostsFile(this.lab), "-o", file]);
    assert.equal(taken.code, 0, taken.out + taken.err);
    return file;
  }

  /** Holds every time that nothing of the user's was written, no server was connected to, and nothing is left behind. */
  async rehearse({ program, scenario, options = [], env = {}, first, meanwhile }: Options): Promise<Ended> {
    const host = languageHostIn(path.join(this.temporary, "host"), program);
    const PATH = first ? `${first}${path.delimiter}${host.PATH}` : host.PATH;
    const TMPDIR = path.join(this.temporary, "private");
    mkdirSync(TMPDIR);
    const live = scenario === "live";
    const copy = live ? ["--hosts", await hostsFile(this.lab)] : ["--scenario", scenario];
    const [before, dialled] = [this.belongings(), this.connections()];
    const variables = { ...this.workspace.stack.workspace.envVars, ...host, PATH, TMPDIR, ...env };
    const child = startCli(["rehearse", ...copy, ...options, "--", "pulumi", "up", "--yes"], variables, this.folder);
    try {
      const [result] = await Promise.all([ended(child), meanwhile?.(child)]);
      return result;
    } finally {
      assert.equal(this.connections() - dialled, live ? this.lab.hosts.size : 0, "connections to the real servers");
      assert.deepEqual(this.belongings(), before, "the user's own files");
      const left = readdirSync(TMPDIR).filter((name) => name.startsWith("pulumi-exchange-rehearsal-"));
      rmSync(TMPDIR, { recursive: true });
      assert.deepEqual(left, [], "what is left behind");
    }
  }

  private connections(): number {
    return this.reached + [...this.lab.hosts.values()].reduce((sum, { ssh }) => sum + ssh.connections.length, 0);
  }

  /** Everything of the user's that a run could write, by content; the CLI's own logs of what it read are left out. */
  private belongings(at = this.folder): { [file: string]: string } {
    const inside = readdirSync(at, { withFileTypes: true }).filter(({ name }) => name !== "logs");
    const entries = inside.flatMap((one): [string, string][] => {
      const full = path.join(at, one.name);
      if (one.isDirectory()) return Object.entries(this.belongings(full));
      return one.isFile() ? [[full, createHash("sha256").update(readFileSync(full)).digest("hex")]] : [];
    });
    return Object.fromEntries(entries);
  }
}
