/**
 * Writes what is derived: agent.ps1 from its parts in provider/remote/agent/ and the lists of cmdlets.ts and protocol.ts, the JEA role
 * capability, the protocol page's table of cmdlets, and the published hash. `node dist/tools/generate-agent.js [repository]`; a test compares, so a forgotten run is noticed.
 */
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CMDLETS } from "../provider/remote/cmdlets";
import { MAX_LINE, MAX_REPLY, OPERATIONS, PROTOCOL, SERVICES } from "../provider/remote/protocol";

/** First line of the script; the parts have the comments. */
const HEAD = "# pulumi-exchange: docs/agent-protocol.md. Generated; do not edit.\n";

/** Files of provider/remote/agent/ in the order in which the script has them; the generated lists stand behind the first. */
export const PARTS = [
  "start",
  "state",
  "errors",
  "json",
  "requests",
  "folder",
  "files",
  "fence",
  "facts",
  "shell",
  "farEnd",
  "parameters",
  "projection",
  "cmdlet",
  "services",
  "certificates",
  "removal",
  "chain",
  "trust",
  "certreq",
  "selfSigned",
  "directory",
  "tracking",
  "events",
  "operations",
  "loop",
] as const;

/** A PowerShell string: single quotes, so nothing inside is expanded. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function array(items: readonly string[]): string {
  return `@(${items.map(quote).join(", ")})`;
}

/** The generated part of agent.ps1. What a table does not have is no to the script. */
export function agentLists(): string {
  const lines = [`$PxProtocol = ${PROTOCOL}`, `$PxMaxLine = ${MAX_LINE}`, `$PxMaxReply = ${MAX_REPLY}`];
  lines.push(`$PxServices = ${array(SERVICES)}`, "$PxOperations = @{");
  for (const [op, { fence, shell, script }] of Object.entries(OPERATIONS)) {
    const [read, run] = script.map(quote);
    lines.push(`    ${quote(op)} = @{ Fence = ${quote(fence)}; ${shell ? "Shell = $true; " : ""}Read = ${read}; Run = ${run} }`);
  }
  lines.push("}");
  lines.push("$PxCmdlets = @{");
  for (const [cmdlet, rule] of Object.entries(CMDLETS)) {
    lines.push(
      `    ${quote(cmdlet)} = @{`,
      ...(rule.mutating ? ["        Mutating = $true"] : []),
      ...(rule.withheld ? ["        Withheld = $true"] : []),
      "        Parameters = @{",
    );
    for (const [name, type] of Object.entries(rule.parameters)) lines.push(`            ${quote(name)} = ${quote(type)}`);
    lines.push("        }", "    }");
  }
  lines.push("}");
  return lines.join("\n") + "\n";
}

/** agent.ps1, put together: `read` gives the text of a part. */
export function assembleAgent(read: (part: string) => string): string {
  const [start, ...rest] = PARTS.map(read);
  return slim([start, agentLists(), ...rest].join("\n"));
}

/** Every connection carries it: comments, indentation and the columns of tables stay in the parts. No string of the agent has a line break. */
function slim(script: string): string {
  const lines = script.split("\n").map((line) => line.trimStart().replace(/^(\w+) +=/, "$1 ="));
  return HEAD + lines.filter((line) => line !== "" && !line.startsWith("#")).join("\n") + "\n";
}

/** The text of a part below `root`. */
export function partReader(root: string): (part: string) => string {
  return (part) => readFileSync(join(root, FILES.parts, `${part}.ps1`), "utf8");
}

/** The role capability file: exactly the agent's cmdlets and parameters. */
export function roleCapability(): string {
  const lines = [
    "# JEA role capability of pulumi-exchange: the cmdlets and parameters of the agent's closed list, nothing else.",
    "# Written by tools/generate-agent.ts from provider/remote/cmdlets.ts; do not edit.",
    "@{",
    "    GUID           = '5c1d9b1e-0c3f-4d56-9d0e-5f0b2a7c8e41'",
    "    Author         = 'pulumi-exchange'",
    "    Description    = 'Certificate rotation on Exchange servers'",
    "    VisibleCmdlets = @(",
  ];
  const entries = Object.entries(CMDLETS);
  entries.forEach(([cmdlet, rule], index) => {
    // Comes with every cmdlet that asks; named besides it would be there twice, and the cmdlet could not be called.
    const names = Object.keys(rule.parameters).filter((name) => name !== "Confirm");
    const parameters = names.map((name) => `@{ Name = ${quote(name)} }`).join(", ");
    // A table without parameters is refused, and the whole endpoint with it; a name alone lets every parameter through.
    const visible = names.length === 0 ? quote(cmdlet) : `@{ Name = ${quote(cmdlet)}; Parameters = ${parameters} }`;
    lines.push(`        ${visible}${index < entries.length - 1 ? "," : ""}`);
  });
  lines.push("    )", "}");
  return lines.join("\n") + "\n";
}

/** The module with the published hash of the agent script. */
export function hashModule(script: string): string {
  const hash = createHash("sha256").update(script, "utf8").digest("hex");
  return [
    "/** SHA-256 (hex) of agent.ps1 as delivered; `hello` repeats it. Written by tools/generate-agent.ts; do not edit. */",
    `export const AGENT_SHA256 = "${hash}";`,
    "",
  ].join("\n");
}

/** The table of cmdlets in docs/agent-protocol.md. */
export function cmdletTable(): string {
  const lines = ["| Cmdlet | Mutating | Role | Parameters | Properties |", "|---|---|---|---|---|"];
  for (const [cmdlet, rule] of Object.entries(CMDLETS)) {
    const role = rule.roles.length === 2 ? "" : rule.roles[0];
    const parameters = Object.entries(rule.parameters).map(([name, type]) => `\`${name}\` ${type}`);
    const properties = rule.properties.map((name) => `\`${name}\``);
    lines.push(
      `| \`${cmdlet}\` | ${rule.mutating ? "yes" : rule.withheld ? "`tracking.count` only" : ""} | ${role} | ${parameters.join(", ")} | ${properties.join(", ")} |`,
    );
  }
  return lines.join("\n");
}

/** docs/agent-protocol.md with its table of cmdlets renewed. */
export function renewDoc(text: string): string {
  const begin = "<!-- cmdlets -->";
  const end = "<!-- /cmdlets -->";
  const from = text.indexOf(begin);
  const to = text.indexOf(end);
  if (from < 0 || to < from) throw new Error("agent-protocol.md has lost its marks of the cmdlets' table.");
  return `${text.slice(0, from + begin.length)}\n\n${cmdletTable()}\n\n${text.slice(to)}`;
}

/** Where each derived file lies below the repository. */
export const FILES = {
  agent: "provider/remote/agent.ps1",
  parts: "provider/remote/agent",
  hash: "provider/remote/agentHash.ts",
  role: "docs/jea/PulumiExchange.psrc",
  doc: "docs/agent-protocol.md",
} as const;

function main(root: string): void {
  const script = assembleAgent(partReader(root));
  writeFileSync(join(root, FILES.agent), script);
  writeFileSync(join(root, FILES.hash), hashModule(script));
  writeFileSync(join(root, FILES.role), roleCapability());
  writeFileSync(join(root, FILES.doc), renewDoc(readFileSync(join(root, FILES.doc), "utf8")));
}

if (require.main === module) main(process.argv[2] ?? process.cwd());
