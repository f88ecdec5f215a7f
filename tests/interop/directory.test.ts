/** The directory room against OpenLDAP's slapd: LDAPS with a CA check, pages, hostile names. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { directoryTree } from "../../lab/doors/directoryTree";
import { hasSlapd, startSlapd, type Slapd } from "../../lab/interop/slapd";
import type { DirectoryEntry } from "../../lab/doors/ldap/filter";
import { selfSigned } from "../../lab/doors/selfSigned";
import { readDirectory, type DirectoryOptions } from "../../provider/directory";
import type { DirectoryConnection } from "../../provider/remote/hosts";
import { openFolder, removeFolder } from "../support/interop/folders";
import { hostileStrings } from "../support/interop/hostileStrings";
import { refusal } from "../support/interop/sshServers";
import { control, labForAll } from "../support/lab";
import { skipUnless } from "../support/skip";

const PASSWORD = 'a "quoted" \\ password';
/** A name that closes a filter, opens another and matches everything, were it not escaped. */
const HOSTILE = "E)(|(cn=*))*\\2a(";

skipUnless(hasSlapd(), "slapd is not installed").describe("the directory in a real slapd", () => {
  const lab = labForAll(() => ({ scenario: "contoso" }));
  let folder: string;
  let slapd: Slapd;
  let base: string;
  let directory: DirectoryConnection;

  before(async () => {
    folder = openFolder();
    base = lab().directory.baseDn;
    const bindDn = `CN=Reader,${base}`;
    slapd = await startSlapd({ folder, base, bindDn, password: PASSWORD, entries: entries() });
    directory = { url: slapd.url, bindDn, password: PASSWORD, ca: slapd.ca };
  });
  after(async () => {
    await slapd?.stop();
    removeFolder(folder);
  });

  /** The lab's tree, twenty more Edges with and without subscriptions, and one with a hostile name. */
  function entries(): DirectoryEntry[] {
    const root = { dn: base, attributes: { objectClass: ["top", "configuration"], cn: ["Configuration"] } };
    const tree = directoryTree(lab().organisation, base);
    const edge = tree.find(({ dn }) => dn.startsWith("CN=EDGE01,"))!;
    const servers = edge.dn.slice("CN=EDGE01,".length);
    const named = (name: string, rdn: string, subscribed: boolean): DirectoryEntry => ({
      dn: `CN=${rdn},${servers}`,
      attributes: {
        ...edge.attributes,
        cn: [name],
        networkAddress: [`netbios:${name}`, `ncacn_ip_tcp:${name.toUpperCase()}.contoso.com`],
        ...(subscribed ? {} : { msExchServerSite: [], msExchServerInternalTLSCert: [Buffer.from("no certificate")] }),
      },
    });
    const more = Array.from({ length: 20 }, (_value, i) => named(`more${i}`, `more${i}`, i % 2 === 0));
    return [root, ...tree, ...more, named(HOSTILE, HOSTILE.replace(/[\\"+,;<>#=]/g, "\\$&"), true)];
  }
  const read = (options?: DirectoryOptions, more: Partial<DirectoryConnection> = {}) => readDirectory({ ...directory, ...more }, options);

  it("reads defaults, connectors and subscriptions as the servers have them", async () => {
    const view = await read();
    const state = await control(lab()).state();
    for (const name of ["EDGE01", "EDGE02"]) {
      const edge = view.edges.find((one) => one.name === name)!;
      assert.equal(edge.thumbprint, state.servers.find((server) => server.name === name)!.defaultThumbprint);
      assert.equal(edge.fqdn, `${name.toLowerCase()}.contoso.com`);
      assert.match(edge.site!, /^CN=Default-First-Site-Name,CN=Sites,/);
    }
    const connectors = state.sendConnectors as { Name: string; TlsCertificateName: string | null; SourceTransportServers: string[] }[];
    assert.deepEqual(view.sendConnectors.map(({ name }) => name).sort(), connectors.map(({ Name }) => Name).sort());
    for (const { Name, TlsCertificateName, SourceTransportServers } of connectors) {
      const found = view.sendConnectors.find(({ name }) => name === Name)!;
      assert.equal(found.tlsCertificateName, TlsCertificateName, Name);
      assert.equal(found.sources.length, SourceTransportServers.length, Name);
      assert.equal(found.enabled, true);
    }
    const subscribed = view.subscriptions.map(({ name }) => name);
    assert.deepEqual(subscribed.filter((name) => name.startsWith("EDGE")).sort(), ["EDGE01", "EDGE02"]);
    assert.equal(subscribed.filter((name) => name.startsWith("more")).length, 10);
  });

  it("reads over StartTLS, verified by the given CA, and sends no password otherwise", async () => {
    const plain = { url: slapd.plainUrl, startTls: true };
    assert.deepEqual(await read(undefined, plain), await read());
    const before = slapd.log().split("BIND dn=").length;
    await refusal(read(undefined, { ...plain, ca: undefined }), "HOST_UNREACHABLE");
    assert.equal(slapd.log().split("BIND dn=").length, before);
  });

  it("shows servers, connectors and the hybrid configuration as Exchange's cmdlets do", async () => {
    const view = await read();
    const state = await control(lab()).state();
    const inside = state.servers.find((server) => server.name === "MBX01")!;
    assert.equal(view.mailboxServers.find(({ name }) => name === "MBX01")!.thumbprint, inside.defaultThumbprint);
    assert.match(view.organization!, /^cn=.+,cn=microsoft exchange,cn=services,cn=configuration,dc=contoso,dc=com$/);
    assert.equal(view.hybrid!.TlsCertificateName, (state.hybrid as { TlsCertificateName: string }).TlsCertificateName);
    for (const bag of state.sendConnectors as { [property: string]: unknown }[]) {
      const found = view.sendConnectors.find(({ name }) => name === bag.Name)!.bag;
      for (const [property, value] of Object.entries(found)) {
        const [a, b] = [value, bag[property]].map((one) => (Array.isArray(one) ? [...(one as string[])].sort() : one));
        assert.deepEqual(a, b, `${String(bag.Name)}: ${property}`);
      }
    }
    assert.deepEqual(view.unreadable, []);
  });

  it("does not take what is no certificate for one", async () => {
    const [edge] = (await read({ edge: "more1" })).edges;
    assert.deepEqual(
      { ...edge, dn: "" },
      { name: "more1", dn: "", fqdn: "more1.contoso.com", site: null, certificate: null, thumbprint: null },
    );
  });

  it("reads the same in pages of one, seven and all", async () => {
    const [one, seven, all] = [await read({ pageSize: 1 }), await read({ pageSize: 7 }), await read()];
    assert.deepEqual(one, all);
    assert.deepEqual(seven, all);
    assert.equal(all.edges.length, 23);
    assert(slapd.log().split("SRCH base").length > 23, "a search for each page");
  });

  it("finds the configuration partition by itself", async () => {
    assert.deepEqual(await read(), await read(undefined, { baseDn: base }));
  });

  it("finds an Edge whatever its name holds, and nothing by a name that is a filter", async () => {
    const [found, ...more] = (await read({ edge: HOSTILE })).edges;
    assert.equal(found?.name, HOSTILE);
    assert.deepEqual(more, []);
    const names = ["*", "EDGE0*", "EDGE01)(cn=*", "EDGE01))(|(cn=*)", ")", "(", "\\", "\\2a", "*)(objectClass=*", "\u0000EDGE01"];
    for (const edge of [...names, ...hostileStrings(300).filter((text) => text.trim() !== "")]) {
      assert.deepEqual((await read({ edge })).edges, [], JSON.stringify(edge));
    }
  });

  it("refuses a directory whose certificate another CA signed, or nobody it knows", async () => {
    const other = (await selfSigned("Another CA", "127.0.0.1")).cert;
    for (const ca of [other, undefined]) {
      const error = await refusal(read(undefined, { ca }), "HOST_UNREACHABLE");
      assert.match(error.message, /self[- ]signed|verify/i);
      assert(!error.message.includes(PASSWORD));
    }
  });

  it("refuses a certificate for another name", async () => {
    const { port } = new URL(slapd.url);
    const error = await refusal(read(undefined, { url: `ldaps://127.0.0.2:${port}` }), "HOST_UNREACHABLE");
    assert.match(error.message, /127\.0\.0\.2/);
  });

  it("tells a wrong name or password, a silent server and a missing base apart", async () => {
    const error = await refusal(read(undefined, { password: "not-the-password" }), "LOGIN_FAILED");
    assert(!error.message.includes("not-the-password"));
    await refusal(read(undefined, { bindDn: `CN=Nobody,${base}` }), "LOGIN_FAILED");
    await refusal(read({ timeoutMs: 2000 }, { url: "ldaps://127.0.0.1:1" }), "HOST_UNREACHABLE");
    await refusal(read(undefined, { baseDn: `CN=Nowhere,${base}` }), "HOST_UNREACHABLE");
  });

  it("reads nothing in part: a size limit of the server is an error", async () => {
    const { bindDn } = directory;
    const limited = await startSlapd({
      folder: join(folder, "limited"),
      base,
      bindDn: bindDn!,
      password: PASSWORD,
      entries: entries(),
      settings: ["sizelimit size.soft=5 size.hard=5 size.prtotal=5"],
    });
    try {
      const error = await refusal(read(undefined, { url: limited.url, ca: limited.ca }), "HOST_UNREACHABLE");
      assert.match(error.message, /size/i);
    } finally {
      await limited.stop();
    }
  });
});
