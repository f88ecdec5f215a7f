/** What Set-SendConnector refuses, what an import over a subscription takes away, and what an Edge's Remove-ExchangeCertificate looks at. */
import { isExchangeError } from "../../../base/errors";
import { grantKeyAccess, removeCertificate } from "../../../exchange/certificates";
import { findSendConnector, listSendConnectors, sourcesOf } from "../../../exchange/sendConnectors";
import { equalNames, text } from "../../../exchange/shell";
import { makeSelfSigned } from "../../../pki";
import { notSeen, seen, type Answer } from "../answers";
import { comesSurely, datesOf, freshName, giveAccess, importPair, made, MARK } from "../edge/bench";
import { one, type Question } from "../edge/questions";
import { makeConnector, nobodysSpace, refusedSettings, subscribe, synchronises, type Site } from "./site";

/** A connector over which nothing goes, with the Mailbox server as its source. */
const idle = (site: Site): Promise<void> =>
  makeConnector(site, { AddressSpaces: [nobodysSpace()], SourceTransportServers: [site.inside.name], Enabled: false });

/** The name of a certificate that the Mailbox server has, and may use. */
async function installedName({ insideLeased }: Site): Promise<string> {
  const certificate = await made(insideLeased);
  await grantKeyAccess(insideLeased, certificate.thumbprint);
  return certificate.tlsCertificateName;
}

async function setSendConnector(site: Site): Promise<Answer> {
  await idle(site);
  const known = await refusedSettings(site, { TlsCertificateName: await installedName(site), RequireTLS: true });
  if (known !== null) return notSeen(`a name that is installed is refused, too: ${known}`);
  const name = freshName();
  const refused = await refusedSettings(site, { TlsCertificateName: `<I>CN=${name}<S>CN=${name}`, RequireTLS: true });
  return refused === null ? seen("lenient", "a name that no server has is taken") : seen("strict", "a name that no server has is refused");
}

async function nameNeedsRequireTls(site: Site): Promise<Answer> {
  await idle(site);
  const name = await installedName(site);
  const without = await refusedSettings(site, { TlsCertificateName: name, RequireTLS: false });
  if (without === null) return seen(false, "a name is taken without RequireTLS");
  const withIt = await refusedSettings(site, { TlsCertificateName: name, RequireTLS: true });
  return withIt === null
    ? seen(true, "a name is refused without RequireTLS, and taken with it")
    : notSeen(`refused with RequireTLS, too: ${withIt}`);
}

async function overwriteKeepsSources(site: Site): Promise<Answer> {
  const { edge, inside } = site;
  await makeConnector(site, { AddressSpaces: [nobodysSpace()], SourceTransportServers: [edge.name], Enabled: false });
  const isSource = async (): Promise<boolean> =>
    sourcesOf(await findSendConnector(inside.session, MARK)).some((source) => equalNames(source, edge.name));
  if (!(await isSource())) return notSeen("the Edge is no source of a connector that was made for it");
  await subscribe(site);
  return (await isSource()) ? seen(true, "the Edge stays a source") : seen(false, "the Edge is no source any more");
}

/** The certificate lies on both sides, because a strict build wants its name on a Mailbox server. */
async function refusal2OnEdge(site: Site): Promise<Answer> {
  const { edge, leased, insideLeased } = site;
  const pair = await makeSelfSigned(freshName(), ...(await datesOf(site, { sinceHours: 24 })));
  const { thumbprint, tlsCertificateName } = pair.certificate;
  await importPair(insideLeased, pair);
  await grantKeyAccess(insideLeased, thumbprint);
  await importPair(leased, pair);
  await giveAccess(site, pair.certificate);
  await makeConnector(site, { AddressSpaces: [nobodysSpace()], SourceTransportServers: [edge.name], RequireTLS: true });
  const refused = await refusedSettings(site, { TlsCertificateName: tlsCertificateName });
  if (refused !== null) return notSeen(refused);
  await synchronises(site);
  const arrived = (): Promise<boolean> =>
    listSendConnectors(edge.session).then((all) => all.some((bag) => text(bag.Name) === MARK && text(bag.TlsCertificateName) !== ""));
  if (!(await comesSurely(site, arrived))) return notSeen("the connector did not come to the Edge");
  try {
    await removeCertificate(leased, thumbprint);
    return seen(false, "the Edge removes a certificate that a connector names");
  } catch (error) {
    if (isExchangeError(error, "CMDLET_FAILED")) return seen(true, "the Edge refuses to remove a certificate that a connector names");
    throw error;
  }
}

export const CONNECTOR_QUESTIONS: readonly Question<Site>[] = [
  one("setSendConnector", setSendConnector),
  one("nameNeedsRequireTls", nameNeedsRequireTls),
  one("overwriteKeepsSources", overwriteKeepsSources),
  one("refusal2OnEdge", refusal2OnEdge),
];
