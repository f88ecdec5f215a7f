/** Reads whose failure is noted and keeps nothing else from being read. */
import { readCertificate, type Certificate } from "../../pki";
import { briefly, noWayIn } from "../exit";

export interface Unread {
  host: string;
  what: string;
  why: string;
}

/** What was seen so far: certificates by thumbprint, and what could not be read. */
export class Reading {
  readonly certificates = new Map<string, Certificate>();
  readonly unread: Unread[] = [];

  /** Undefined when it failed, which is noted. A lost connection is told once. */
  async attempt<T>(host: string, what: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const why = briefly(error);
      const known = noWayIn(error) && this.unread.some((one) => one.host === host && one.why === why);
      if (!known) this.note(host, what, why);
      return undefined;
    }
  }

  note(host: string, what: string, why: string): void {
    this.unread.push({ host, what, why });
  }

  /** Remembers a certificate; returns its thumbprint. */
  seen(der: Uint8Array): string {
    const certificate = readCertificate(der);
    this.certificates.set(certificate.thumbprint, certificate);
    return certificate.thumbprint;
  }
}
