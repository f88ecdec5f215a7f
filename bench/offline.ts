/** What a preview costs on this machine: opening a PFX, `check` and `diff` of a certificate, the text that each resource carries. */
import { createPrivateKey } from "node:crypto";
import path from "node:path";
import { issuedCertificates } from "../lab/issued";
import { plain, type JsonObject } from "../provider/base/json";
import { setWriter } from "../provider/base/progress";
import { openPfx, readCertificate, writePfx } from "../provider/pki";
import { certificateCheck, certificateDiff } from "../provider/runtime";
import { shellTexts } from "../tests/protocol/printShells";
import { askApart } from "../tests/support/apart";
import { hasOpenssl, makeOpensslPfx } from "../tests/support/certificates";
import { startTestLab } from "../tests/support/lab";
import type { Opened } from "./firstPfx";
import { figure, repeated, type Figure, type Note, type Outcome } from "./measure";

const RUNS = 15;
const FEW = 5;
/** Certificates of a preview, each with a PFX of its own. */
const PREVIEWED = 100;
const PASSWORD = "a password of the benchmark";

/** Windows and our own writer use 2,000 iterations for each of the three derivations; this is what a careful user sets. */
const MANY = 200_000;

export async function benchOffline(note: Note): Promise<Outcome> {
  const before = setWriter(() => undefined);
  const lab = await startTestLab({ scenario: "contoso" });
  try {
    const { pem, keyPem, chainPem } = issuedCertificates(lab.organisation).find(({ name }) => name === "v2")!;
    const bundle = {
      certificate: readCertificate(pem),
      privateKey: createPrivateKey(keyPem),
      chain: chainPem.map((one) => readCertificate(one)),
      password: PASSWORD,
    };
    // Each is another file: one that was opened before is known.
    const opening = async (name: string, count: number, make: () => Buffer | Promise<Buffer>): Promise<Figure> => {
      note(`opening a PFX: ${name}`);
      const files: Buffer[] = [];
      for (let made = 0; made < count; made++) files.push(await make());
      return figure(`opening a PFX: ${name}`, "ms", await repeated(count, (index) => openPfx(files[index], PASSWORD)));
    };
    const figures = [
      ...(await firstOpening(note, await writePfx({ ...bundle, algorithm: "3des" }))),
      await opening("2,000 iterations", RUNS, () => writePfx(bundle)),
    ];
    if (hasOpenssl()) {
      const pair = { certificate: bundle.certificate, keyPem, chain: bundle.chain };
      const many = (): Buffer => makeOpensslPfx(pair, PASSWORD, ["-iter", String(MANY)]);
      figures.push(await opening(`${MANY.toLocaleString("en")} iterations (by OpenSSL)`, FEW, many));
    }
    note("check and diff of a certificate");
    const containers: Buffer[] = [];
    for (let made = 0; made <= PREVIEWED; made++) containers.push(await writePfx(bundle));
    return { figures: [...figures, ...(await checkAndDiff(containers)), await shellSize()] };
  } finally {
    await lab.close();
    setWriter(before);
  }
}

/** A process each, since what is loaded and compiled once is a part of it. */
async function firstOpening(note: Note, pfx: Buffer): Promise<Figure[]> {
  note("opening a PFX: first in a process");
  const told: Opened[] = [];
  for (let round = 0; round < FEW; round++) {
    told.push(await askApart<Opened>(path.join(__dirname, "firstPfx.js"), { pfx: pfx.toString("base64"), password: PASSWORD }));
  }
  const of = (value: (one: Opened) => number): number[] => told.map(value);
  return [
    figure(
      "CPU of opening a PFX, the first in a process",
      "ms",
      of(({ first }) => first),
      "≤ 40",
    ),
    figure(
      "CPU of opening the same again",
      "ms",
      of(({ again }) => again),
      "≤ 1",
    ),
    figure(
      "longest time that the first one kept the event loop",
      "ms",
      of(({ blocked }) => blocked),
      "≤ 50",
    ),
  ];
}

async function checkAndDiff(containers: Buffer[]): Promise<Figure[]> {
  const hostKey = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKHiWkm8g0hmZ0uMs1xJqvGgGq1kRXoJ6z3oVn3m2J5R";
  const host = (name: string) => ({ host: `${name}.contoso.com`, user: "admin", hostKey });
  const argumentsFor = (pfx: Buffer): JsonObject =>
    plain({
      host: host("edge01"),
      organization: host("mbx01"),
      source: { pfx: pfx.toString("base64"), password: PASSWORD },
      services: ["SMTP"],
      defaultSmtp: "replace",
      owner: "project/stack/certificate",
    });
  const news = argumentsFor(containers[0]);
  const { inputs, failures } = await certificateCheck({}, news);
  if (failures.length > 0) throw new Error(failures.map(({ reason }) => reason).join(" "));
  const olds = inputs;
  const cpu = process.cpuUsage();
  const first = await repeated(PREVIEWED, async (round) => {
    const checked = await certificateCheck(olds, argumentsFor(containers[round + 1]));
    await certificateDiff("edge01.contoso.com\\0", olds, checked.inputs);
  });
  const { user, system } = process.cpuUsage(cpu);
  const again = await repeated(RUNS, () => certificateCheck(olds, news));
  const diff = await repeated(RUNS, () => certificateDiff("edge01.contoso.com\\0", olds, olds));
  return [
    figure("check and diff of a Certificate, first look at its PFX", "ms", first),
    figure(`CPU of check and diff of ${PREVIEWED} Certificates with as many PFX`, "s", [(user + system) / 1e6], "≤ 4"),
    figure("check of a Certificate, PFX seen before", "ms", again),
    figure("diff of a Certificate", "ms", diff),
  ];
}

/** The texts that Pulumi keeps under `__provider`, one a class. */
async function shellSize(): Promise<Figure> {
  const sizes = Object.values(await shellTexts()).map((text) => Buffer.byteLength(text));
  return figure("__provider of a resource class", "bytes", sizes);
}
