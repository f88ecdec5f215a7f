/** The agent's script: a form that every host takes, syntax that 5.1 knows, and what keeps requests data. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { FILES } from "../../../tools/generate-agent";
import { deliveryOf } from "../../../provider/remote/agentStart";
import { AGENT_COMMAND } from "../../../provider/remote/command";
import { AGENT_SHA256 } from "../../../provider/remote/agentHash";
import { MAX_LINE, SERVICES } from "../../../provider/remote/protocol";
import { root } from "./repository";
import { codeOf, newerThan51, tokenize, unbalanced } from "./powershell";

const bytes = readFileSync(join(root, FILES.agent));
const script = bytes.toString("utf8");

describe("agent.ps1: form", () => {
  it("is ASCII with LF line ends, no byte order mark, no tabs", () => {
    const foreign = [...bytes].findIndex((byte) => byte !== 10 && (byte < 32 || byte > 126));
    assert.equal(foreign, -1, `byte ${foreign} is ${bytes[foreign]}`);
    assert.ok(script.endsWith("}\n"));
  });

  it("has the published hash", () => {
    assert.equal(createHash("sha256").update(bytes).digest("hex"), AGENT_SHA256);
  });

  it("costs a connection at most 32,000 bytes, the command that starts it included", () => {
    const sent = AGENT_COMMAND.length + deliveryOf(script).line.length + 1;
    console.log(`      figure: agent bytes a connection: ${sent}`);
    assert.ok(sent <= 32_000, String(sent));
  });

  it("arrives as it is: the line is gzip in base64, whose text has the published hash", () => {
    const { line, hashes } = deliveryOf(script);
    assert.equal(gunzipSync(Buffer.from(line, "base64")).toString("utf8"), script);
    assert.equal(hashes[0], AGENT_SHA256);
    assert.ok(line.length < MAX_LINE);
  });

  it("has no string with a line break: indentation and comments could be taken away", () => {
    assert.deepEqual(
      tokenize(script).filter(({ kind, text }) => /double|single|here/i.test(kind) && text.includes("\n")),
      [],
    );
  });
});

describe("agent.ps1: syntax of Windows PowerShell 5.1", () => {
  it("uses nothing newer", () => assert.deepEqual(newerThan51(script), []));

  it("has balanced strings and brackets", () => assert.deepEqual(unbalanced(script), []));

  it("has no variable in a string that a colon would turn into a scope or drive", () => {
    const wrong = tokenize(script).filter((token) => token.kind === "double" && /(?<!`)\$\w+:/.test(token.text));
    assert.deepEqual(
      wrong.map((token) => `line ${token.line}: ${token.text}`),
      [],
    );
  });

  it("assigns to no automatic variable", () => {
    const automatic =
      /\$(?:args|event|foreach|home|host|input|matches|null|pid|profile|pshome|pwd|sender|switch|this|true|false)\s*=[^=]/gi;
    const found = [...codeOf(script).matchAll(automatic)].map((match) => match[0]).filter((text) => !/^\$null\s*=/i.test(text));
    assert.deepEqual(found, []);
  });

  it("compares null on the left, where an array makes no filter of it", () => {
    const wrong = codeOf(script).match(/-(?:eq|ne)\s+\$null\b/gi);
    assert.equal(wrong, null);
  });

  it("calls only functions that it defines, and each with its own prefix", () => {
    const code = codeOf(script);
    const defined = new Set([...code.matchAll(/^function\s+([\w-]+)/gm)].map((match) => match[1].toLowerCase()));
    const called = new Set([...code.matchAll(/\b([A-Z]\w+-Px\w+)/g)].map((match) => match[1].toLowerCase()));
    assert.deepEqual(
      [...called].filter((name) => !defined.has(name)),
      [],
    );
    assert.deepEqual(
      [...defined].filter((name) => !name.includes("-px")),
      [],
    );
    // The table of operations names functions as strings.
    const unused = [...defined].filter((name) => script.toLowerCase().split(new RegExp(`${name}(?![\\w-])`)).length < 3);
    assert.deepEqual(unused, []);
  });

  it("parses without an error in the PowerShell grammar of tree-sitter", async function () {
    const parser = await treeSitter();
    if (!parser) return this.skip();
    assert.deepEqual(parser(script), []);
    assert.notDeepEqual(parser("function F { if ($a { 1 }"), []);
  });
});

describe("agent.ps1: requests stay data", () => {
  const code = codeOf(script);

  it("builds no script text", () => {
    assert.doesNotMatch(code, /ScriptBlock\]::Create|InvokeScript|AddScript|Invoke-Expression|Add-Type|NewScriptBlock/i);
  });

  it("runs commands by a variable only for the table of operations and one cmdlet", () => {
    const calls = (code.match(/&\s+\$[\w.]+[^\n]*/g) ?? []).sort();
    assert.equal(calls.length, 3);
    assert.match(calls[0], /^& \$Call\.Run \$Call\.Op \$Call\.Data\)/);
    assert.match(calls[1], /^& \$command @splat 2>&1 3>&1/);
    assert.match(calls[2], /^& \$rule\.Read \$op \$params$/);
  });

  it("lets no stray break of a cmdlet or of Exchange's scripts end its own loop", () => {
    assert.match(code, /do \{ try \{ \$output = @\(& \$command @splat [^\n]*\} while \(\$false\)\n/);
    assert.match(code, /do \{ try \{ \$PxOutput = \. \$PxLoadShell [^\n]*\} while \(\$false\)\n/);
  });

  it("judges what a request holds by exact case", () => {
    const loose = script.split("\n").filter((line) => / -notmatch | -notcontains \$property/.test(line));
    // Ids of PowerShell come from no request.
    const own = loose.filter((line) => !/FullyQualifiedErrorId/.test(line));
    assert.deepEqual(own, []);
    assert.equal(loose.length, 1);
  });

  it("writes nothing to the console", () => {
    assert.doesNotMatch(code, /Write-(?:Host|Output|Error|Warning|Verbose|Information)|Out-(?:Host|Default|File)/i);
  });

  it("knows NETWORK SERVICE and administrators by SID, never by a localised name", () => {
    assert.match(script, /'S-1-5-20'/);
    assert.doesNotMatch(script, /'(?:NT AUTHORITY|BUILTIN)\\|Administrators'/i);
  });

  it("touches the services of the closed list only", () => {
    const named = [...script.matchAll(/Get-PxController '(\w+)'/g)].map((match) => match[1]);
    assert.ok(named.length > 0);
    for (const name of named) assert.ok((SERVICES as readonly string[]).includes(name), name);
  });
});

describe("the tokenizer behind these tests", () => {
  it("finds what 5.1 does not know", () => {
    const samples = [
      "$a ?? 1",
      "$a?.b",
      "a && b",
      "a || b",
      "$x = $a ? 1 : 2",
      "x -AsHashtable",
      "% -Parallel { }",
      "clean { }",
      "$a ??= 2",
    ];
    for (const sample of samples) assert.notDeepEqual(newerThan51(sample), [], sample);
  });

  it("looks past strings, here-strings and comments", () => {
    const text = "'a && b' # ?? c\n\"x || $y\" <# ?. \n && #>\n@'\n?? '\n'@\n$a = 'it''s' + \"`\"&&\"\n";
    assert.deepEqual(newerThan51(text), []);
    assert.deepEqual(unbalanced(text), []);
  });

  it("finds what is not closed", () => {
    assert.throws(() => tokenize("'abc"), /Unterminated single/);
    assert.throws(() => tokenize('"abc`"'), /Unterminated double/);
    assert.deepEqual(unbalanced("if (1) {\n}}"), ["line 2: } closes nothing"]);
    assert.deepEqual(unbalanced("a (\n[)"), ["line 2: ) closes [ of line 2"]);
    assert.deepEqual(unbalanced("{"), ["line 1: { is not closed"]);
  });
});

/** A function that lists syntax errors, or undefined where the grammar is not installed. */
async function treeSitter(): Promise<((text: string) => string[]) | undefined> {
  const grammar = resolved("tree-sitter-powershell/package.json");
  const engine = resolved("web-tree-sitter");
  if (!grammar || !engine) return undefined;
  const wasm = join(dirname(grammar), "tree-sitter-powershell.wasm");
  if (!existsSync(wasm)) return undefined;

  const { Parser, Language } = require(engine) as TreeSitter;
  await Parser.init();
  const language = await Language.load(wasm);
  const parser = new Parser();
  parser.setLanguage(language);
  return (text) => errorsBelow(parser.parse(text).rootNode);
}

interface SyntaxNode {
  type: string;
  isMissing: boolean;
  startPosition: { row: number };
  text: string;
  children: SyntaxNode[];
}
interface TreeSitter {
  Parser: { new (): { setLanguage(language: unknown): void; parse(text: string): { rootNode: SyntaxNode } }; init(): Promise<void> };
  Language: { load(file: string): Promise<unknown> };
}

function errorsBelow(node: SyntaxNode): string[] {
  if (node.type === "ERROR" || node.isMissing) return [`line ${node.startPosition.row + 1}: ${node.text.slice(0, 80)}`];
  return node.children.flatMap(errorsBelow);
}

function resolved(name: string): string | undefined {
  try {
    return require.resolve(name, { paths: [root] });
  } catch {
    return undefined;
  }
}
