/** What Enable- and New-ExchangeCertificate do to default certificate and key access. */
import { asExchangeError, isExchangeError } from "../../../base/errors";
import { grantKeyAccess, inspectCertificate, listCertificates } from "../../../exchange/certificates";
import { SLOW_CALL_MS } from "../../../exchange/shell";
import type { Value } from "../../../remote/protocol";
import { among, notSeen, seen, type Answer } from "../answers";
import { currentDefault, freshName, giveAccess, made, MARK, valueOf, type Bench } from "./bench";
import { one, type Question } from "./questions";

type Ending = "asked" | "done" | { refused: string };

/** A cmdlet that may ask a question, in a shell where nobody can answer. */
async function called({ leased }: Bench, cmdlet: string, parameters: { [name: string]: Value }): Promise<Ending> {
  try {
    await leased.invoke(cmdlet, parameters, [], { timeoutMs: SLOW_CALL_MS });
    return "done";
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    const { details, sentence } = asExchangeError(error);
    return details.prompt === true ? "asked" : { refused: sentence };
  }
}

async function servicesNoneGrantsAccess(bench: Bench): Promise<Answer> {
  const { thumbprint } = await made(bench.leased);
  const readable = async (): Promise<boolean | undefined> => (await inspectCertificate(bench.leased, thumbprint)).networkService;
  if ((await readable()) !== false) return notSeen("NETWORK SERVICE can read the key of a certificate without services");
  try {
    await grantKeyAccess(bench.leased, thumbprint);
  } catch (error) {
    if (!isExchangeError(error, "CMDLET_FAILED")) throw error;
    return seen(false, "the build refuses it");
  }
  return (await readable()) ? seen(true, "NETWORK SERVICE can read the key afterwards") : notSeen("accepted, and the key cannot be read");
}

/** Enables SMTP for a new certificate, and looks what became of the question about the default. */
async function enabled(bench: Bench, more: { [name: string]: Value }): Promise<Ending | "replaced"> {
  const { thumbprint } = await made(bench.leased);
  const ending = await called(bench, "Enable-ExchangeCertificate", { Thumbprint: thumbprint, Services: "SMTP", ...more });
  return ending === "done" && (await currentDefault(bench)) === thumbprint ? "replaced" : ending;
}

const WORDS = {
  asked: "the question ends the call",
  done: "no question, and the default stays",
  replaced: "no question, and the default is replaced",
};

async function enableWithoutForce(bench: Bench): Promise<Answer> {
  const ending = await enabled(bench, {});
  if (typeof ending === "object") return notSeen(ending.refused);
  return seen({ asked: "refuses", done: "answersNo", replaced: "answersYes" }[ending], WORDS[ending]);
}

/** Where the question is answered by itself anyway, the same answer with -Confirm:$false says nothing about -Confirm:$false. */
async function enableConfirmFalse(bench: Bench): Promise<Answer> {
  const ending = await enabled(bench, { Confirm: false });
  if (typeof ending === "object") return notSeen(ending.refused);
  if (ending === "asked") return seen("asks", WORDS.asked);
  const value = ending === "done" ? "answersNo" : "answersYes";
  const without = valueOf(bench, "enableWithoutForce");
  return without === undefined || without === value
    ? among(["asks", value], `${WORDS[ending]}, as without it`)
    : seen(value, WORDS[ending]);
}

async function newCertificateReplacesDefault(bench: Bench): Promise<Answer> {
  const before = await currentDefault(bench);
  const parameters = { Services: "SMTP", DomainName: [freshName()], FriendlyName: MARK };
  const ending = await called(bench, "New-ExchangeCertificate", parameters);
  if (typeof ending === "object") return notSeen(ending.refused);
  if ((await currentDefault(bench)) === before) return seen(false, ending === "asked" ? WORDS.asked : WORDS.done);
  return valueOf(bench, "enableWithoutForce") === "answersYes"
    ? among([true, false], `${WORDS.replaced}, as with Enable-ExchangeCertificate`)
    : seen(true, WORDS.replaced);
}

async function fewerServicesUnbind(bench: Bench): Promise<Answer> {
  const certificate = await made(bench.leased);
  await giveAccess(bench, certificate);
  const shown = async (): Promise<boolean> => {
    const one = (await listCertificates(bench.leased)).find(({ thumbprint }) => thumbprint === certificate.thumbprint);
    return one?.services?.includes("SMTP") ?? false;
  };
  if (!(await shown())) return notSeen("a certificate whose key NETWORK SERVICE can read is not shown with SMTP");
  const ending = await called(bench, "Enable-ExchangeCertificate", { Thumbprint: certificate.thumbprint, Services: "None" });
  if (typeof ending === "object") return notSeen(ending.refused);
  return (await shown()) ? seen(false, "SMTP stays") : seen(true, "SMTP is gone");
}

export const DEFAULT_QUESTIONS: readonly Question[] = [
  one("servicesNoneGrantsAccess", servicesNoneGrantsAccess),
  one("enableWithoutForce", enableWithoutForce),
  one("enableConfirmFalse", enableConfirmFalse),
  one("newCertificateReplacesDefault", newCertificateReplacesDefault),
  one("fewerServicesUnbind", fewerServicesUnbind),
];
