import { createRequire } from "node:module";
import path from "node:path";
import tseslint from "typescript-eslint";

const { refusal } = createRequire(import.meta.url)("./tools/rooms.js");
const ROOT = import.meta.dirname;

/** Imports go downward only: the rule itself is in tools/rooms.js. */
const rooms = {
  meta: { type: "problem", schema: [] },
  create(context) {
    const file = path.relative(ROOT, context.filename).split(path.sep).join("/");
    const check = (node, literal) => {
      if (typeof literal?.value !== "string") return;
      const why = refusal(file, literal.value);
      if (why) context.report({ node, message: why });
    };
    return {
      ImportDeclaration: (node) => check(node, node.source),
      ExportNamedDeclaration: (node) => check(node, node.source),
      ExportAllDeclaration: (node) => check(node, node.source),
      ImportExpression: (node) => check(node, node.source),
      TSImportType: (node) => check(node, node.source ?? node.argument?.literal),
      TSExternalModuleReference: (node) => check(node, node.expression),
      CallExpression: (node) => node.callee.name === "require" && check(node, node.arguments[0]),
    };
  },
};

/** Chosen for what they find (promises forgotten, cases forgotten, values of no type), not for taste. */
const typeChecked = {
  "@typescript-eslint/await-thenable": "error",
  "@typescript-eslint/no-explicit-any": "error",
  "@typescript-eslint/no-floating-promises": "error",
  "@typescript-eslint/no-for-in-array": "error",
  "@typescript-eslint/no-implied-eval": "error",
  "@typescript-eslint/no-misused-promises": ["error", { checksVoidReturn: { arguments: false } }],
  "@typescript-eslint/no-unnecessary-type-assertion": "error",
  "@typescript-eslint/no-unsafe-argument": "error",
  "@typescript-eslint/no-unsafe-assignment": "error",
  "@typescript-eslint/no-unsafe-call": "error",
  "@typescript-eslint/no-unsafe-member-access": "error",
  "@typescript-eslint/no-unsafe-return": "error",
  "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_", caughtErrors: "none" }],
  "@typescript-eslint/only-throw-error": "error",
  "@typescript-eslint/prefer-promise-reject-errors": "error",
  "@typescript-eslint/require-array-sort-compare": ["error", { ignoreStringArrays: true }],
  "@typescript-eslint/restrict-plus-operands": "error",
  "@typescript-eslint/return-await": ["error", "error-handling-correctness-only"],
  "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
};

const everywhere = {
  "house/rooms": "error",
  eqeqeq: ["error", "always", { null: "ignore" }],
  "max-lines": ["warn", { max: 250, skipBlankLines: true }],
  "no-constant-condition": ["error", { checkLoops: false }],
  "no-debugger": "error",
  "no-empty": "error",
  "no-fallthrough": "error",
  "no-restricted-properties": [
    "error",
    { property: "resetAndDestroy", message: "A socket that is ending cannot be reset: cutOff of lab/doors/listen." },
  ],
  "no-self-assign": "error",
  "no-unreachable": "error",
  "no-unsafe-finally": "error",
  "no-var": "error",
  "prefer-const": "error",
  "use-isnan": "error",
};

export default tseslint.config(
  { ignores: ["**/node_modules/", "dist/", ".build/", ".cache/", "tmp/"] },
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    plugins: { house: { rules: { rooms } } },
  },
  {
    files: ["**/*.ts"],
    plugins: { "@typescript-eslint": tseslint.plugin },
    languageOptions: { parser: tseslint.parser, parserOptions: { project: "./tsconfig.json", tsconfigRootDir: ROOT } },
    rules: { ...everywhere, ...typeChecked },
  },
  { files: ["**/*.js", "**/*.mjs"], rules: everywhere },
  { files: ["**/*.js"], languageOptions: { sourceType: "commonjs" } },
  // a test may prod things with values of no type
  {
    files: ["tests/**/*.ts"],
    rules: { "@typescript-eslint/no-unsafe-assignment": "off", "@typescript-eslint/no-unsafe-member-access": "off" },
  },
);
