/**
 * `certreq -submit` and `-retrieve` for a machine that is no Windows: asks the lab (door.ts) and prints what Windows' own would. It imports nothing of this
 * package, because it is copied to where any account may run it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { createInterface } from "node:readline";

interface Answer {
  value?: { disposition: string; requestId?: number; certificate?: string; message?: string };
  error?: { message: string };
}

const args = process.argv.slice(2);
const after = (name: string): string => args[args.indexOf(name) + 1];
const [request, target] = args.slice(-2);
const retrieves = args[0] === "-retrieve";

function print({ value, error }: Answer): number {
  // an authority that does not answer gives no number: the exit code is the error's, as far as a POSIX system keeps it
  if (!value) {
    console.log(error?.message);
    return 1;
  }
  console.log(`RequestId: ${value.requestId}\r\nRequestId: "${value.requestId}"`);
  if (value.disposition === "issued") {
    writeFileSync(target, value.certificate!);
    console.log("Certificate retrieved(Issued) Issued");
  } else console.log(value.message ?? value.disposition);
  return 0;
}

function main(): void {
  const socket = connect(Number(process.env.PX_LAB_PORT), "127.0.0.1");
  const question = {
    host: process.env.PX_LAB_HOST,
    what: "certreq",
    pid: process.pid,
    agent: process.ppid,
    ca: after("-config"),
    ...(retrieves
      ? { what: "retrieve", request: Number(request) }
      : { template: after("-attrib").replace(/^CertificateTemplate:/, ""), request: readFileSync(request, "utf8") }),
  };
  socket.write(`${JSON.stringify(question)}\n`);
  createInterface({ input: socket }).once("line", (line) => process.exit(print(JSON.parse(line) as Answer)));
}

main();
