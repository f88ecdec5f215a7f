/** What `certreq -new` is told by an INF file, as far as it may be told here: a self-signed certificate of the computer with a CAPI key. */
import type { SelfSignedWish } from "../model/contract";

/** What must stand there, else Windows would make something else. */
const EXPECTED = {
  Signature: "$Windows NT$",
  RequestType: "Cert",
  ValidityPeriod: "Days",
  ProviderName: "Microsoft RSA SChannel Cryptographic Provider",
  ProviderType: "12",
  KeySpec: "1",
  KeyUsage: "0xA0",
  HashAlgorithm: "sha256",
  MachineKeySet: "TRUE",
  Silent: "TRUE",
  OID: "1.3.6.1.5.5.7.3.1",
  "2.5.29.17": "{text}",
};

/** @throws Error for anything that Windows would refuse or understand otherwise */
export function readPolicy(bytes: Buffer): SelfSignedWish {
  // a file without the mark is read in the code page of the computer
  if (!bytes.subarray(0, 2).equals(Buffer.from([0xff, 0xfe]))) throw new Error("The INF file is not UTF-16.");
  const lines = bytes.subarray(2).toString("utf16le").split("\r\n");
  const entries = lines.flatMap((line) => /^([^[=]+?) = (.*)$/.exec(line)?.slice(1, 3) ?? []);
  const pairs = entries.flatMap((name, index) => (index % 2 === 0 ? [[name, unquoted(entries[index + 1])] as const] : []));
  const values = new Map(pairs);
  for (const [name, value] of Object.entries(EXPECTED))
    if (values.get(name) !== value) throw new Error(`${name} is ${String(values.get(name))}, not ${value}.`);
  const domainNames = pairs.flatMap(([name, value]) => (name === "_continue_" ? (/^dns=(.+)&$/.exec(value)?.[1] ?? []) : []));
  if (values.get("Subject") !== `CN=${domainNames[0]}`) throw new Error(`Subject is ${String(values.get("Subject"))}.`);
  return {
    domainNames,
    days: Number(values.get("ValidityPeriodUnits")),
    keySize: Number(values.get("KeyLength")),
    friendlyName: values.get("FriendlyName") ?? "",
    exportable: values.get("Exportable") === "TRUE",
  };
}

/** A quote is doubled in quotes, and a percent sign always: one alone begins the name of a string. */
function unquoted(text: string): string {
  const inner = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (/%/.test(inner.replaceAll("%%", ""))) throw new Error(`A percent sign stands alone: ${text}`);
  if (/"/.test(inner.replaceAll('""', ""))) throw new Error(`A quote stands alone: ${text}`);
  return inner.replaceAll('""', '"').replaceAll("%%", "%");
}
