/** Which steps a certificate needs on its host; in which order, rotation/order.ts says. */
import { QUEUE_TIMEOUT } from "../../rotation/drain";
import type { Step } from "../../rotation/engine";
import type { Journal } from "../../rotation/journal";
import type { LeasedShell } from "../../rotation/leasedShell";
import { chainStep } from "../../steps/chain";
import { drainStep } from "../../steps/drain";
import { enableStep } from "../../steps/enable";
import { importStep } from "../../steps/import";
import { keepDefaultStep } from "../../steps/keepDefault";
import { keyAccessStep } from "../../steps/keyAccess";
import { otherServicesStep } from "../../steps/otherServices";
import type { Installing } from "../../steps/tasks";
import { trustStep } from "../../steps/trust";
import type { CertificateInputs } from "./inputs";
import type { Subject } from "./source";
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

/** The engine skips what is done. */
export function certificateSteps(task: Task): Step[] {
  const { work, drains, leased, journal, signal, inputs, subject, kept } = task;
  const installing = installingOf(task);
  const { thumbprint, selfSigned } = subject.certificate;
  return [
    ...(drains ? [drainStep(leased, journal, inputs.queueTimeout ?? QUEUE_TIMEOUT, signal)] : []),
    ...(work.chain ? [chainStep(installing)] : []),
    ...(work.install ? [importStep(installing)] : []),
    ...(work.keyAccess ? [keyAccessStep(installing)] : []),
    ...(drains && !selfSigned ? [trustStep(installing, task.today)] : []),
    ...(work.makeDefault ? [enableStep(leased, thumbprint)] : []),
    ...(kept !== null && mayMoveDefault(task) ? [keepDefaultStep(leased, kept)] : []),
    ...(work.otherServices.length > 0 ? [otherServicesStep(installing, work.otherServices)] : []),
  ];
}

function installingOf({ leased, subject, inputs, work }: Task): Installing {
  const { certificate, chain, privateKey, lookAlike } = subject;
  const { exportable, services, defaultSmtp } = inputs;
  const friendlyName = subject.friendlyName ?? inputs.friendlyName;
  const smtp = services.includes("SMTP");
  return {
    leased,
    certificate,
    chain,
    privateKey,
    lookAlike,
    friendlyName,
    exportable,
    smtp,
    keyAccess: work.keyAccess,
    keepsDefault: defaultSmtp === "keep",
  };
}

/** Whether giving key access may make another certificate the default than the one that is to stay. */
function mayMoveDefault({ inputs, subject, work, kept }: Task): boolean {
  const asked = (inputs.services.includes("SMTP") || work.keyAccess) && inputs.defaultSmtp === "keep";
  const touches = asked && (work.install || work.keyAccess) && kept !== subject.certificate.thumbprint;
  return touches || work.swapBack !== null;
}
