import { strict as assert } from "node:assert";
import { once } from "node:events";
import { connect } from "node:net";
import { Client, EqualityFilter, SubstringFilter } from "ldapts";
import { selfSigned } from "../../../../lab/doors/selfSigned";
import { labForAll } from "../../../support/lab";
import { FakeOrganisation } from "../../../support/agents/fakeOrganisation";

describe("lab: the directory door", () => {
  let organisation: FakeOrganisation;
  const lab = labForAll(() => ({ organisation: (organisation = new FakeOrganisation()) }));
  const clients: Client[] = [];
  const open = (options: ConstructorParameters<typeof Client>[0]): Client => {
    const client = new Client(options);
    clients.push(client);
    return client;
  };
  afterEach(() => Promise.all(clients.splice(0).map((client) => client.unbind())));
  const bound = async (): Promise<Client> => {
    const { url, bindDn, password } = lab().ready.directory;
    const client = open({ url });
    await client.bind(bindDn, password);
    return client;
  };
  const names = (entries: { dn: string }[]): string[] => entries.map(({ dn }) => dn.split(",")[0]);

  it("binds with the right password only", async () => {
    const { url, bindDn } = lab().ready.directory;
    await assert.rejects(open({ url }).bind(bindDn, "wrong"), { name: "InvalidCredentialsError" });
    await bound();
  });

  it("shows the root DSE to anyone and nothing else without a bind", async () => {
    const { url, baseDn } = lab().ready.directory;
    const client = open({ url });
    const { searchEntries } = await client.search("", { scope: "base" });
    assert.equal(searchEntries[0].configurationNamingContext, baseDn);
    await assert.rejects(client.search(baseDn), { name: "OperationsError" });
  });

  it("searches by scope and filter, page by page", async () => {
    const client = await bound();
    const { baseDn } = lab().ready.directory;
    const servers = `CN=Servers,${baseDn}`;
    const all = await client.search(servers, { scope: "one", filter: "(objectClass=msExchExchangeServer)", paged: { pageSize: 2 } });
    assert.deepEqual(
      names(all.searchEntries),
      [0, 1, 2, 3, 4].map((index) => `CN=EDGE0${index}`),
    );
    const filter = "(&(objectClass=msexchexchangeserver)(|(cn=edge01)(cn=*4))(!(cn=EDGE04)))";
    assert.deepEqual(names((await client.search(baseDn, { filter })).searchEntries), ["CN=EDGE01"]);
    assert.deepEqual(names((await client.search(servers, { scope: "base" })).searchEntries), ["CN=Servers"]);
    await assert.rejects(client.search(`CN=Nowhere,${baseDn}`), { name: "NoSuchObjectError" });
  });

  it("compares hostile values as they are", async () => {
    const client = await bound();
    const { baseDn } = lab().ready.directory;
    const exact = new EqualityFilter({ attribute: "odd", value: "a*(b)\\3" });
    assert.deepEqual(names((await client.search(baseDn, { filter: exact })).searchEntries), ["CN=EDGE03"]);
    const part = new SubstringFilter({ attribute: "odd", initial: "a*", any: ["(b)"], final: "\\2" });
    assert.deepEqual(names((await client.search(baseDn, { filter: part })).searchEntries), ["CN=EDGE02"]);
  });

  it("gives only the attributes that were asked for", async () => {
    const client = await bound();
    const { searchEntries } = await client.search(lab().ready.directory.baseDn, { filter: "(cn=EDGE00)", attributes: ["CN"] });
    assert.deepEqual(searchEntries, [{ dn: searchEntries[0].dn, cn: "EDGE00" }]);
  });

  it("is read-only", async () => {
    const client = await bound();
    await assert.rejects(client.del(`CN=Servers,${lab().ready.directory.baseDn}`), { name: "UnwillingToPerformError" });
  });

  it("answers StartTLS when its TLS is ready, also the first one", async () => {
    const { url, bindDn, password, baseDn } = lab().ready.directory;
    const client = open({ url });
    await client.startTLS({ rejectUnauthorized: false });
    await client.bind(bindDn, password);
    assert.equal((await client.search(baseDn, { scope: "base" })).searchEntries.length, 1);
  });

  it("reads nothing in the clear that follows StartTLS", async () => {
    const { hostname, port } = new URL(lab().ready.directory.url);
    const asked = lab().directory.requests.length;
    const startTls = Buffer.concat([Buffer.from("301d02010177188016", "hex"), Buffer.from("1.3.6.1.4.1.1466.20037")]);
    const anonymousBind = Buffer.from("300c020102600702010304008000", "hex");
    const socket = connect(Number(port), hostname).on("error", () => undefined);
    socket.write(Buffer.concat([startTls, anonymousBind]));
    await once(socket, "data");
    socket.destroy();
    assert.deepEqual(lab().directory.requests.slice(asked), ["startTls"]);
  });

  it("serves LDAPS with a certificate that can be verified", async () => {
    const { url, ca } = await lab().directory.secure();
    const { bindDn, password, baseDn } = lab().ready.directory;
    const client = open({ url, tlsOptions: { ca } });
    await client.bind(bindDn, password);
    assert.equal((await client.search(baseDn, { scope: "base" })).searchEntries.length, 1);
  });

  it("an Edge's AD LDS answers its root DSE only", async () => {
    const { key, cert } = await selfSigned("edge01", "127.0.0.1");
    organisation.ldaps = { thumbprint: "", certificatePem: cert, privateKeyPem: key, chainPem: [] };
    const { host, port } = lab().ready.hosts.find((item) => item.name === "EDGE01")!.ldaps!;
    const client = open({ url: `ldaps://${host}:${port}`, tlsOptions: { ca: cert } });
    await client.bind("", "");
    assert.equal((await client.search("", { scope: "base" })).searchEntries[0].dnsHostName, "edge01.contoso.com");
    await assert.rejects(client.search("CN=Configuration"), { name: "OperationsError" });
  });
});
