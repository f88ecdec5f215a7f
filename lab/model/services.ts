/** Windows services: pause, stop, start, with dependants. // 5.1, [L15] 15.10 */
import type { ServiceInfo } from "../../provider/remote/protocol";
import type { Server, Service } from "./server";
import type { World } from "./world";

/** A service operation that Windows refuses. `kind` is the agent's error class. */
export class ServiceFailure extends Error {
  constructor(
    readonly kind: "ServiceNotFound" | "ServiceFailed",
    message: string,
  ) {
    super(message);
  }
}

export class Services {
  /** Called when a service has started or stopped. */
  onStarted: (server: Server, service: Service) => void = () => {};
  onStopped: (server: Server, service: Service) => void = () => {};

  constructor(private readonly world: World) {}

  status(server: Server, name: string): ServiceInfo {
    const service = this.find(server, name);
    const dependants = this.dependants(server, service).map(({ name, status }) => ({ name, status }));
    return { name: service.name, status: service.status, startType: service.startType, dependants };
  }

  async suspend(server: Server, name: string): Promise<ServiceInfo> {
    const service = this.find(server, name);
    if (service.status === "Paused") return this.status(server, name);
    if (!service.canPause || service.status !== "Running")
      throw new ServiceFailure(
        "ServiceFailed",
        `Service '${service.name}' cannot be suspended: it is ${service.status}${service.canPause ? "" : " and does not support pausing"}.`,
      );
    this.set(service, "Paused");
    return this.status(server, name);
  }

  async resume(server: Server, name: string): Promise<ServiceInfo> {
    const service = this.find(server, name);
    if (service.status !== "Running" && service.status !== "Paused")
      throw new ServiceFailure("ServiceFailed", `Service '${service.name}' cannot be resumed because it is not running.`);
    if (service.status === "Paused") this.set(service, "Running");
    return this.status(server, name);
  }

  /** Takes running dependants along. // rule 14 */
  async stop(server: Server, name: string): Promise<ServiceInfo> {
    await this.stopTree(server, this.find(server, name));
    return this.status(server, name);
  }

  /** Starts what it depends on, but nothing that depends on it. // [L15] 15.10 */
  async start(server: Server, name: string): Promise<ServiceInfo> {
    await this.startOne(server, this.find(server, name));
    return this.status(server, name);
  }

  /** Dependants that ran before run again, but those in `keepStopped`. */
  async restart(server: Server, name: string, keepStopped: readonly string[]): Promise<ServiceInfo> {
    const service = this.find(server, name);
    const kept = new Set(keepStopped.map((kept) => kept.toLowerCase()));
    const ran = this.dependants(server, service).filter(
      (dependant) => dependant.status !== "Stopped" && !kept.has(dependant.name.toLowerCase()),
    );
    await this.stopTree(server, service);
    await this.startOne(server, service);
    for (const dependant of ran) await this.startOne(server, dependant);
    return this.status(server, name);
  }

  private async stopTree(server: Server, service: Service): Promise<void> {
    for (const dependant of this.dependants(server, service)) await this.stopTree(server, dependant);
    if (service.status === "Stopped") return;
    this.set(service, "StopPending");
    await this.world.wait("serviceStop");
    this.set(service, "Stopped");
    this.onStopped(server, service);
  }

  private async startOne(server: Server, service: Service): Promise<void> {
    if (service.status === "Running" || service.status === "Paused") return;
    if (service.startType === "Disabled")
      throw new ServiceFailure("ServiceFailed", `Service '${service.name}' cannot be started: it is disabled.`);
    for (const name of service.dependsOn) await this.startOne(server, this.find(server, name));
    this.set(service, "StartPending");
    await this.world.wait(service.name === "ADAM_MSExchange" ? "adLdsStart" : "serviceStart");
    this.set(service, "Running");
    this.onStarted(server, service);
    this.world.reachChanged();
  }

  private set(service: Service, status: Service["status"]): void {
    service.status = status;
    this.world.reachChanged();
    this.world.changed();
  }

  private dependants(server: Server, service: Service): Service[] {
    return [...server.services.values()].filter((other) => other.dependsOn.includes(service.name));
  }

  private find(server: Server, name: string): Service {
    const service = server.service(name);
    if (!service) throw new ServiceFailure("ServiceNotFound", `Cannot find any service with service name '${name}'.`);
    return service;
  }
}
