import { deepStrictEqual, match, ok, strictEqual } from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { isoSeconds } from "../../provider/base/clock";
import { UNKNOWN, type Json, type JsonObject } from "../../provider/base/json";
import { keyPem, makeAuthority, makeLeaf, makePfx, type IssuedCertificate } from "../support/certificates";
import { DynamicProvider } from "./dynamicProvider";
import { GOLDEN } from "./golden";

const PASSWORD = "a password nobody may see";
const host: JsonObject = {
  host: "edge01.contoso.com",
  port: 22,
  user: "admin",
  password: PASSWORD,
  hostKey: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
};
const owner = "project/stack/r";

/** Complete arguments of every class that is built. */
function argumentsOf(source: JsonObject, thumbprint: string): Record<string, JsonObject> {
  const tlsCertificateName = "<I>CN=Contoso CA<S>CN=mail.contoso.com";
  return {
    Certificate: { host, owner, source, services: ["SMTP"], organization: host, defaultSmtp: "replace", drain: "hold" },
    SendConnectorTls: { host, owner, connector: "Outbound", tlsCertificateName, sources: [{ host, thumbprint }], after: ["r1"] },
    EdgeSubscription: { edge: host, owner, organization: host, site: "Site", certificateThumbprint: thumbprint, after: ["r1"] },
    TransportService: { host, owner, organization: host, after: ["r1"], expectThumbprint: thumbprint },
  };
}

/** What a create that went well adds to the outputs. */
function observedOf(thumbprint: string): Record<string, JsonObject> {
  return {
    Certificate: { enabledServices: ["SMTP"], isDefaultSmtp: true },
    SendConnectorTls: { previous: {}, sourceTransportServers: ["EDGE01"] },
    EdgeSubscription: { edgeName: "EDGE01", boundThumbprint: thumbprint, syncStatus: "Normal" },
    TransportService: { status: "Running", presentedThumbprint: thumbprint },
  };
}

/** Every variant of `value` in which one part, at any depth, is not known yet. */
function* withOneUnknown(value: Json): Generator<Json> {
  yield UNKNOWN;
  if (Array.isArray(value)) {
    for (const [index, inner] of value.entries()) {
      for (const variant of withOneUnknown(inner)) yield value.with(index, variant);
    }
  } else if (value !== null && typeof value === "object") {
    for (const [key, inner] of Object.entries(value)) {
      for (const variant of withOneUnknown(inner)) yield { ...value, [key]: variant };
    }
  }
}

