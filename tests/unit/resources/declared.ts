/** The arguments of the resource classes as a program's author reads them, out of the sources: names, optionality, docs. */
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import * as ts from "typescript";
import { checkoutRoot } from "../tools/fromRoot";

export interface Declared {
  name: string;
  optional: boolean;
  docs: string;
}

const folder = join(checkoutRoot, "provider", "resources");
const interfaces = new Map<string, ts.InterfaceDeclaration>();
for (const file of readdirSync(folder).filter((name) => name.endsWith(".ts"))) {
  const source = ts.createSourceFile(file, readFileSync(join(folder, file), "utf8"), ts.ScriptTarget.Latest, true);
  for (const node of source.statements) if (ts.isInterfaceDeclaration(node)) interfaces.set(node.name.text, node);
}

/** Properties of `<Class>Args`, those that it inherits included. */
export function declaredOf(name: string): Declared[] {
  const node = interfaces.get(name);
  if (!node) throw new Error(`no interface ${name} in provider/resources`);
  const inherited = (node.heritageClauses ?? []).flatMap(({ types }) =>
    types.flatMap(({ expression }) => declaredOf(expression.getText())),
  );
  const own = node.members.filter(ts.isPropertySignature).map((member) => ({
    name: member.name.getText(),
    optional: member.questionToken !== undefined,
    docs: ts
      .getJSDocCommentsAndTags(member)
      .map(({ comment }) => ts.getTextOfJSDocComment(comment) ?? "")
      .join(" ")
      .replace(/\s+/g, " "),
  }));
  return [...inherited, ...own];
}
