/** The examples of docs/agent-protocol.md against an agent behind the lab's scenario `contoso`. */
import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { issuedCertificates } from "../../../lab/issued";
import type { Lab } from "../../../lab/start";
import { difference, replaced, type Example } from "./documentExamples";
import type { AgentLines } from "./lines";

/** Sends the examples of one host to an agent of it, in order; each must be answered in the page's form. */
export async function replay(agent: AgentLines, examples: readonly Example[], names: { [shown: string]: string }): Promise<void> {
  for (const { line, request, reply } of examples) {
    agent.write(`${request ? JSON.stringify(replaced(request, names)) : line}\n`);
    const given = await agent.reply(request?.id ?? null);
    assert.ok(given, line);
    assert.equal(given.ok, reply.ok, `${line}\n${JSON.stringify(given)}`);
    if (given.ok && reply.ok) {
      assert.equal(difference(reply.value, given.value), undefined, line);
      remember(names, request!.params, given.value as Learned);
    }
    if (!given.ok && !reply.ok) assert.equal(given.error.class, reply.error.class, line);
  }
}

interface Learned {
  data?: string;
  objects?: { FileData?: string }[];
}

/** What later examples carry on: the exported subscription file, and the request for the authority. */
function remember(names: { [shown: string]: string }, params: { path?: unknown }, value: Learned): void {
  if (params.path === "subscription.xml" && value.data !== undefined) names["PEVkZ2U+"] = value.data;
  const request = value.objects?.[0]?.FileData;
  if (request !== undefined) names["UmVxdWVzdA=="] = request;
}

/** What stands in the page for thumbprints, files and secrets → what the lab has. */
export function labNames(lab: Lab): { [shown: string]: string } {
  const issued = new Map(issuedCertificates(lab.organisation).map((one) => [one.name, one]));
  const der = (pem: string): Buffer => new X509Certificate(pem).raw;
  const thumbprint = (pem: string): string => createHash("sha1").update(der(pem)).digest("hex").toUpperCase();
  const [v1, v2, partner] = ["v1", "v2", "foreignRoot"].map((name) => issued.get(name)!);
  const account = lab.ready.hosts.find((one) => one.name === "MBX01")!.ssh;
  return {
    ["A".repeat(40)]: thumbprint(v1.pem),
    ["B".repeat(40)]: thumbprint(v2.pem),
    ["C".repeat(40)]: thumbprint(v1.chainPem.at(-1)!),
    REVSIG9mIHYx: der(v1.pem).toString("base64"),
    UEZYIG9mIHYy: v2.pfx,
    "pfx-password": v2.password,
    "Q0Egb2YgdGhlIHBhcnRuZXI=": der(partner.chainPem[0]).toString("base64"),
    "CONTOSO\\svc-rotate": account.user,
    "account-password": account.password,
  };
}
