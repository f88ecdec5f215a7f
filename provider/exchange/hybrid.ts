/** The hybrid configuration object, typed (exchange.md 8). */
import { ExchangeError } from "../base/errors";
import type { Json } from "../base/json";
import type { Value } from "../remote/protocol";
import type { Shell } from "./shell";

/** @throws CONNECTOR_NOT_FOUND where the organisation has no hybrid configuration */
export async function getHybridConfiguration(shell: Shell): Promise<{ [property: string]: Json }> {
  const { objects } = await shell.invoke("Get-HybridConfiguration", {}, ["TlsCertificateName", "EdgeTransportServers", "Domains"]);
  const found = objects[0];
  if (found) return found as { [property: string]: Json };
  throw new ExchangeError("CONNECTOR_NOT_FOUND", `${shell.facts.name}: the organisation has no hybrid configuration.`, {
    host: shell.facts.name,
  });
}

export async function setHybridConfiguration(leased: Shell, changes: { [property: string]: Value }): Promise<void> {
  await leased.invoke("Set-HybridConfiguration", { ...changes, Confirm: false }, []);
}
