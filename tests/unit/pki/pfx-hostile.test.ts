import assert from "node:assert/strict";
import { ErrorCode, isExchangeError } from "../../../provider/base/errors";
import { openPfx } from "../../../provider/pki";
import { openContainer } from "../../../provider/pki/pfx-codec";
import { IterationBudget, MAX_ITERATIONS, readOutline } from "../../../provider/pki/pfx-limits";
import { writeContainer } from "../../../provider/pki/pfx-writer";
import { makePfx, makeSelfSigned } from "../../support/certificates";
import { data, encryptedData, mutated, pbe, pfxAround, seeded, sequence, shroudedKey, tlv } from "./building";
import { seedOf } from "../../support/seed";

const PASSWORD = "secret";

function codeOf(run: () => unknown): ErrorCode | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    assert.ok(isExchangeError(error), String(error));
    return error.code;
  }
}

describe("hostile PFX files", () => {
  const bombs: [title: string, pfx: Buffer][] = [
    ["a MAC with 2^31 iterations", pfxAround(sequence(), PASSWORD, 2 ** 31)],
    ["a MAC with 2^200 iterations", pfxAround(sequence(), PASSWORD, 2n ** 200n)],
    ["a key with 1,000,000 iterations beside the MAC", pfxAround(sequence(data(shroudedKey(pbe(1_000_000)))), PASSWORD)],
    ["PBES2 with 2^31 iterations", pfxAround(sequence(data(shroudedKey(pbe(2 ** 31, "pbes2")))), PASSWORD)],
    ["four keys with 300,000 each", pfxAround(sequence(...[1, 2, 3, 4].map(() => data(shroudedKey(pbe(300_000))))), PASSWORD)],
    ["half in the MAC, half in a key", pfxAround(sequence(data(shroudedKey(pbe(500_001)))), PASSWORD, 500_000)],
    ["an old PKCS#5 scheme", pfxAround(sequence(data(shroudedKey(pbe(2 ** 24, "1.2.840.113549.1.5.3")))), PASSWORD)],
  ];
  for (const [title, pfx] of bombs) {
    it(`refuses ${title} before anything is derived`, async () => {
      let turned = false;
      setImmediate(() => (turned = true));
      await assert.rejects(openPfx(pfx, PASSWORD), (error) => isExchangeError(error, "PFX_TOO_EXPENSIVE"));
      assert.ok(!turned, "the answer did not need a turn of the event loop, so no thread was asked");
    });
  }

  it("takes exactly 1,000,000 iterations as affordable", () => {
    const budget = new IterationBudget();
    assert.equal(
      codeOf(() => budget.spend(MAX_ITERATIONS)),
      undefined,
    );
    assert.equal(
      codeOf(() => budget.spend(1)),
      "PFX_TOO_EXPENSIVE",
    );
    const dear = pfxAround(sequence(data(shroudedKey(pbe(999_999)))), PASSWORD);
    assert.equal(
      codeOf(() => readOutline(dear)),
      undefined,
    );
  });

  it("finds a count that is hidden inside an encrypted part", () => {
    const hidden = pfxAround(sequence(encryptedData(shroudedKey(pbe(2 ** 31)), PASSWORD)), PASSWORD);
    assert.equal(
      codeOf(() => readOutline(hidden)),
      undefined,
      "not visible without the password",
    );
    assert.equal(
      codeOf(() => openContainer(hidden, PASSWORD)),
      "PFX_TOO_EXPENSIVE",
    );
  });

  it("refuses endless nesting, too many elements and impossible lengths", () => {
    const deep = Buffer.concat([Buffer.alloc(2_000, Buffer.from([0x30, 0x80])), Buffer.alloc(4_000)]);
    let shell = sequence();
    for (let level = 0; level < 200; level++) shell = sequence(data(shell));
    const files = [
      deep,
      pfxAround(deep, PASSWORD),
      pfxAround(shell, PASSWORD),
      sequence(Buffer.alloc(900_000, Buffer.from([0x05, 0x00]))),
      pfxAround(sequence(Buffer.alloc(400_000, Buffer.from([0x05, 0x00]))), PASSWORD),
      Buffer.from("3084ffffffff", "hex"),
      Buffer.from("3088ffffffffffffffff", "hex"),
      Buffer.from("3080", "hex"),
      Buffer.from("0480", "hex"),
      Buffer.from("bf818181818100", "hex"),
    ];
    for (const file of files)
      assert.equal(
        codeOf(() => readOutline(file)),
        "PFX_UNREADABLE",
      );
  });

  it("refuses negative counts, zero counts and unknown algorithms", () => {
    const negative = pbe(1)
      .toString("hex")
      .replace(/020101$/, "0201ff");
    const safes = [Buffer.from(negative, "hex"), pbe(0), pbe(1, "1.2.840.113549.1.12.1.1"), pbe(1, "1.2.3.4")];
    for (const algorithm of safes) {
      const pfx = pfxAround(sequence(data(shroudedKey(algorithm))), PASSWORD);
      assert.equal(
        codeOf(() => openContainer(pfx, PASSWORD)),
        "PFX_UNREADABLE",
      );
    }
  });

  it("reads BER with indefinite lengths and split strings", async () => {
    const issued = await makeSelfSigned();
    const { safe } = readOutline(await makePfx(issued, PASSWORD, "3des"));
    const der = pfxAround(safe, PASSWORD);
    const halves = [safe.subarray(0, 700), safe.subarray(700)].map((part) => tlv(0x04, part));
    const split = Buffer.concat([Buffer.from("2480", "hex"), ...halves, Buffer.alloc(2)]);
    const ber = replaced(der, tlv(0x04, safe), split);
    assert.deepEqual(readOutline(ber).safe, safe);
    const opened = await openPfx(ber, PASSWORD);
    assert.ok(opened.privateKey.equals(issued.privateKey));
  });

  it("survives 2,000 mutations, half of them behind a MAC that is right", async () => {
    const seed = seedOf("PKI_FUZZ_SEED");
    const random = seeded(seed);
    const { certificate, privateKey } = await makeSelfSigned();
    const pkcs8 = privateKey.export({ format: "der", type: "pkcs8" });
    const parts = { certificates: [certificate.der], pkcs8, password: PASSWORD, iterations: 1 };
    const { safe } = readOutline(writeContainer({ ...parts, algorithm: "3des" }));
    const cheap = pfxAround(safe, PASSWORD);
    const codes = new Map<string, number>();
    for (let round = 0; round < 2_000; round++) {
      const pfx = round % 2 ? mutated(cheap, random) : pfxAround(mutated(safe, random), PASSWORD);
      let code: string;
      try {
        code = codeOf(() => openContainer(pfx, PASSWORD)) ?? "opened";
      } catch (error) {
        throw new Error(`seed ${seed}, round ${round}: PKI_FUZZ_SEED=${seed} repeats it`, { cause: error });
      }
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    const allowed = ["opened", "PFX_UNREADABLE", "PFX_PASSWORD_WRONG", "PFX_TOO_EXPENSIVE"];
    assert.ok(
      [...codes.keys()].every((code) => allowed.includes(code)),
      [...codes.keys()].join(),
    );
    assert.ok((codes.get("PFX_PASSWORD_WRONG") ?? 0) > 100 && (codes.get("PFX_UNREADABLE") ?? 0) > 100);
  }).timeout(60_000);
});

/** Replaces one element of a PFX made by `pfxAround` and lengthens what stands around it, with indefinite lengths. */
function replaced(pfx: Buffer, element: Buffer, by: Buffer): Buffer {
  const at = pfx.indexOf(element);
  const after = pfx.subarray(at + element.length);
  const open = Buffer.from("3080", "hex");
  const end = Buffer.alloc(2);
  const version = Buffer.from("020103", "hex");
  const type = Buffer.from("06092a864886f70d010701", "hex");
  const content = Buffer.concat([open, type, Buffer.from("a080", "hex"), by, end, end]);
  return Buffer.concat([open, version, content, after, end]);
}
