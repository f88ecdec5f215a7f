/** Differences between the versions of Exchange. // 2.1 */

const parts = (version: string): number[] => version.split(".").map(Number);

/** Whether `version` is at least `other`, component by component. */
export function atLeast(version: string, other: string): boolean {
  const [a, b] = [parts(version), parts(other)];
  for (let index = 0; index < 4; index++) if ((a[index] ?? 0) !== (b[index] ?? 0)) return (a[index] ?? 0) > (b[index] ?? 0);
  return true;
}

/** 2016 CU23 (15.1.2507.6), 2019 CU12 (15.2.1118.7) and SE removed path parameters. // [DOC22:build-numbers], [PS:Import-ExchangeCertificate] */
function pathsRemoved(version: string): boolean {
  if (atLeast(version, "15.2")) return atLeast(version, "15.2.1118.7");
  return atLeast(version, "15.1") && atLeast(version, "15.1.2507.6");
}

export const importsFromFile = (version: string): boolean => atLeast(version, "15.0") && !pathsRemoved(version);
export const exportsToFile = importsFromFile;
export const requestsToFile = importsFromFile;
/** `-Identity`, TlsCertificateName, CloudServicesMailEnabled: from 2013. */
export const is2013 = (version: string): boolean => atLeast(version, "15.0");

/** Serialised data is signed by default from the November 2023 updates on. // 1.3, [microsoft/CSS-Exchange#1448] */
export function signsSerialisedData(version: string): boolean {
  if (atLeast(version, "15.2.1258")) return atLeast(version, "15.2.1258.28");
  if (atLeast(version, "15.2")) return atLeast(version, "15.2.1118.40");
  return atLeast(version, "15.1.2507.35");
}
