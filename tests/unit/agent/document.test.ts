/** docs/agent-protocol.md names every message, field, tag, value and error class of protocol.ts. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { AGENT_TIMES } from "../../../provider/remote/agentClient";
import { BANNER_LIMIT } from "../../../provider/remote/agentStart";
import { CMDLETS } from "../../../provider/remote/cmdlets";
import { MAX_LINE, MAX_REPLY, OPERATIONS, PROTOCOL, SERVICES } from "../../../provider/remote/protocol";
import { ALGORITHMS, HOST_KEYS, SSH_TIMES } from "../../../provider/remote/ssh";
import { FILES } from "../../../tools/generate-agent";
import { root } from "./repository";

const doc = readFileSync(join(root, FILES.doc), "utf8");
/** Inline code of the page, and the words inside it: `{thumbprint, store}` names both fields. */
const words = new Set(
  [...doc.replace(/```[\s\S]*?```/g, "").matchAll(/`([^`\n]+)`/g)]
    .flatMap((match) => [match[1], ...match[1].split(/[^\w$.-]+/)])
    .map((word) => word.replace(/!$/, "")),
);
const source = ts.createSourceFile(
  "protocol.ts",
  readFileSync(join(root, "provider/remote/protocol.ts"), "utf8"),
  ts.ScriptTarget.Latest,
  true,
);

interface Named {
  name: string;
  optional: boolean;
}

/** Every property name and every string literal type in the declarations of protocol.ts. */
function collect(): { fields: Named[]; literals: string[] } {
  const fields: Named[] = [];
  const literals: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isPropertySignature(node))
      fields.push({ name: node.name.getText(source).replaceAll('"', ""), optional: node.questionToken !== undefined });
    if (ts.isLiteralTypeNode(node) && ts.isStringLiteral(node.literal)) literals.push(node.literal.text);
    node.forEachChild(visit);
  };
  for (const node of source.statements) {
    if (ts.isInterfaceDeclaration(node) || (ts.isTypeAliasDeclaration(node) && node.name.text !== "Operation")) visit(node);
  }
  return { fields, literals };
}

describe("docs/agent-protocol.md", () => {
  const { fields, literals } = collect();
  it("names every field of every message", () => {
    assert.ok(fields.length > 80, `${fields.length} fields found`);
    assert.deepEqual(
      [...new Set(fields.map((field) => field.name))].filter((name) => !words.has(name)),
      [],
    );
  });

  it("names every value that a field may take, error classes included", () => {
    assert.ok(literals.includes("GuardRefused") && literals.includes("CAPI"));
    assert.deepEqual(
      [...new Set(literals)].filter((name) => !words.has(name) && name !== "ready"),
      [],
    );
    assert.match(doc, /`"event": "ready"`/);
  });

  it("has a row for every error class", () => {
    const classes = source.statements.find((node) => ts.isTypeAliasDeclaration(node) && node.name.text === "AgentErrorClass")!;
    const names = [...classes.getText(source).matchAll(/\| "(\w+)"/g)].map((match) => match[1]);
    assert.ok(names.length >= 17);
    assert.deepEqual(
      names.filter((name) => !doc.includes(`| \`${name}\` |`)),
      [],
    );
  });

  it("describes every operation, service and cmdlet with its parameters and properties", () => {
    const missing = [...Object.keys(OPERATIONS), ...SERVICES, ...Object.keys(CMDLETS)].filter((name) => !words.has(name));
    assert.deepEqual(missing, []);
    for (const [cmdlet, rule] of Object.entries(CMDLETS)) {
      const row = doc.split("\n").find((line) => line.startsWith(`| \`${cmdlet}\` |`));
      assert.ok(row, cmdlet);
      for (const name of [...Object.keys(rule.parameters), ...rule.properties]) assert.ok(row.includes(`\`${name}\``), `${cmdlet} ${name}`);
    }
  });

  it("marks what HostFacts always has as required", () => {
    const facts = source.statements.find(
      (node) => ts.isInterfaceDeclaration(node) && node.name.text === "HostFacts",
    ) as ts.InterfaceDeclaration;
    for (const member of facts.members) assert.ok(doc.includes(`\`${member.name!.getText(source)}!\``), member.name!.getText(source));
  });

  it("names the algorithms of SSH that the client offers", () => {
    const offered = [...HOST_KEYS, ...ALGORITHMS.kex, ...ALGORITHMS.cipher, ...ALGORITHMS.hmac];
    assert.deepEqual(
      offered.filter((name) => !doc.includes(`\`${name}\``)),
      [],
    );
  });

  it("states the limits that the code has", () => {
    for (const limit of [MAX_LINE, MAX_REPLY, BANNER_LIMIT])
      assert.ok(doc.includes(`${limit.toLocaleString("en-US")} bytes`), String(limit));
    for (const ms of [...Object.values(AGENT_TIMES), SSH_TIMES.connect, SSH_TIMES.keepalive])
      assert.ok(doc.includes(`${ms / 1000} s`), String(ms));
    assert.ok(doc.includes(`**${PROTOCOL}** (\`PROTOCOL\`)`));
    const script = readFileSync(join(root, FILES.agent), "utf8");
    for (const [inScript, inDoc] of [
      ["-gt 7000000", "7,000,000 bytes"],
      ["TimeSpan(0, 0, 300)", "300 s"],
      ["$arguments 180", "180 s"],
      ['.lock" 600', "600 s"],
      ["'lock') 10 ", "10 s"],
      ["-gt 4000", "4,000 characters"],
      ["-gt 8000", "8,000 characters"],
      ["-gt 64", "64"],
    ] as const) {
      assert.ok(script.includes(inScript), inScript);
      assert.ok(doc.includes(inDoc), inDoc);
    }
  });
});
