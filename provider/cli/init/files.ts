/** The files of the project around its program. */
import { isAbsolute, resolve } from "node:path";
import type { HostConnection, SecretRef } from "../../remote/hosts";
import type { Hosts } from "../hostsFile";
import type { Adopted, Plan } from "./plan";

/** Of connections: what must not stand in a file. */
const SECRETS = ["password", "privateKey", "privateKeyPassword"];

/** Connections with references in place of secrets, and the variables that these want; files with their whole path. */
export function hostsJson(hosts: Hosts): { text: string; variables: string[] } {
  const variables: string[] = [];
  const byReference = (value: unknown, path: string[]): unknown => {
    if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
    if ("file" in value && typeof value.file === "string" && Object.keys(value).length === 1) return { file: fromHere(value.file) };
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => {
        if (!SECRETS.includes(key) || typeof inner !== "string") return [key, byReference(inner, [...path, key])];
        const env = [...path, key]
          .map((part) =>
            part
              .replace(/[^A-Za-z0-9]/g, "_")
              .replace(/([a-z])([A-Z])/g, "$1_$2")
              .toUpperCase(),
          )
          .join("_");
        variables.push(env);
        return [key, { env } satisfies SecretRef];
      }),
    );
  };
  const all = [...hosts].map(([name, { name: _own, ...host }]: [string, HostConnection]) => [name, byReference(host, [name])]);
  return { text: json(Object.fromEntries(all)), variables };
}

/** The project has a folder of its own: a relative file starts where `init` runs; `~` and variables mean the same everywhere. */
const fromHere = (file: string): string => (isAbsolute(file) || /^(~($|[\\/])|%|\$env:)/.test(file) ? file : resolve(file));

export const json = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

export const pulumiYaml = (project: string): string =>
  `name: ${project}\nruntime: nodejs\ndescription: Certificates of Exchange servers\nmain: index.ts\n`;

/** Everything that `npm install` has to bring; Pulumi compiles the program itself, with the project's own TypeScript. */
export function packageJson(project: string, version: string, peers: { [name: string]: string }): string {
  return json({
    name: project,
    private: true,
    main: "index.ts",
    dependencies: { "@pulumi/pulumi": peers["@pulumi/pulumi"], "pulumi-exchange": `^${version}` },
    devDependencies: { "@types/node": "^22.0.0", typescript: "~6.0.3" },
  });
}

/** Pulumi runs the sources: what was compiled beside them would be taken in their place. */
export const tsconfigJson = (): string =>
  json({
    compilerOptions: {
      target: "ES2022",
      module: "Node16",
      moduleResolution: "Node16",
      strict: true,
      skipLibCheck: true,

      noEmit: true,
    },
    files: ["index.ts"],
  });

export const certificatesOf = ({ fleets, mailbox }: Plan): Adopted[] => [
  ...fleets.flatMap(({ edges }) => edges.map(({ adopted }) => adopted)),
  ...mailbox.map(({ adopted }) => adopted),
];

export function readme(organisation: string, variables: readonly string[], plan: Plan): string {
  const set = variables.map((name) => `export ${name}=…`);
  return [
    `# Certificates of ${organisation}`,
    "",
    "Written by `npx pulumi-exchange init` from what was found; the program is `index.ts`, the servers are in `hosts.json`.",
    "",
    "```sh",
    "npm install",
    "pulumi stack init prod",
    ...set,
    "pulumi up   # adopts what is there: nothing is changed in Exchange",
    "```",
    "",
    ...(plan.open.length > 0
      ? ["Before that, decide what `index.ts` lists at its top:", "", ...plan.open.map((one) => `- ${one.replace(/\s+/g, " ")}`), ""]
      : []),
    "A renewal is a new `source` in `index.ts` (a PFX by reference, for instance) in place of the one there, without `adoptOnly`; `pulumi preview`",
    "then says what will be done on which server, and `pulumi up` does it. `npx pulumi-exchange doctor --hosts hosts.json` names what is wrong.",
    "",
  ].join("\n");
}

export const GITIGNORE = "node_modules/\n*.pfx\n";
