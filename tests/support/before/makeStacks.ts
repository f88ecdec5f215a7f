/** Makes the stacks of the real engine, after make.js: `node dist/tests/support/before/makeStacks.js <commit>`. See tests/README.md. */
import { writeFileSync } from "node:fs";
import { brotliCompressSync } from "node:zlib";
import { record } from "../../../lab/replay";
import { fixturePath, readKept, type Material } from "./kept";
import { fleetOf, placeholders, startStory, type KeptStack } from "./stacks";

const FAIL_POINTS = [
  undefined,
  "EDGE01/enable.after-cmdlet=kill",
  "EDGE01/import-subscription.after-cmdlet=error",
  "EDGE02/export.after-cmdlet=kill",
];

async function leave(material: Material, failPoint?: string): Promise<KeptStack> {
  const story = await startStory(material);
  const { organisation } = story.lab;
  const boots = Object.fromEntries(organisation.hostNames.map((name) => [name, organisation.facts(name).boot]));
  const first = await story.up(fleetOf(story, material, "v1"));
  if (!first.ok) throw new Error(first.output);
  const deeds = record(organisation);
  if (failPoint) {
    const broken = await story.up(fleetOf(story, material, "v2"), { failPoint });
    if (broken.ok) throw new Error(`${failPoint} broke nothing off`);
    process.stdout.write(`${failPoint}: ${deeds.length} deeds\n`);
  }
  const exported = JSON.stringify(await story.stack.stack.exportStack());
  const deployment = placeholders(story).reduce(
    (text, [placeholder, value]) =>
      /^\d+$/.test(value) ? text.replace(new RegExp(`\\b${value}\\b`, "g"), placeholder) : text.replaceAll(value, placeholder),
    exported,
  );
  const hosts = organisation.hostNames.map((name) => ({
    name,
    fence: story.lab.hosts.get(name)!.host.fence,
    files: Object.fromEntries([...organisation.files(name)].map(([path, bytes]) => [path, bytes.toString("utf8")])),
  }));
  await story.end();
  return { ...(failPoint && { failPoint }), deployment, boots, deeds: [...deeds], hosts };
}

async function main(commit: string): Promise<void> {
  const { material } = readKept(commit);
  const stacks: KeptStack[] = [];
  for (const failPoint of FAIL_POINTS) stacks.push(await leave(material, failPoint));
  const packed = brotliCompressSync(Buffer.from(JSON.stringify({ stacks })));
  writeFileSync(fixturePath(`${commit}-stacks`), packed);
  process.stdout.write(`${stacks.length} stacks, ${packed.length} bytes\n`);
}

void main(process.argv[2]);
