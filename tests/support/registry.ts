/**
 * A registry on loopback that has what node_modules holds, each package as it lies there: package managers install from it without a
 * network, and get the versions that the lock file names.
 */
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { create } from "tar";
import { packageRoot } from "../../provider/remote/agentScript";

interface Manifest {
  name: string;
  version: string;
}
interface Held {
  folder: string;
  manifest: Manifest;
  /** Packed when somebody asks for the package. */
  tarball?: Promise<Buffer>;
}

export class NodeModulesRegistry {
  /** Name → version → package. */
  private readonly held = new Map<string, Map<string, Held>>();

  private constructor(private readonly server: Server) {
    this.find(path.join(packageRoot(__dirname), "node_modules"));
  }

  static async start(): Promise<NodeModulesRegistry> {
    const server = createServer();
    const registry = new NodeModulesRegistry(server);
    server.on("request", ({ url = "" }, response) => {
      registry.answer(decodeURIComponent(url).slice(1), response).catch(() => response.destroy());
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** Packages may have packages of their own; links (the examples, this package itself) are none. */
  private find(folder: string): void {
    if (!existsSync(folder)) return;
    for (const entry of readdirSync(folder, { withFileTypes: true })) {
      const own = path.join(folder, entry.name);
      if (!entry.isDirectory() || entry.name.startsWith(".")) continue;
      if (entry.name.startsWith("@")) this.find(own);
      else if (existsSync(path.join(own, "package.json"))) this.hold(own);
    }
  }

  private hold(folder: string): void {
    const manifest = JSON.parse(readFileSync(path.join(folder, "package.json"), "utf8")) as Manifest;
    const versions = this.held.get(manifest.name) ?? new Map<string, Held>();
    this.held.set(manifest.name, versions.set(manifest.version, { folder, manifest }));
    this.find(path.join(folder, "node_modules"));
  }

  /** `name`, or `name/-/version.tgz`. */
  private async answer(asked: string, response: ServerResponse): Promise<void> {
    const [name, file] = asked.split("/-/");
    const versions = this.held.get(name);
    const one = versions?.get(file?.replace(/\.tgz$/, ""));
    if (versions && file === undefined) {
      response.setHeader("content-type", "application/json").end(JSON.stringify(await this.document(name, [...versions.values()])));
    } else if (one) {
      response.setHeader("content-type", "application/octet-stream").end(await tarballOf(one));
    } else {
      response.writeHead(404, { "content-type": "application/json" }).end('{"error":"Not found"}');
    }
  }

  private async document(name: string, all: Held[]): Promise<object> {
    const versions = await Promise.all(
      all.map(async (one) => {
        const { version } = one.manifest;
        const integrity = `sha512-${createHash("sha512")
          .update(await tarballOf(one))
          .digest("base64")}`;
        return [version, { ...one.manifest, dist: { tarball: `${this.url}/${name}/-/${version}.tgz`, integrity } }] as const;
      }),
    );
    // pnpm and yarn may refuse what is younger than some days.
    const time = Object.fromEntries(versions.map(([version]) => [version, "2020-01-01T00:00:00.000Z"]));
    return { name, "dist-tags": { latest: versions[0][0] }, time, versions: Object.fromEntries(versions) };
  }
}

const tarballOf = (one: Held): Promise<Buffer> => (one.tarball ??= packed(one.folder));

/** Packed once for all managers, so the quickest compression will do. */
async function packed(folder: string): Promise<Buffer> {
  const own = (file: string): boolean => !path.normalize(file).startsWith("node_modules");
  const options = { cwd: folder, prefix: "package", portable: true, gzip: { level: 1 }, filter: own };
  return create(options, readdirSync(folder).filter(own)).concat();
}
