/** What could only fail at the server is refused in the preview: a code, the argument's path, a hint, and never a value. */
import assert from "node:assert/strict";
import { UNKNOWN, type Json } from "../../../provider/base/json";
import { createContext, handlers } from "../../../provider/handlers";
import { everyClass, replaced, type Path, type Subject } from "./inputSubjects";

describe("input that is wrong by itself", () => {
  let subjects: Subject[];
  before(async () => {
    subjects = await everyClass();
  });

  /** The codes that a value at this place of every subject meets, with all reasons. */
  async function reasons(title: string, path: Path, value: Json): Promise<string[]> {
    const subject = subjects.find((one) => one.title === title)!;
    const args = replaced(subject.args, path, value);
    const { failures } = await handlers[subject.kind as keyof typeof handlers].check(createContext(), {}, args);
    return failures.map(({ reason }) => reason);
  }
  async function refuses(title: string, path: Path, values: Json[], pattern: RegExp): Promise<void> {
    for (const value of values) {
      const found = await reasons(title, path, value);
      assert.equal(found.length, 1, `${title} ${path.join(".")} = ${JSON.stringify(value)}: ${JSON.stringify(found)}`);
      assert.match(found[0], pattern);
      assert.match(found[0], / Hint: \S/);
    }
  }
  async function accepts(title: string, path: Path, values: Json[]): Promise<void> {
    for (const value of values)
      assert.deepEqual(await reasons(title, path, value), [], `${title} ${path.join(".")} = ${JSON.stringify(value)}`);
  }

  it("a capability that Exchange does not know", async () => {
    const at = ["tlsDomainCapabilities"];
    const of = (one: Json): Json => ({ "mail.protection.outlook.com": one });
    const wrong = ["AcceptCloudServiceMail", "automatic", "AcceptOorgProtocol AcceptOrgHeaders", "auto, AcceptOorgProtocol"];
    await refuses("ReceiveConnectorTls", at, wrong.map(of), /\[INVALID_ARGUMENT\] tlsDomainCapabilities .*AcceptCloudServicesMail/);
    await refuses("ReceiveConnectorTls", at, [{ "mail protection": "auto" }], /\[INVALID_ARGUMENT\] tlsDomainCapabilities/);
    const right = ["auto", "AcceptCloudServicesMail", "acceptoorgprotocol", "AcceptOorgProtocol, AcceptOrgHeaders", UNKNOWN];
    await accepts("ReceiveConnectorTls", at, [...right.map(of), UNKNOWN, { "*.contoso.com": "auto" }]);
  });

  it("an FQDN that is none, on connectors and on those that follow a certificate", async () => {
    const wrong = ["mail contoso.com", "mail..contoso.com", "*.contoso.com", "mail.contoso.com:25", "https://mail.contoso.com", "-a.com"];
    const right = ["mail.contoso.com", "EDGE01", "a-b.c1.example", "edge_1.contoso.com", "müller.example", UNKNOWN];
    for (const title of ["SendConnectorTls", "ReceiveConnectorTls"]) {
      await refuses(title, ["fqdn"], wrong, /\[INVALID_ARGUMENT\] fqdn must be a domain name/);
      await accepts(title, ["fqdn"], right);
    }
    const followers = (fqdn: string): Json => [{ connector: "Inbound", fqdn }];
    await refuses("Certificate from PEM", ["receiveConnectors"], wrong.map(followers), /\[INVALID_ARGUMENT\] receiveConnectors/);
    await accepts("Certificate from PEM", ["receiveConnectors"], right.map(followers));
  });

  it("a subject without a common name", async () => {
    const wrong = ["mail.contoso.com", "O=Contoso, C=US", "CN=", "O=Contoso CN=mail.contoso.com", "OCN=mail.contoso.com"];
    const right = ["CN=mail.contoso.com", "cn = mail.contoso.com", 'C=US, O="Contoso, Ltd", CN=mail.contoso.com', UNKNOWN];
    await refuses("CertificateRequest", ["subject"], wrong, /\[SUBJECT_EMPTY\] subject .*CN=/);
    await accepts("CertificateRequest", ["subject"], right);
    await refuses("Certificate from AD CS", ["source", "adcs", "subject"], wrong, /\[SUBJECT_EMPTY\] source\.adcs\.subject .*CN=/);
    await accepts("Certificate from AD CS", ["source", "adcs", "subject"], right);
  });

  it("a host key that is neither a key nor a fingerprint, wherever a host stands", async () => {
    const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5";
    const wrong = ["ssh-ed25519", "ssh-ed25519 AAAA", "ssh-rsa AAAAC3NzaC1lZDI1NTE5", "MD5:00:11", "# a comment", `${key}\nmore`];
    const right = [key, `edge01 ${key}`, `${key} admin@edge01`, `SHA256:${"x".repeat(43)}`, `# a comment\n${key}`, UNKNOWN];
    const places: [string, Path][] = [
      ["TransportService", ["host", "hostKey"]],
      ["TransportService", ["host", "proxy", "hostKey"]],
      ["SendConnectorTls", ["sources", 0, "host", "hostKey"]],
      ["EdgeSubscription", ["edge", "hostKey"]],
    ];
    for (const [title, path] of places) {
      await refuses(title, path, wrong, /\[INVALID_ARGUMENT\] \S*hostKey .*SHA256/);
      await refuses(title, path, [[key, "nonsense"]], /\[INVALID_ARGUMENT\] \S*hostKey\[1\] /);
      await accepts(title, path, [...right, right]);
    }
  });

  it("the path of a PFX where its bytes are expected", async () => {
    const paths = ["certificates/mine.pfx", "./mine.p12", "C:\\certs\\mine.pfx", "\\\\nas\\certs\\mine.pfx", "~/mine.pfx", "mine.pfx"];
    const at = ["source", "pfx"];
    await refuses("Certificate from a PFX", at, paths, /\[INVALID_ARGUMENT\] source\.pfx .*path.* Hint: .*\{file: "/);
    for (const path of paths) assert.ok(!(await reasons("Certificate from a PFX", at, path)).join().includes(path));
    process.env.EARLY_TEST_PFX = "certificates/edge.pfx";
    try {
      await refuses("Certificate from a PFX", at, [{ env: "EARLY_TEST_PFX" }], /EARLY_TEST_PFX .*path.* Hint: .*\{file: "/);
    } finally {
      delete process.env.EARLY_TEST_PFX;
    }
    await refuses("Certificate from a PFX", at, ["no base64!"], /\[SECRET_UNAVAILABLE\] .*base64.* Hint: .*base64/);
    await accepts("Certificate from a PFX", at, [UNKNOWN, { file: UNKNOWN }]);
  });
});
