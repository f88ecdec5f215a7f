/** The handler of `Certificate`. */
import { lifecycle } from "../lifecycle";
import { quietly } from "./drift";
import { awaitable } from "./awaited";
import { isSettled, look, warnOfLabels, work } from "./converge";
import { knowing } from "./deployed";
import type { CertificateInputs } from "./inputs";
import type { Facts } from "./look";
import { OFFLINE } from "./offline";
import { echo, observed, outputs } from "./outs";
import { inDirectory, read } from "./read";
import { REFUSALS } from "./refusals";
import { deleteCertificate } from "./remove";

const issued = lifecycle<CertificateInputs, Facts>({
  ...OFFLINE,
  kind: "certificate",
  home: ({ host, organization }) => ({ connection: host, others: [organization] }),
  heals: true,
  look,
  refusals: REFUSALS,
  isSettled,
  work,
  tell: warnOfLabels,
  id: ({ home }, { subject }) => `${home.facts.fqdn}\\${subject!.certificate.thumbprint}`,
  kept: echo,
  outputs,
  unseen: observed,
  inDirectory,
  read: async (_ctx, id, inputs, home) => read(id, inputs, await home()),
  remove: deleteCertificate,
});

/** One whose request waits at its authority is a state of its own. */
export const certificate = knowing(quietly(awaitable(issued)));
