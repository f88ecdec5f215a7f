/** The steps that install and enable a certificate on one host. */
import {
  defaultThumbprint,
  enableServices,
  importAnswer,
  importCertificate,
  inspectCertificate,
  listCertificates,
} from "../../exchange/certificates";
import { randomBytes, type KeyObject } from "node:crypto";
import { writePfx, type Certificate } from "../../pki";
import { registerSecret } from "../../base/redact";
import { drainStep, QUEUE_TIMEOUT } from "../../rotation/drain";
import type { Step } from "../../rotation/engine";
import type { LeasedShell } from "../../rotation/leasedShell";
import type { Journal } from "../../rotation/journal";
import { short } from "../../rotation/reasons";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
import { isPassedOver, untrusted } from "./trust";
import { makeDefault } from "./keptDefault";
import { giveKeyAccess, hasKeyAccess } from "./keyAccess";
import type { Work } from "./work";

export interface Task {
  leased: LeasedShell;
  inputs: CertificateInputs;
  subject: Subject;
  work: Work;
  drains: boolean;
  /** The default that stays, with `defaultSmtp: "keep"`. */
  kept: string | null;
  journal: Journal | null;
  signal: AbortSignal;
  today: Date;
}

/** All that there is to do; in which order, order.ts says, and the engine skips what is done. */
export function certificateSteps(task: Task): Step[] {
  const { work, drains, leased, journal, signal, inputs } = task;
  return [
    ...(drains ? [drainStep(leased, journal, inputs.queueTimeout ?? QUEUE_TIMEOUT, signal)] : []),
    ...(work.chain ? [chainStep(task)] : []),
    ...(work.install ? [importStep(task)] : []),
    ...(work.keyAccess ? [keyAccessStep(task)] : []),
    ...(drains && !task.subject.certificate.selfSigned ? [trustStep(task)] : []),
    ...(work.makeDefault ? [defaultStep(task)] : []),
    ...keepSteps(task),
    ...(work.otherServices.length > 0 ? [servicesStep(task)] : []),
  ];
}

function chainStep({ leased, subject }: Task): Step {
  const thumbprints = subject.chain.map((one) => one.thumbprint);
  return {
    id: "chain",
    text: "install missing chain certificates",
    probe: async () => (await leased.request("chain.status", { thumbprints })).present.length === thumbprints.length,
    run: async () => {
      const present = new Set((await leased.request("chain.status", { thumbprints })).present);
      const missing = subject.chain.filter((one) => !present.has(one.thumbprint));
      await leased.request("chain.import", { certificates: missing.map((one) => one.der.toString("base64")) });
    },
  };
}

/** Import, and key access right behind it: a certificate that transport may pick must never be without it (exchange.md 7.3). */
function importStep({ leased, subject, inputs, work }: Task): Step {
  const { thumbprint } = subject.certificate;
  return {
    id: "import",
    text: `import ${short(thumbprint)}${work.keyAccess ? " with key access" : ""}`,
    probe: async () => {
      const found = await inspectCertificate(leased, thumbprint);
      return found.found && found.hasPrivateKey === true;
    },
    run: async () => {
      if (subject.privateKey) await importWithKey(leased, subject.certificate, subject.privateKey, inputs);
      else await importAnswer(leased, subject.certificate.der, inputs.friendlyName);
      if (work.keyAccess) await giveKeyAccess(leased, thumbprint, inputs.defaultSmtp === "keep");
    },
  };
}

/** The key travels under a one-time password, so that the long-lived one never leaves this process. */
async function importWithKey(
  leased: LeasedShell,
  certificate: Certificate,
  privateKey: KeyObject,
  inputs: CertificateInputs,
): Promise<void> {
  const password = randomBytes(24).toString("base64url");
  registerSecret(password);
  const pfx = await writePfx({ certificate, privateKey, chain: [], password, algorithm: "3des" });
  await importCertificate(leased, { pfx, password, friendlyName: inputs.friendlyName, exportable: inputs.exportable });
}

/**
 * What was asked before the drain (`refuseUntrusted`), as Exchange itself shows it once the certificate is installed, which is before the
 * default changes: a failure here puts the Edge back.
 */
function trustStep({ leased, subject, today }: Task): Step {
  const { thumbprint } = subject.certificate;
  const passedOver = async (): Promise<boolean> =>
    (await listCertificates(leased)).some((one) => one.thumbprint === thumbprint && isPassedOver(one.status, subject, today));
  return {
    id: "trust",
    text: `see whether the issuer of ${short(thumbprint)} is trusted`,
    probe: async () => !(await passedOver()),
    run: () => Promise.reject(untrusted(leased.facts.name, subject)),
  };
}

function keyAccessStep({ leased, subject, inputs }: Task): Step {
  const { thumbprint } = subject.certificate;
  return {
    id: "key-access",
    text: `let NETWORK SERVICE read the key of ${short(thumbprint)}`,
    probe: () => hasKeyAccess(leased, thumbprint),
    run: () => giveKeyAccess(leased, thumbprint, inputs.defaultSmtp === "keep"),
  };
}

function defaultStep({ leased, subject }: Task): Step {
  const { thumbprint } = subject.certificate;
  return {
    id: "enable",
    text: `enable SMTP for ${short(thumbprint)} as the new default`,
    probe: async () => (await defaultThumbprint(leased)) === thumbprint,
    run: () => makeDefault(leased, thumbprint),
  };
}

/** Whatever giving key access came to: the default is what it was before transport starts (exchange.md 15.2). */
function keepSteps({ leased, inputs, subject, work, kept }: Task): Step[] {
  const asked = (inputs.services.includes("SMTP") || work.keyAccess) && inputs.defaultSmtp === "keep";
  const touches = asked && (work.install || work.keyAccess) && kept !== subject.certificate.thumbprint;
  if (kept === null || !(touches || work.swapBack !== null)) return [];
  return [
    {
      id: "keep-default",
      text: `make ${short(kept)} the default again`,
      probe: async () => (await defaultThumbprint(leased)) === kept,
      run: () => makeDefault(leased, kept),
    },
  ];
}

function servicesStep({ leased, subject, work, inputs }: Task): Step {
  const { thumbprint } = subject.certificate;
  let ran = false;
  return {
    id: "other-services",
    text: `enable ${work.otherServices.join(", ")} for ${short(thumbprint)}`,
    probe: async () => {
      const found = (await listCertificates(leased)).find((one) => one.thumbprint === thumbprint);
      // Where only RawData arrives there is nothing to read back: the cmdlet's success counts.
      const enabled = found?.services;
      return enabled ? work.otherServices.every((service) => enabled.includes(service)) : ran && found !== undefined;
    },
    run: async () => {
      await enableServices(leased, thumbprint, work.otherServices, false);
      // One support article says that fewer services than before take SMTP away (exchange.md 2.5).
      const smtp = inputs.services.includes("SMTP");
      if (smtp && !(await hasKeyAccess(leased, thumbprint))) await giveKeyAccess(leased, thumbprint, inputs.defaultSmtp === "keep");
      ran = true;
    },
  };
}
