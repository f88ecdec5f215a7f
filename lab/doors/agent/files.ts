/** The working folder: relative paths with forward slashes, at most four segments, nothing outside. */
import type { LabOrganisation } from "../../model/contract";
import { AgentFailure } from "./failure";
import { checkPath } from "./paths";
import type { Params } from "./requests";
import { decodeBase64 } from "./values";

/** Longest file that `file.read` returns, in bytes. */
const MAX_READ = 7_000_000;

/** One host's folder. Windows ignores the case of file names. Every write is one `Map.set`: never half done. */
export class WorkingFolder {
  constructor(
    private readonly organisation: LabOrganisation,
    private readonly host: string,
  ) {}

  private get files(): Map<string, Buffer> {
    return this.organisation.files(this.host);
  }

  private find(path: string): string | undefined {
    const wanted = checkPath(path).toLowerCase();
    return [...this.files.keys()].find((key) => key.toLowerCase() === wanted);
  }

  read({ path }: Params<"file.read">): { found: boolean; data?: string } {
    const key = this.find(path);
    if (key === undefined) return { found: false };
    const content = this.files.get(key)!;
    if (content.length > MAX_READ) throw new AgentFailure("TooLarge", `The file is longer than ${MAX_READ} bytes.`);
    return { found: true, data: content.toString("base64") };
  }

  write({ path, data }: Params<"file.write">): object {
    this.put(path, decodeBase64(data, "data"));
    return {};
  }

  append({ path, data }: Params<"file.append">): object {
    const key = this.find(path);
    const before = key === undefined ? Buffer.alloc(0) : this.files.get(key)!;
    this.put(path, Buffer.concat([before, decodeBase64(data, "data")]));
    return {};
  }

  createNew({ path, data }: Params<"file.createNew">): { created: boolean } {
    if (this.find(path) !== undefined) return { created: false };
    this.put(path, decodeBase64(data, "data"));
    return { created: true };
  }

  remove({ path }: Params<"file.remove">): { removed: boolean } {
    const key = this.find(path);
    return { removed: key !== undefined && this.files.delete(key) };
  }

  /** Names of the files directly in a folder (`""` = the working folder itself), sorted. */
  list({ path }: Params<"file.list">): { files: string[] } {
    const prefix = path === "" ? "" : `${checkPath(path).toLowerCase()}/`;
    const inside = [...this.files.keys()].filter((key) => key.toLowerCase().startsWith(prefix));
    const names = inside.map((key) => key.slice(prefix.length)).filter((name) => !name.includes("/"));
    return { files: names.sort() };
  }

  private put(path: string, content: Buffer): void {
    const key = this.find(path) ?? path;
    const below = `${path.toLowerCase()}/`;
    const clash = [...this.files.keys()].some((other) => other.toLowerCase().startsWith(below));
    if (clash) throw new AgentFailure("FileFailed", `Access to the path '${path}' is denied.`);
    this.files.set(key, content);
  }
}
