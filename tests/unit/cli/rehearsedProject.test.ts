import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { configFileOf, environmentsIn, projectOf, saltIn } from "../../../provider/cli/rehearse/projectFile";

describe("rehearse: the project's files", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-project-"))));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const project = (...lines: string[]): void => writeFileSync(join(folder, "Pulumi.yaml"), lines.join("\n"));
  const config = (...lines: string[]): string => {
    const file = join(folder, "Pulumi.prod.yaml");
    writeFileSync(file, lines.join("\n"));
    return file;
  };

  it("the name is the project's own, whatever else is called name before it", () => {
    project("runtime:", "  name: nodejs", "  options: {packagemanager: npm}", "name: shop # ours");
    assert.deepEqual(projectOf(folder), { name: "shop", configFolder: folder, refreshesAlways: false });
  });

  it("is found above; config folder and refresh are read, in YAML and in JSON", () => {
    writeFileSync(join(folder, "Pulumi.json"), JSON.stringify({ name: "shop", stackConfigDir: "stacks", options: { refresh: "always" } }));
    const inner = join(folder, "inner");
    mkdirSync(inner);
    const found = projectOf(inner);
    assert.deepEqual(found, { name: "shop", configFolder: join(folder, "stacks"), refreshesAlways: true });
    assert.equal(configFileOf(found, "prod"), join(folder, "stacks", "Pulumi.prod.yaml"));
  });

  it("a description of the configuration is no folder, the older form is one", () => {
    project("name: shop", "config:", "  site: {type: string}");
    assert.equal(projectOf(folder).configFolder, folder);
    project("name: shop", "config: stacks");
    assert.equal(projectOf(folder).configFolder, join(folder, "stacks"));
  });

  for (const [what, lines, names] of [
    ["a list", ["environment:", "  - shop/prod", "  - shared: {merge: false}", "config: {}"], ["shop/prod", "shared"]],
    ["imports", ["environment: {imports: [shop/prod]}"], ["shop/prod"]],
    ["one written in the file", ["environment:", "  values: {token: x}"], ["one of its own"]],
    ["none", ["config:", "  shop:environment: prod"], []],
  ] as [string, string[], string[]][])
    it(`environments of a config file: ${what}`, () => assert.deepEqual(environmentsIn(config(...lines)), names));

  it("a salt is read whatever the quotes, and missed by name", () => {
    assert.equal(saltIn(config("encryptionsalt: 'v1:a:b'")), "v1:a:b");
    assert.throws(() => saltIn(config("config: {}")), { code: "REHEARSAL_IMPOSSIBLE" });
  });

  it("what is no YAML is named", () => {
    project("name: [");
    assert.throws(() => projectOf(folder), { code: "REHEARSAL_IMPOSSIBLE", message: /Pulumi\.yaml cannot be read as YAML/ });
  });
});
