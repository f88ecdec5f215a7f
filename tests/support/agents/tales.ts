/** What the real PowerShell is told to do on the real engine: the demo's rotation and both articles. */
import { strict as assert } from "node:assert";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fleet, inService, issued, OFFICE, type PulumiFn, type Story } from "../engine";
import { example, passwords } from "../stories/examples";

export interface Tale {
  name: string;
  scenario: string;
  edges: readonly string[];
  /** Changes of Exchange while it converges, at least, and those of them at the far end of remoting. */
  changes: number;
  farChanges: number;
  /** In npm test nothing disturbs it: the longest one. */
  undisturbed?: boolean;
  /** What the first deployment changes. */
  adopting: readonly string[];
  begin(story: Story): Begun;
}

export interface Begun {
  /** Of the provider's process. */
  env: { [name: string]: string };
  /** The first deployment, which adopts; a tale may begin with the renewal. */
  first?: PulumiFn;
  /** The renewal; called once the first deployment is there. */
  second(): PulumiFn;
  /** Every door presents what it should. */
  converged(): void;
  close?(): void;
}

const demo: Tale = {
  name: "the demo's rotation",
  scenario: "contoso",
  edges: ["EDGE01", "EDGE02"],
  changes: 16,
  farChanges: 4,
  adopting: [],
  begin: (story) => ({
    env: {},
    first: fleet(story.lab, { certificate: "v1" }),
    second: () => fleet(story.lab, { certificate: "v2" }),
    converged: () => {
      for (const edge of demo.edges) inService(story, edge, story.thumbprint("v2"));
      assert.equal(story.connector(OFFICE).TlsCertificateName, story.tlsName("v2"));
    },
  }),
};

const hubRenewal: Tale = {
  name: "examples/hub-renewal",
  scenario: "ebs2008",
  edges: ["SECURITY"],
  changes: 6,
  farChanges: 3,
  adopting: [],
  begin: (story) => ({
    env: passwords(story.lab),
    second: () => example("hub-renewal", story.lab),
    converged: () => {
      const { thumbprint } = story.stack.outputs("messaging") as { thumbprint: string };
      const { defaultThumbprint, transportThumbprint } = story.server("MESSAGING");
      assert.deepEqual([defaultThumbprint, transportThumbprint], [thumbprint, thumbprint]);
      assert.equal(story.stack.outputs("security").syncStatus, "Normal");
    },
  }),
};

const edgeHybrid: Tale = {
  name: "examples/edge-hybrid",
  scenario: "msxfaq",
  edges: ["EDGE1", "EDGE2"],
  changes: 16,
  farChanges: 4,
  undisturbed: true,
  adopting: ["EX01:New-ExchangeCertificate"],
  begin: (story) => {
    const folder = mkdtempSync(join(tmpdir(), "pulumi-exchange-answer-"));
    const answer = join(folder, "answer.pem");
    return {
      env: passwords(story.lab),
      first: example("edge-hybrid", story.lab, { EXCHANGE_IN_SERVICE: story.thumbprint("old") }),
      second: () => {
        const csr = String(story.stack.outputs("hybrid-request").csr);
        const { certificate } = story.lab.organisation.certreq("EX01", "pki\\DigiCert Global CA G2", "WebServer", csr);
        writeFileSync(answer, certificate! + issued(story.lab, "new").chainPem.join(""));
        return example("edge-hybrid", story.lab, { EXCHANGE_ANSWER_FILE: answer });
      },
      converged: () => {
        const { thumbprint, tlsCertificateName } = story.stack.outputs("hybrid-inside") as { [output: string]: string };
        for (const edge of edgeHybrid.edges) inService(story, edge, thumbprint);
        assert.equal(story.connector(OFFICE).TlsCertificateName, tlsCertificateName);
      },
      close: () => rmSync(folder, { recursive: true, force: true }),
    };
  },
};

export const TALES: readonly Tale[] = [demo, hubRenewal, edgeHybrid];
