/** Keys to log on with, in every form that people have; what cannot be used is named for what it is. */
import assert from "node:assert/strict";
import { generateKeyPairSync, type KeyObject } from "node:crypto";
import { utils, type ParsedKey } from "ssh2";
import { ExchangeError } from "../../../provider/base/errors";
import { readPrivateKey } from "../../../provider/remote/sshKey";
import { encryptedKeyPair } from "../../support/sshKeys";
import { keyPair } from "./fakeHost";

const HOST = { host: "edge01.contoso.com", user: "admin" };
const PHRASE = "Canary-of-a-passphrase";

const pairs: Record<string, () => KeyObject> = {
  rsa: () => generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey,
  "ec P-256": () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey,
  "ec P-384": () => generateKeyPairSync("ec", { namedCurve: "P-384" }).privateKey,
  ed25519: () => generateKeyPairSync("ed25519").privateKey,
};

function read(text: string, phrase?: string): ParsedKey {
  const { key } = readPrivateKey(HOST, text, phrase);
  assert(key);
  return key;
}

/** It signs, and its own public half verifies. */
function works(key: ParsedKey): void {
  const data = Buffer.from("what is signed");
  const hash = key.type === "ssh-rsa" ? "sha256" : undefined;
  const signature = key.sign(data, hash);
  const publicHalf = utils.parseKey(key.getPublicSSH()) as ParsedKey;
  assert.equal(publicHalf.verify(data, signature, hash), true);
}

function refused(text: string, phrase?: string): ExchangeError {
  try {
    readPrivateKey(HOST, text, phrase);
  } catch (error) {
    assert(error instanceof ExchangeError);
    assert.equal(error.code, "SSH_KEY_UNREADABLE");
    assert(!error.message.includes(PHRASE));
    return error;
  }
  assert.fail("was accepted");
}

const ANOTHER = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n";

describe("private keys to log on with", () => {
  for (const [type, make] of Object.entries(pairs)) {
    it(`PKCS#8, plain and encrypted: ${type}`, () => {
      const key = make();
      works(read(key.export({ type: "pkcs8", format: "pem" }) as string));
      const encrypted = key.export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: PHRASE }) as string;
      works(read(encrypted, PHRASE));
      assert.match(refused(encrypted, "another").sentence, /not opened by privateKeyPassword/);
      assert.match(refused(encrypted).hint, /Set privateKeyPassword/);
    });
  }

  it("OpenSSH's own form, plain and encrypted, and legacy PEM", () => {
    works(read(keyPair("ed25519").private));
    const encrypted = encryptedKeyPair(PHRASE).private;
    works(read(encrypted, PHRASE));
    assert.match(refused(encrypted, "another").sentence, /not opened by privateKeyPassword/);
    assert.match(refused(encrypted).sentence, /is encrypted/);
    const legacy = pairs.rsa().export({ type: "pkcs1", format: "pem", cipher: "aes-128-cbc", passphrase: PHRASE }) as string;
    works(read(legacy, PHRASE));
    assert.match(refused(legacy, "another").sentence, /not opened by privateKeyPassword/);
  });

  const forms: [string, (pem: string) => string][] = [
    ["CR LF", (pem) => pem.replace(/\n/g, "\r\n")],
    ["line breaks written as two characters", (pem) => pem.trim().replace(/\n/g, "\\n")],
    ["CR LF written as four characters", (pem) => pem.trim().replace(/\n/g, "\\r\\n")],
    ["blanks in place of line breaks", (pem) => pem.trim().replace(/\n/g, " ")],
    ["a byte order mark", (pem) => `\uFEFF${pem}`],
    ["indented lines, blank lines around", (pem) => `\n  ${pem.replace(/\n/g, "\n  ")}\n\n`],
    ["no line break at the end", (pem) => pem.trim()],
    ["the curve in front of it", (pem) => `-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n${pem}`],
    ["a certificate in front of it and behind it", (pem) => `${ANOTHER}Bag Attributes\n${pem}${ANOTHER}`],
  ];
  for (const [what, change] of forms) {
    it(`with ${what}`, () => {
      works(read(change(keyPair("ed25519").private)));
      works(read(change(keyPair("rsa").private)));
      works(read(change(pairs["ec P-256"]().export({ type: "pkcs8", format: "pem" }) as string)));
    });
  }

  const wrong: [string, string, RegExp, RegExp][] = [
    ["PuTTY version 2", "PuTTY-User-Key-File-2: ssh-ed25519\nEncryption: none\nComment: c\n", /PuTTY key \(version 2\)/, /puttygen/],
    ["PuTTY version 3", "PuTTY-User-Key-File-3: ssh-rsa\r\nEncryption: aes256-cbc\r\n", /PuTTY key \(version 3\)/, /puttygen/],
    ["a public key", `${keyPair("ed25519").public} admin@station`, /public key/, /private half/],
    [
      "a public key in PEM",
      pairs
        .rsa()
        .export({ type: "pkcs1", format: "pem" })
        .toString()
        .replace(/PRIVATE/g, "PUBLIC"),
      /public key/,
      /private half/,
    ],
    ["SSH2's public form", "---- BEGIN SSH2 PUBLIC KEY ----\nAAAA\n---- END SSH2 PUBLIC KEY ----", /public key/, /private half/],
    ["a path", "C:\\Users\\admin\\.ssh\\id_ed25519", /path of a file/, /\{file: "…"\}/],
    ["a damaged key", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk\n-----END OPENSSH PRIVATE KEY-----", /damaged/, /ssh-keygen/],
    ["a key that is cut off", keyPair("rsa").private.slice(0, 500), /cut off: its END line is missing/, /whole file/],
    ["anything else", "hunter2", /no private key/, /PEM or OpenSSH/],
  ];
  for (const [what, text, sentence, hint] of wrong) {
    it(`names ${what}`, () => {
      const error = refused(text);
      assert.match(error.sentence, sentence);
      assert.match(error.hint, hint);
      assert.equal(error.host, "edge01.contoso.com");
    });
  }
});
