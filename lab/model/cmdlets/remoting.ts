/** What implicit remoting adds to objects on a Mailbox server, and what gets lost on the way. // 1.3 */
import { randomUUID } from "node:crypto";
import { datesValid } from "../trust";
import type { Server } from "../server";
import type { Call } from "./binding";
import { signsSerialisedData } from "./versions";

const runspace = randomUUID();

/** An Edge's shell is local: nothing is added there. // 1.1 */
export const remoting = (server: Server): { [property: string]: unknown } =>
  server.role === "Mailbox" ? { PSComputerName: server.fqdn.toLowerCase(), RunspaceId: runspace, PSShowComputerName: false } : {};

/** With what rehydrates an object where Exchange's assemblies are loaded. // [CSS:GetExchangeCertificate.xml], [CSS:GetSendConnector.xml] */
export function arrived(call: Call, type: string): { [property: string]: unknown } {
  const { server } = call;
  if (server.role !== "Mailbox" || !rehydrates(call)) return remoting(server);
  return { ...remoting(server), SerializationData: serialisationData(type, signsSerialisedData(server.version)) };
}

/**
 * Exchange's own shell (RemoteExchange.ps1) has Exchange's assemblies: objects come to life again. A bare session
 * has not, and no session can while serialised data is signed and the Auth certificate is missing or expired. // 1.3
 */
export function rehydrates(call: Call): boolean {
  const mode = call.lab.world.toggles.certificateObjects;
  if (call.server.role !== "Mailbox" || mode === "full") return true;
  return mode !== "rawData" && call.shell.kind === "exchange" && !signingBroken(call);
}

/** [CSS:GetExchangeCertificateBroken.xml], [microsoft/CSS-Exchange#1448] */
function signingBroken({ lab: { world }, server }: Call): boolean {
  const { current } = world.directory.auth;
  if (!signsSerialisedData(server.version) || current === null) return false;
  const item = server.my.find(current);
  return !item?.privateKey || !datesValid(item.certificate, world.clock.now(server.name));
}

const HEADER = Buffer.from("0001000000ffffffff01000000000000000c02000000", "hex");

/** Header, library and end of a .NET binary stream; signed ones start with `#sig#` and a length. // [CSS:NewExchangeCertificateDefaultTransport.xml] */
function serialisationData(type: string, signed: boolean): Buffer {
  const library = `${assemblyOf(type)}, Version=15.0.0.0, Culture=neutral, PublicKeyToken=31bf3856ad364e35`;
  const stream = Buffer.concat([HEADER, Buffer.from([library.length]), Buffer.from(library, "ascii"), Buffer.from([0x0b])]);
  if (!signed) return stream;
  const length = Buffer.alloc(4);
  length.writeInt32LE(stream.length);
  return Buffer.concat([Buffer.from("#sig#", "ascii"), length, stream]);
}

function assemblyOf(type: string): string {
  if (type.startsWith("Microsoft.Exchange.Management.")) return "Microsoft.Exchange.Management";
  return type.startsWith("Microsoft.Exchange.Data.Directory.") ? "Microsoft.Exchange.Data.Directory" : "Microsoft.Exchange.Data";
}
