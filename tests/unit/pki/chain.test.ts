/** Of several paths from a certificate to a root, the one that is valid today, whatever the order of the file. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { bestPath, orderChain, pathProblem, type Certificate } from "../../../provider/pki";
import { makeAuthority, makeLeaf, pooledKey, type Authority, type IssuedCertificate, type KeyPair } from "../../support/certificates";

const NOW = new Date("2026-06-01T00:00:00Z");
const DAYS = 86_400_000;
const after = (days: number): Date => new Date(NOW.getTime() + days * DAYS);
const OLD = { notBefore: after(-4_000), notAfter: after(-30) };
const GOOD = { notBefore: after(-400), notAfter: after(2_000) };

describe("paths from a certificate to a root", () => {
  let issuingKey: KeyPair;
  let old: Authority, root: Authority, second: Authority;
  /** One authority, signed by three roots: same name, same key. */
  let byOld: Authority, byRoot: Authority, bySecond: Authority, expiredByRoot: Authority;
  let leaf: IssuedCertificate;

  before(async () => {
    issuingKey = await pooledKey();
    old = await makeAuthority("CN=Old Root", OLD);
    root = await makeAuthority("CN=New Root", GOOD);
    second = await makeAuthority("CN=Second Root", { ...GOOD, notAfter: after(3_000) });
    const issuing = (parent: Authority, dates: object): Promise<Authority> =>
      makeAuthority("CN=Issuing CA", { ...dates, parent, key: issuingKey });
    byOld = await issuing(old, OLD);
    byRoot = await issuing(root, GOOD);
    bySecond = await issuing(second, GOOD);
    expiredByRoot = await issuing(root, { ...OLD, notAfter: after(-1) });
    leaf = await makeLeaf(byRoot, { notBefore: after(-10), notAfter: after(100) });
  });

  const names = (chain: Certificate[]): string[] => chain.map(({ subject, issuer }) => `${subject} of ${issuer}`);
  const VALID = ["CN=Issuing CA of CN=New Root", "CN=New Root of CN=New Root"];

  it("takes the one that is valid today and ends in a root, in any order of the file", () => {
    const files = [byOld, old, expiredByRoot, byRoot, root].map(({ certificate }) => certificate);
    fc.assert(
      fc.property(fc.shuffledSubarray(files, { minLength: files.length }), (file) => {
        assert.deepEqual(names(orderChain(leaf.certificate, file, NOW)), VALID);
        assert.equal(pathProblem(leaf.certificate, file, NOW), null);
      }),
    );
  });

  it("prefers a path with its root to one that ends early", () => {
    const file = [bySecond, byRoot, root].map(({ certificate }) => certificate);
    assert.deepEqual(names(orderChain(leaf.certificate, file, NOW)), VALID);
  });

  it("of two complete ones takes the same for every order", () => {
    const files = [bySecond, second, byRoot, root].map(({ certificate }) => certificate);
    const [first, ...others] = [files, [...files].reverse()].map((file) => names(orderChain(leaf.certificate, file, NOW)));
    for (const other of others) assert.deepEqual(other, first);
    assert.equal(first.length, 2);
  });

  it("what is complete without a root says which issuer the host must have", () => {
    const file = [byRoot.certificate];
    assert.deepEqual(names(orderChain(leaf.certificate, file, NOW)), VALID.slice(0, 1));
    assert.match(pathProblem(leaf.certificate, file, NOW)!.sentence, /ends with CN=Issuing CA: its issuer CN=New Root is not given/);
    assert.match(pathProblem(leaf.certificate, [], NOW)!.sentence, /its issuer CN=Issuing CA is not given/);
  });

  it("an issuer that has expired is named, and installed nowhere", () => {
    const file = [byOld, old].map(({ certificate }) => certificate);
    assert.deepEqual(orderChain(leaf.certificate, file, NOW), []);
    assert.match(pathProblem(leaf.certificate, file, NOW)!.sentence, /its issuer CN=Issuing CA \([0-9A-F]{40}\) expired on 2026-05-02/);
    const path = bestPath(leaf.certificate, file, NOW);
    assert.equal(path.expired, byOld.certificate);
  });

  it("the same file may lead another way later", () => {
    const file = [byOld, old, byRoot, root].map(({ certificate }) => certificate);
    assert.deepEqual(names(orderChain(leaf.certificate, file, after(-35))), VALID, "both are valid then: the one that lives longer");
    assert.deepEqual(
      names(
        orderChain(
          leaf.certificate,
          [byOld, old].map(({ certificate }) => certificate),
          after(-35),
        ),
      ).length,
      2,
    );
  });

  it("authorities that signed each other crosswise have an end", async () => {
    const [keyA, keyB] = [await pooledKey(), await pooledKey()];
    const a = await makeAuthority("CN=A", { ...GOOD, key: keyA });
    const b = await makeAuthority("CN=B", { ...GOOD, key: keyB });
    const aByB = await makeAuthority("CN=A", { ...GOOD, key: keyA, parent: b });
    const bByA = await makeAuthority("CN=B", { ...GOOD, key: keyB, parent: a });
    const { certificate } = await makeLeaf(a, { notBefore: after(-10), notAfter: after(100) });
    assert.deepEqual(
      names(
        orderChain(
          certificate,
          [aByB, bByA].map((one) => one.certificate),
          NOW,
        ),
      ),
      ["CN=A of CN=B", "CN=B of CN=A"],
    );
    assert.deepEqual(
      names(
        orderChain(
          certificate,
          [aByB, bByA, a, b].map((one) => one.certificate),
          NOW,
        ),
      ),
      ["CN=A of CN=A"],
    );
  });
});