describe("check and diff in the provider process", () => {
  let provider: DynamicProvider;
  let leaf: IssuedCertificate;
  let all: Record<string, JsonObject>;
  let pfx: string;

  before(async () => {
    leaf = await makeLeaf(await makeAuthority());
    pfx = (await makePfx(leaf, PASSWORD)).toString("base64");
    all = argumentsOf({ certificate: leaf.certificate.pem, privateKey: keyPem(leaf) }, leaf.certificate.thumbprint);
    const config = { "project:pfx": pfx, "exchange:pfxPassword": PASSWORD };
    provider = await DynamicProvider.start({ config, env: { PFX_PASSWORD: PASSWORD } });
  });
  after(() => provider.stop());

  const check = (kind: string, args: JsonObject, olds: JsonObject = {}): ReturnType<DynamicProvider["check"]> =>
    provider.check(olds, { ...args, __provider: GOLDEN[kind] });

  for (const kind of ["Certificate", "SendConnectorTls", "EdgeSubscription", "TransportService"]) {
    describe(kind, () => {
      it("accepts complete arguments and gives the text back", async () => {
        const { inputs, failures } = await check(kind, all[kind]);
        deepStrictEqual(failures, []);
        strictEqual(inputs.__provider, GOLDEN[kind]);
        strictEqual(inputs.owner, owner);
      });

      it("takes a value that is not known yet at every position", async () => {
        const { inputs: olds } = await check(kind, all[kind]);
        for (const variant of withOneUnknown(all[kind])) {
          if (variant === UNKNOWN) continue;
          const { inputs, failures } = await check(kind, variant as JsonObject, olds);
          deepStrictEqual(failures, [], JSON.stringify(variant));
          const { changes } = await provider.diff("id", { ...olds, revision: "r1" }, inputs);
          ok(["none", "some", "unknown"].includes(changes));
        }
      });

      it("refuses an argument that it does not know, by name", async () => {
        const { failures } = await check(kind, { ...all[kind], colour: "blue" });
        ok(
          failures.some(({ reason }) => /^\[UNKNOWN_ARGUMENT\].*colour/.test(reason)),
          JSON.stringify(failures),
        );
      });

      it("names no property that holds a secret, and prints none", async () => {
        const argument = kind === "EdgeSubscription" ? "edge" : "host";
        const { failures } = await check(kind, { ...all[kind], [argument]: { ...host, port: 0 } });
        deepStrictEqual(
          failures.map(({ property }) => property),
          [""],
        );
        ok(failures[0].reason.includes(`${argument}.port`), failures[0].reason);
        ok(!JSON.stringify(failures).includes(PASSWORD));
      });

      it("sees no change where there is none, whatever the text in the state", async () => {
        const { inputs } = await check(kind, all[kind]);
        const olds = { ...inputs, ...observedOf(leaf.certificate.thumbprint)[kind], revision: "r1", __provider: "an older text" };
        const again = await check(kind, all[kind], olds);
        deepStrictEqual(await provider.diff("id", olds, again.inputs), { changes: "none", replaces: [] });
      });
    });
  }

  const SOURCES: [string, () => JsonObject][] = [
    ["a PFX in the program", () => ({ pfx, password: PASSWORD })],
    ["a PFX whose password is in the environment", () => ({ pfx, password: { env: "PFX_PASSWORD" } })],
    ["a PFX and password in the stack's configuration", () => ({ pfx: { config: "pfx" }, password: { config: "exchange:pfxPassword" } })],
  ];
  for (const [title, source] of SOURCES) {
    it(`knows a certificate's thumbprint and dates in a preview: ${title}`, async () => {
      const { inputs, failures } = await check("Certificate", { ...all.Certificate, source: source() });
      deepStrictEqual(failures, []);
      strictEqual(inputs.thumbprint, leaf.certificate.thumbprint);
      strictEqual(inputs.notAfter, isoSeconds(leaf.certificate.notAfter));
      deepStrictEqual(inputs.source, source());
    });
  }

  it("refuses a wrong PFX password without repeating it", async () => {
    const wrong = "the wrong password";
    const { failures } = await check("Certificate", { ...all.Certificate, source: { pfx, password: wrong } });
    ok(failures[0].reason.startsWith("[PFX_PASSWORD_WRONG]"), JSON.stringify(failures));
    ok(!JSON.stringify(failures).includes(wrong) && !provider.output.includes(wrong));
  });

  it("names the argument, and the file it refers to, of what cannot be opened", async () => {
    const file = path.join(mkdtempSync(path.join(os.tmpdir(), "pulumi-exchange-check-")), "edge.pfx");
    writeFileSync(file, Buffer.from(pfx, "base64"));
    const key = keyPem(await makeLeaf(await makeAuthority()));
    const cases: [JsonObject, RegExp][] = [
      [
        { pfx: { file }, password: "wrong" },
        /^\[PFX_PASSWORD_WRONG\] source\.pfx \(the file .*edge\.pfx\) with source\.password: The password/,
      ],
      [{ pfx: leaf.certificate.pem, password: "x" }, /^\[PFX_UNREADABLE\] source\.pfx: The PFX cannot be read: it is a certificate/],
      [{ certificate: leaf.certificate.pem, privateKey: key }, /^\[KEY_MISMATCH\] source\.privateKey: The private key does not belong/],
      [
        { certificate: { file }, privateKey: key },
        /^\[PEM_UNREADABLE\] source\.certificate \(the file .*edge\.pfx\): .* what is given is a PFX/,
      ],
      [
        { certificate: leaf.certificate.pem, privateKey: keyPem(leaf), chain: "none" },
        /^\[PEM_UNREADABLE\] source\.chain: The text holds no PEM/,
      ],
    ];
    for (const [source, expected] of cases) {
      const { failures } = await check("Certificate", { ...all.Certificate, source });
      match(failures[0].reason, expected);
    }
    rmSync(path.dirname(file), { recursive: true });
  });

  it("replaces a certificate whose thumbprint changes, with a property diff", async () => {
    const { inputs: olds } = await check("Certificate", all.Certificate);
    const other = await makeLeaf(await makeAuthority());
    const source = { certificate: other.certificate.pem, privateKey: keyPem(other) };
    const { inputs } = await check("Certificate", { ...all.Certificate, source }, olds);
    const { changes, replaces } = await provider.diff("id", { ...olds, revision: "r1" }, inputs);
    strictEqual(changes, "unknown");
    ok(replaces.includes("thumbprint"), replaces.join());
  });
});
