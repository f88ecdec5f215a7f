/** Whatever is derived from cmdlets.ts and protocol.ts is up to date; the lists agree with the message types. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { CMDLETS } from "../../../provider/remote/cmdlets";
import { isMutation } from "../../../provider/remote/protocol";
import { FILES, OPERATIONS, PARTS, assembleAgent, hashModule, partReader, renewDoc, roleCapability } from "../../../tools/generate-agent";
import { root } from "./repository";
import { newerThan51, unbalanced } from "./powershell";

const text = (file: string): string => readFileSync(join(root, file), "utf8");

describe("generated parts (node dist/tools/generate-agent.js writes them)", () => {
  it("agent.ps1 is its parts and the lists of cmdlets.ts and protocol.ts", () =>
    assert.equal(assembleAgent(partReader(root)), text(FILES.agent)));
  it("no part is left out", () => assert.deepEqual(readdirSync(join(root, FILES.parts)).sort(), PARTS.map((part) => `${part}.ps1`).sort()));
  it("the role capability lists the same cmdlets", () => assert.equal(roleCapability(), text(FILES.role)));
  it("the published hash is that of the script", () => assert.equal(hashModule(text(FILES.agent)), text(FILES.hash)));
  it("the protocol page has the table of cmdlets", () => assert.equal(renewDoc(text(FILES.doc)), text(FILES.doc)));

  it("the role capability is well-formed and opens no wildcard", () => {
    const role = text(FILES.role);
    assert.deepEqual(unbalanced(role), []);
    assert.deepEqual(newerThan51(role), []);
    assert.doesNotMatch(role, /\*/);
  });
});

describe("cmdlets.ts", () => {
  it("marks as mutating what protocol.ts takes for a mutation", () => {
    for (const [cmdlet, rule] of Object.entries(CMDLETS)) assert.equal(rule.mutating, isMutation("invoke", cmdlet), cmdlet);
  });

  it("has no two names that differ by case only", () => {
    const sets = [Object.keys(CMDLETS), ...Object.values(CMDLETS).map((rule) => Object.keys(rule.parameters))];
    for (const names of sets) assert.equal(new Set(names.map((name) => name.toLowerCase())).size, names.length, names.join());
  });

  it("leaves what the agent itself sets, and what could redirect a call, to the agent", () => {
    const forbidden =
      /^(?:ErrorAction|ErrorVariable|OutVariable|OutBuffer|PipelineVariable|WarningAction|Verbose|Debug|WhatIf|AsJob|Session)$/i;
    for (const [cmdlet, rule] of Object.entries(CMDLETS)) {
      for (const name of Object.keys(rule.parameters)) assert.doesNotMatch(name, forbidden, `${cmdlet} ${name}`);
    }
  });

  it("never offers Remove-ExchangeCertificate -Force or -Services: Exchange has neither", () => {
    assert.deepEqual(Object.keys(CMDLETS["Remove-ExchangeCertificate"].parameters), ["Thumbprint", "Server", "Confirm"]);
  });

  it("is used by the client within its limits", () => {
    const folder = join(root, "provider");
    const program = ts.sys.readDirectory(folder, [".ts"]);
    const named = new Set(
      program.flatMap((file) => [...readFileSync(file, "utf8").matchAll(/invoke\(\s*"([A-Za-z]+-[A-Za-z]+)"/g)].map((match) => match[1])),
    );
    assert.ok(named.size > 5, "the client invokes cmdlets");
    const known = new Set(Object.keys(CMDLETS).map((name) => name.toLowerCase()));
    assert.deepEqual(
      [...named].filter((name) => !known.has(name.toLowerCase())),
      [],
    );
  });
});

describe("OPERATIONS", () => {
  it("are those of the Operations interface", () => {
    const source = ts.createSourceFile("protocol.ts", text("provider/remote/protocol.ts"), ts.ScriptTarget.Latest, true);
    const found: string[] = [];
    source.forEachChild((node) => {
      if (ts.isInterfaceDeclaration(node) && node.name.text === "Operations") {
        for (const member of node.members) found.push(member.name!.getText(source).replaceAll('"', ""));
      }
    });
    assert.deepEqual(found, [...OPERATIONS]);
  });

  it("each have a reader of parameters and a branch in agent.ps1", () => {
    const script = text(FILES.agent);
    const patterns = (name: string): RegExp[] =>
      [...functionText(script, name).matchAll(/^ {8}'(\^[^']+)'/gm)].map((match) => new RegExp(match[1].replace("\\z", "$")));
    const [reads, runs] = [patterns("Read-PxParams"), patterns("Invoke-PxOperation")];
    assert.ok(reads.length > 5 && runs.length > 5);
    for (const op of OPERATIONS) {
      assert.equal(reads.filter((pattern) => pattern.test(op)).length, 1, `Read-PxParams ${op}`);
      assert.equal(runs.filter((pattern) => pattern.test(op)).length, 1, `Invoke-PxOperation ${op}`);
    }
  });
});

function functionText(script: string, name: string): string {
  const from = script.indexOf(`function ${name}(`);
  return script.slice(from, script.indexOf("\n}\n", from));
}
