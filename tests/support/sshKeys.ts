/** Key pairs to log on with over SSH, as ssh-keygen would write them. */
import { utils } from "ssh2";

/** One in 200 ed25519 keys that ssh2 writes cannot be read by anybody (measured): such a one is made again. */
export function encryptedKeyPair(passphrase: string, rounds = 16): { private: string; public: string } {
  for (;;) {
    const pair = utils.generateKeyPairSync("ed25519", { cipher: "aes256-ctr", passphrase, rounds });
    if (!(utils.parseKey(pair.private, passphrase) instanceof Error)) return pair;
  }
}
