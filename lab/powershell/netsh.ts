/**
 * `netsh http show sslcert` for a machine that is no Windows: asks the lab (door.ts) and prints what Windows' own would, as far as the agent
 * reads it. It imports nothing of this package, because it is copied to where any account may run it.
 */
import { connect } from "node:net";
import { createInterface } from "node:readline";

interface Answer {
  value?: { [binding: string]: string };
}

function print({ value }: Answer): number {
  if (!value) return 1;
  for (const [binding, thumbprint] of Object.entries(value)) {
    console.log(`    IP:port                      : ${binding}\r\n    Certificate Hash             : ${thumbprint.toLowerCase()}\r\n`);
  }
  return 0;
}

const socket = connect(Number(process.env.PX_LAB_PORT), "127.0.0.1");
socket.write(`${JSON.stringify({ host: process.env.PX_LAB_HOST, what: "sslcert", pid: process.pid, agent: process.ppid })}\n`);
createInterface({ input: socket }).once("line", (line) => process.exit(print(JSON.parse(line) as Answer)));
