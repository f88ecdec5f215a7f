/** The steps that install and enable a certificate on one host. */
import {
  defaultThumbprint,
  enableServices,
  grantKeyAccess,
  importCertificate,
  inspectCertificate,
  listCertificates,
} from "../../exchange/certificates";
import { randomBytes } from "node:crypto";
import { writePfx, type CertificateBundle } from "../../pki";
import { registerSecret } from "../../base/redact";
import { drainStep, QUEUE_TIMEOUT } from "../../rotation/drain";
import type { Step } from "../../rotation/engine";
import type { Hand } from "../../rotation/hand";
import { short } from "../../rotation/reasons";
import type { CertificateInputs } from "./inputs";
import type { Work } from "./work";

export interface Task {
  hand: Hand;
  inputs: CertificateInputs;
  bundle: CertificateBundle;
  work: Work;
  drains: boolean;
  signal: AbortSignal;
}

/** All steps in order; the engine skips what is done. */
export function certificateSteps(task: Task): Step[] {
  const { work, drains, hand, signal, inputs } = task;
  return [
    ...(drains ? [drainStep(hand, QUEUE_TIMEOUT, signal)] : []),
    ...(work.chain ? [chainStep(task)] : []),
    ...(work.install ? [importStep(task)] : []),
    ...(work.keyAccess ? [keyAccessStep(task)] : []),
    ...(work.makeDefault ? [defaultStep(task)] : []),
    ...(work.otherServices.length > 0 ? [servicesStep(task)] : []),
  ].map((step) => ({ ...step, needsDrain: drains && step.name !== "drain" && inputs.drain !== "never" }));
}

function chainStep({ hand, bundle }: Task): Step {
  const thumbprints = bundle.chain.map((one) => one.thumbprint);
  return {
    name: "chain",
    text: "install missing chain certificates",
    probe: async () => (await hand.request("chain.status", { thumbprints })).present.length === thumbprints.length,
    run: async () => {
      const present = new Set((await hand.request("chain.status", { thumbprints })).present);
      const missing = bundle.chain.filter((one) => !present.has(one.thumbprint));
      await hand.request("chain.import", { certificates: missing.map((one) => one.der.toString("base64")) });
    },
  };
}

/** Import, and key access right behind it: a certificate that transport may pick must never be without it (exchange.md 7.3). */
function importStep({ hand, bundle, inputs }: Task): Step {
  const { thumbprint } = bundle.certificate;
  const smtp = inputs.services.includes("SMTP");
  return {
    name: "import",
    text: `import ${short(thumbprint)}${smtp ? " with key access" : ""}`,
    probe: async () => {
      const found = await inspectCertificate(hand, thumbprint);
      return found.found && found.hasPrivateKey === true;
    },
    run: async () => {
      const { pfx, password } = await transferPfx(bundle);
      await importCertificate(hand, { pfx, password, friendlyName: inputs.friendlyName, exportable: inputs.exportable });
      if (smtp) await grantKeyAccess(hand, thumbprint);
    },
  };
}

/** The key travels under a one-time password, so that the long-lived one never leaves this process (reliability.md 4). */
async function transferPfx(bundle: CertificateBundle): Promise<{ pfx: Uint8Array; password: string }> {
  const password = randomBytes(24).toString("base64url");
  registerSecret(password);
  const { certificate, privateKey } = bundle;
  return { pfx: await writePfx({ certificate, privateKey, chain: [], password, algorithm: "3des" }), password };
}

function keyAccessStep({ hand, bundle }: Task): Step {
  const { thumbprint } = bundle.certificate;
  return {
    name: "key-access",
    text: `let NETWORK SERVICE read the key of ${short(thumbprint)}`,
    probe: async () => (await inspectCertificate(hand, thumbprint)).networkService === true,
    run: () => grantKeyAccess(hand, thumbprint),
  };
}

function defaultStep({ hand, bundle }: Task): Step {
  const { thumbprint } = bundle.certificate;
  return {
    name: "enable",
    text: `enable SMTP for ${short(thumbprint)} as the new default`,
    probe: async () => (await defaultThumbprint(hand)) === thumbprint,
    run: () => enableServices(hand, thumbprint, ["SMTP"], true),
  };
}

function servicesStep({ hand, bundle, work }: Task): Step {
  const { thumbprint } = bundle.certificate;
  return {
    name: "services",
    text: `enable ${work.otherServices.join(", ")} for ${short(thumbprint)}`,
    probe: async () => {
      const found = (await listCertificates(hand)).find((one) => one.thumbprint === thumbprint);
      return work.otherServices.every((service) => found?.services.includes(service));
    },
    run: () => enableServices(hand, thumbprint, work.otherServices, false),
  };
}
