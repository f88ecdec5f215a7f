/**
 * The provider texts that stacks have in their state. A difference here means that every stack of every user sees a
 * changed provider: think twice, then release a new major version.
 */

const PREFIXES = {
  Certificate: "certificate",
  CertificateRequest: "certificateRequest",
  SendConnectorTls: "sendConnectorTls",
  ReceiveConnectorTls: "receiveConnectorTls",
  HybridConfigurationTls: "hybridConfigurationTls",
  EdgeSubscription: "edgeSubscription",
  TransportService: "transportService",
  AuthCertificate: "authCertificate",
} as const;

const METHODS = [
  ["__0", "req", "configure"],
  ["__0, __1", "olds, news", "Check"],
  ["__0, __1, __2", "id, olds, news", "Diff"],
  ["__0", "inputs", "Create"],
  ["__0, __1, __2", "id, olds, news", "Update"],
  ["__0, __1", "id, props", "Read"],
  ["__0, __1", "id, props", "Delete"],
] as const;

/** Class name → its text, byte for byte. */
export const GOLDEN: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PREFIXES).map(([kind, prefix]) => [kind, textOf(prefix)]),
);

function textOf(prefix: string): string {
  const functions = METHODS.map(([outer, inner, name], index) => {
    const target = name === "configure" ? name : `${prefix}${name}`;
    return wrapped(`__f${index + 1}(${outer})`, "", `(${inner}) => require("pulumi-exchange/runtime").${target}(${inner})`);
  });
  return [
    "exports.handler = __f0;\n",
    "var __provider = {configure: __f1, check: __f2, diff: __f3, create: __f4, update: __f5, read: __f6, delete: __f7};\n",
    ...functions,
    wrapped("__f0()", "provider: __provider, ", "() => provider"),
  ].join("\n");
}

function wrapped(signature: string, captured: string, body: string): string {
  return `function ${signature} {
  return (function() {
    with({ ${captured}this: undefined, arguments: undefined }) {

return ${body};

    }
  }).apply(undefined, undefined).apply(this, arguments);
}
`;
}
