/**
 * `certreq -submit`, `-retrieve` and `-new` for a machine that is no Windows: asks the lab (door.ts) and prints what Windows' own would. It
 * imports nothing of this package, because it is copied to where any account may run it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";

interface Reply {
  value?: { disposition: string; requestId?: number; certificate?: string; message?: string } | string;
  error?: { message: string };
}

const args = process.argv.slice(2);
const after = (name: string): string => args[args.indexOf(name) + 1];
const [input, target] = args.slice(-2);

function question(): object {
  if (args[0] === "-new") return { what: "selfSigned", policy: readFileSync(input).toString("base64") };
  const ca = after("-config");
  if (args[0] === "-retrieve") return { what: "retrieve", ca, request: Number(input) };
  const template = after("-attrib").replace(/^CertificateTemplate:/, "");
  return { what: "certreq", ca, template, request: readFileSync(input, "utf8") };
}

function print({ value, error }: Reply): number {
  // an authority that does not answer gives no number: the exit code is the error's, as far as a POSIX system keeps it
  if (!value) {
    console.log(error?.message);
    return 1;
  }
  if (typeof value === "string") {
    writeFileSync(target, `-----BEGIN CERTIFICATE-----\r\n${value.replace(/.{64}/g, "$&\r\n")}\r\n-----END CERTIFICATE-----\r\n`);
    console.log("Installed Certificate:");
    return 0;
  }
  console.log(`RequestId: ${value.requestId}\r\nRequestId: "${value.requestId}"`);
  if (value.disposition === "issued") {
    writeFileSync(target, value.certificate!);
    console.log("Certificate retrieved(Issued) Issued");
  } else console.log(value.message ?? value.disposition);
  return 0;
}

function main(): void {
  const asked = { host: process.env.PX_LAB_HOST, pid: process.pid, agent: process.ppid, ...question() };
  const socket = connect(Number(process.env.PX_LAB_PORT), "127.0.0.1");
  socket.write(`${JSON.stringify(asked)}\n`);
  createInterface({ input: socket }).once("line", (line) => process.exit(print(JSON.parse(line) as Reply)));
}

main();
