/** What the doors of a copied organisation present: certificates like the real ones, with a key that the lab has. */
import { LOOK_ALIKE_OID } from "../../provider/pki";
import { TAG } from "../../provider/pki/der";
import { rsaKeyPair, type KeyPair } from "./authority";
import { partsOf } from "./certificateParts";
import { der, oid, writeCertificate } from "./derWriter";
import { readCertificate, type Certificate } from "./x509";

/** A look-alike of each certificate that is asked for; all of them share one key, and another one signs them. */
export class LookAlikes {
  private readonly made = new Map<string, Certificate>();

  private constructor(
    readonly key: KeyPair,
    private readonly issuer: KeyPair,
  ) {}

  static async create(): Promise<LookAlikes> {
    const [key, issuer] = await Promise.all([rsaKeyPair(2048, "scenario"), rsaKeyPair(2048, "scenario")]);
    return new LookAlikes(key, issuer);
  }

  of(original: Certificate): Certificate {
    let made = this.made.get(original.thumbprint);
    if (!made) this.made.set(original.thumbprint, (made = this.make(original)));
    return made;
  }

  private make(original: Certificate): Certificate {
    const { extensions, ...parts } = partsOf(original.der);
    const { publicKey } = original.isCa ? this.issuer : this.key;
    const own = der(TAG.SEQUENCE, oid(LOOK_ALIKE_OID), der(TAG.OCTET_STRING, original.der));
    const signer = original.selfSigned && !original.isCa ? this.key : this.issuer;
    const spki = publicKey.export({ format: "der", type: "spki" });
    return readCertificate(writeCertificate({ ...parts, publicKey: spki, extensions: [...extensions, own] }, signer.privateKey));
  }
}
