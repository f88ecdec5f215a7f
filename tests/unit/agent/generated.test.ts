/** Whatever is derived from cmdlets.ts and protocol.ts is up to date; the lists agree with the message types. */
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { CMDLETS } from "../../../provider/remote/cmdlets";
import { OPERATIONS, isMutation } from "../../../provider/remote/protocol";
import { FILES, PARTS, assembleAgent, hashModule, partReader, renewDoc, roleCapability } from "../../../tools/generate-agent";
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

  it("never offers Remove-ExchangeCertificate -Force or -Services", () => {
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
  it("each have a reader and a runner in agent.ps1", () => {
    const script = text(FILES.agent);
    for (const [op, rule] of Object.entries(OPERATIONS)) {
      for (const name of rule.script)
        assert.match(script, new RegExp(`^function ${name}\\(\\[string\\]\\$Op, [^()]*\\$\\w+\\)`, "m"), `${op} ${name}`);
    }
  });
});
