/**
 * The demo's rotation without the engine: the frozen entry point is called in the order in which Pulumi calls it
 * (check, diff, check again on a replacement, create, deletes last).
 */
import * as runtime from "../../../provider/runtime";
import type { JsonObject } from "../../../provider/base/json";
import type { HostConnection } from "../../../provider/remote/hosts";
import type { CheckResult, DiffResult } from "../../../provider/handlers/types";

type Kind = "Certificate" | "EdgeSubscription" | "TransportService" | "SendConnectorTls";

interface Stored {
  kind: Kind;
  id: string;
  inputs: JsonObject;
  outs: JsonObject;
}

/** What the runtime exports for a resource. */
function operation(kind: Kind, name: string): (...args: unknown[]) => Promise<unknown> {
  const key = kind[0].toLowerCase() + kind.slice(1) + name;
  return (runtime as unknown as Record<string, (...args: unknown[]) => Promise<unknown>>)[key];
}

export interface Source {
  pfx: string;
  password: string;
}

/** Hosts of the scenario `contoso`. */
export interface ContosoHosts {
  MBX01: HostConnection;
  EDGE01: HostConnection;
  EDGE02: HostConnection;
}

export const EDGES = ["EDGE01", "EDGE02"] as const;
export const SHARED_CONNECTOR = "Outbound to Office 365";

/** A stack: what Pulumi would keep in its state. */
export class Rotation {
  readonly state = new Map<string, Stored>();
  /** The rotation sentences of the latest deployment, by resource. */
  readonly sentences = new Map<string, string>();
  private replaced: Stored[] = [];

  constructor(
    readonly hosts: ContosoHosts,
    private readonly owner = "project/stack",
  ) {}

  /** `pulumi up` of a program that declares this certificate on both Edges and on the shared connector. */
  async up(source: Source | JsonObject): Promise<void> {
    const { hosts } = this;
    const organization = hosts.MBX01;
    await this.apply("Certificate", "mailbox", { host: organization, source, services: [] });
    const after: unknown[] = [];
    const sources: JsonObject[] = [];
    let name: unknown;
    for (const edge of EDGES) {
      const host = hosts[edge];
      const certificate = await this.apply("Certificate", `${edge}-certificate`, {
        host,
        organization,
        source,
        services: ["SMTP"],
        defaultSmtp: "replace",
        drain: "hold",
      });
      const { thumbprint: certificateThumbprint, revision } = certificate;
      const subscription = await this.apply("EdgeSubscription", `${edge}-subscription`, {
        edge: host,
        organization,
        site: "Default-First-Site-Name",
        certificateThumbprint,
        after: [revision],
      });
      const service = await this.apply("TransportService", `${edge}-service`, {
        host,
        organization,
        expectThumbprint: certificateThumbprint,
        after: [revision, subscription.revision],
      });
      after.push(service.revision);
      sources.push({ host: host as unknown as JsonObject, thumbprint: certificateThumbprint });
      name = certificate.tlsCertificateName;
    }
    await this.apply("SendConnectorTls", "connector", {
      host: organization,
      connector: SHARED_CONNECTOR,
      tlsCertificateName: name,
      sources,
      after,
    });
    for (const old of this.replaced.splice(0)) await operation(old.kind, "Delete")(old.id, old.outs);
  }

  /** `pulumi refresh`: what `read` says of each resource. */
  async refresh(): Promise<unknown[]> {
    const results: unknown[] = [];
    for (const { kind, id, outs } of this.state.values()) results.push(await operation(kind, "Read")(id, outs));
    return results;
  }

  /** `pulumi destroy`: in reverse order. */
  async destroy(): Promise<void> {
    for (const [name, { kind, id, outs }] of [...this.state].reverse()) {
      await operation(kind, "Delete")(id, outs);
      this.state.delete(name);
    }
  }

  /** One resource; returns its outputs. */
  async apply(kind: Kind, name: string, args: object): Promise<JsonObject> {
    const news = JSON.parse(JSON.stringify({ ...args, owner: `${this.owner}/${name}` })) as JsonObject;
    const old = this.state.get(name);
    const inputs = await this.check(kind, name, old?.inputs ?? {}, news);
    if (!old) return this.create(kind, name, inputs);
    const diff = (await operation(kind, "Diff")(old.id, old.outs, inputs)) as DiffResult;
    if (diff.replaces?.length) {
      this.replaced.push(old);
      return this.create(kind, name, await this.check(kind, name, {}, news));
    }
    if (diff.changes === false) return old.outs;
    const { outs } = (await this.keep(kind, name, old.id, inputs, operation(kind, "Update")(old.id, old.outs, inputs))) as {
      outs: JsonObject;
    };
    this.state.set(name, { kind, id: old.id, inputs, outs });
    return outs;
  }

  private async check(kind: Kind, name: string, olds: JsonObject, news: JsonObject): Promise<JsonObject> {
    const { inputs, failures } = (await operation(kind, "Check")(olds, news)) as CheckResult;
    if (failures.length > 0) throw Object.assign(new Error(failures.map(({ reason }) => reason).join(" ")), { failures });
    this.sentences.set(name, String(inputs.rotation ?? ""));
    return inputs;
  }

  private async create(kind: Kind, name: string, inputs: JsonObject): Promise<JsonObject> {
    const { id, outs } = (await this.keep(kind, name, undefined, inputs, operation(kind, "Create")(inputs))) as Stored;
    this.state.set(name, { kind, id, inputs, outs });
    return outs;
  }

  /** A failure after the first side effect leaves id and properties in the state, as the engine does it. */
  private async keep(kind: Kind, name: string, id: string | undefined, inputs: JsonObject, work: Promise<unknown>): Promise<unknown> {
    try {
      return await work;
    } catch (error) {
      const partial = error as Partial<{ id: string; properties: JsonObject }>;
      const stored = partial.id ?? id;
      if (stored !== undefined && partial.properties) this.state.set(name, { kind, id: stored, inputs, outs: partial.properties });
      throw error;
    }
  }
}
