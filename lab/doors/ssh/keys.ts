/** Host keys: generated for every lab, of the types that real servers have. */
import { utils } from "ssh2";

export type HostKeyType = "ed25519" | "ecdsa" | "rsa";

export interface HostKey {
  type: HostKeyType;
  /** OpenSSH private key. */
  private: string;
  /** `ssh-ed25519 AAAA…`: type and base64, as in authorized_keys and known_hosts. */
  public: string;
}

function generate(type: HostKeyType): { private: string; public: string } {
  if (type === "ed25519") return utils.generateKeyPairSync("ed25519");
  return type === "ecdsa" ? utils.generateKeyPairSync("ecdsa", { bits: 256 }) : utils.generateKeyPairSync("rsa", { bits: 2048 });
}

/** A new key pair. About one in 200 ed25519 keys that ssh2 writes cannot be read by ssh2 again (measured), hence the loop. */
export function generateHostKey(type: HostKeyType): HostKey {
  for (;;) {
    const pair = generate(type);
    if (utils.parseKey(pair.private) instanceof Error) continue;
    return { type, private: pair.private, public: pair.public.trim().split(" ").slice(0, 2).join(" ") };
  }
}
