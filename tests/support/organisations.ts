/** Organisations out of a random number: servers, sites, certificates, connectors, and what people did to them. */
import type { CmdletValue } from "../../lab/model/contract";
import type { ScenarioInput } from "../../lab/model/scenarioSchema";
import type { Lab } from "../../lab/start";
import { seeded } from "../unit/pki/building";
import { control } from "./lab";

type Certificates = NonNullable<ScenarioInput["certificates"]>;
type Servers = ScenarioInput["servers"];

export class Dice {
  private readonly next: () => number;
  constructor(readonly seed: number) {
    const random = seeded(Math.imul(seed, 0x9e3779b1) | 1);
    this.next = () => random() / 2 ** 32;
  }
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }
  chance(share: number): boolean {
    return this.next() < share;
  }
  one<T>(list: readonly T[]): T {
    return list[this.below(list.length)];
  }
  some<T>(list: readonly T[], share = 0.5): T[] {
    return list.filter(() => this.chance(share));
  }
}

const SITES = ["Berlin", "Default-First-Site-Name", "Zürich 2"];
const NAMES = ["Outbound to Office 365", "Partner, with a comma", 'Größe & <Co> "quoted" `tick` ${x}', "To Fabrikam"];

export function generated(dice: Dice): ScenarioInput {
  const sites = SITES.slice(0, 1 + dice.below(2));
  const certificates = generatedCertificates(dice);
  const names = Object.keys(certificates);
  const server = (name: string, role: "Edge" | "Mailbox", site?: string): Servers[number] => {
    // In the order in which Exchange lists them: another one cannot be read.
    const start = (name: string): number => (certificates[name] as { notBeforeDays: number }).notBeforeDays;
    const own = dice.some(names, 0.4).sort((a, b) => start(b) - start(a));
    const list = own.map((certificate) => ({
      certificate,
      smtp: dice.chance(0.7),
      exportable: dice.chance(0.4),
      ...(role === "Mailbox" && dice.chance(0.3) ? { iis: true } : {}),
      friendlyName: dice.one(["", "mail", 'Größe "1"']),
    }));
    // An Edge must not have a Mailbox server's.
    const fitting = names.filter((_name, index) => (index % 2 === 0) === (role === "Edge"));
    const defaults = list.filter(({ smtp, certificate }) => smtp && fitting.includes(certificate)).map(({ certificate }) => certificate);
    return {
      name,
      fqdn: `${name.toLowerCase()}.generated.example`,
      role,
      ...(site ? { site } : {}),
      chain: dice.chance(0.8) ? ["root", "issuing"] : dice.some(["root", "issuing"]),
      certificates: list,
      ...(defaults.length > 0 && dice.chance(0.6) ? { default: dice.one(defaults) } : {}),
    };
  };
  const mailbox = sites.flatMap((site, index) =>
    Array.from({ length: 1 + dice.below(2) }, (_none, number) => server(`MBX${index}${number}`, "Mailbox", site)),
  );
  const edges = Array.from({ length: 1 + dice.below(3) }, (_none, number) => server(`EDGE0${number}`, "Edge"));
  const subscribed = edges.map(({ name }) => ({ edge: name, site: dice.one(sites), createConnectors: dice.chance(0.8) }));
  return {
    name: `generated-${dice.seed}`,
    organisation: dice.one(["Generated", "First Organization", "Ü & Co"]),
    domain: "generated.example",
    sites,
    version: dice.one(["15.1.2507.6", "15.2.1544.4", "15.2.1748.10"]),
    authorities: {
      root: { subject: "CN=Generated Root, O=Generated", notBeforeDays: -2000, notAfterDays: 5000 },
      issuing: { subject: "CN=Generated Issuing, O=Generated", parent: "root", notBeforeDays: -1500, notAfterDays: 2000 },
    },
    certificates,
    servers: [...mailbox, ...edges],
    subscriptions: dice.some(subscribed, 0.9),
    acceptedDomains: ["generated.example", "*.sub.generated.example"].slice(0, 1 + dice.below(2)),
    sendConnectors: generatedConnectors(dice, [...edges, ...mailbox], names),
    hybrid: dice.chance(0.5)
      ? { certificate: dice.one(names), EdgeTransportServers: edges.map(({ name }) => name), Domains: ["generated.example"] }
      : null,
  };
}

function generatedCertificates(dice: Dice): Certificates {
  const made: Certificates = {};
  for (let number = 0; number < 2 + dice.below(3); number++) {
    const domainNames = [
      "mail.generated.example",
      ...dice.some(["*.generated.example", "edge00.generated.example", "webmail.generated.example"]),
    ];
    const common = {
      subject: dice.one([
        "CN=mail.generated.example",
        'CN=mail.generated.example, O="Generated, Inc", L=Köln, C=DE',
        "CN=webmail.generated.example",
      ]),
      domainNames,
      notBeforeDays: -dice.below(700) - 1,
      notAfterDays: dice.one([-3, 5.5, 20.5, 45.5, 300.5]),
    };
    made[`c${number}`] = dice.chance(0.2)
      ? { ...common, selfSigned: true }
      : { ...common, authority: dice.one(["issuing", "issuing", "root"]) };
  }
  return made;
}

function generatedConnectors(dice: Dice, servers: Servers, certificates: string[]): NonNullable<ScenarioInput["sendConnectors"]> {
  return dice.some(NAMES).map((Name, index) => ({
    Name,
    AddressSpaces: [`smtp:partner${index}.example;${1 + dice.below(20)}`],
    SourceTransportServers: [dice.one(servers).name],
    Comment: dice.one(["", 'a "comment"\nin two lines', "`$(Get-Nothing)`"]),
    ...(dice.chance(0.5) ? { Fqdn: "mail.generated.example" } : {}),
    ...(dice.chance(0.6) ? { certificate: dice.one(certificates), RequireTLS: dice.chance(0.7) } : {}),
  }));
}

/** What people do on a day like any other; what Exchange refuses is refused. Returns what was done. */
export async function disturb(lab: Lab, dice: Dice): Promise<string[]> {
  const done: string[] = [];
  for (let count = dice.below(6); count > 0; count--) {
    const { name, role } = dice.one(lab.ready.hosts);
    const [what, act] = dice.one(role === "Edge" ? EDGE_DEEDS : MAILBOX_DEEDS);
    const outcome = await act(lab, name, dice).then(
      () => "done",
      (error: unknown) => (error as Error).message,
    );
    done.push(`${name}: ${what}: ${outcome}`);
  }
  return done;
}

type Deed = [what: string, act: (lab: Lab, host: string, dice: Dice) => Promise<unknown>];

const run = (lab: Lab, host: string, cmdlet: string, parameters: { [name: string]: CmdletValue } = {}): Promise<unknown> =>
  control(lab).operator(host, cmdlet, parameters);
const thumbprintsOf = async (lab: Lab, host: string): Promise<string[]> => {
  const { servers } = await control(lab).state();
  return (servers.find(({ name }) => name === host)!.certificates as { thumbprint: string }[]).map((one) => one.thumbprint);
};
const mail = (lab: Lab, host: string, to: string, dice: Dice): Promise<void> =>
  lab.organisation.acceptMail(host, {
    id: `m${dice.below(1e9)}`,
    from: "a@sender.example",
    to: [to],
    data: Buffer.from("Subject: x\r\n\r\n"),
  });

const BOTH: Deed[] = [
  [
    "another default",
    async (lab, host, dice) =>
      run(lab, host, "Enable-ExchangeCertificate", { Thumbprint: dice.one(await thumbprintsOf(lab, host)), Services: "SMTP", Force: true }),
  ],
  [
    "a certificate out of the store",
    async (lab, host, dice) =>
      run(lab, host, "Remove-Item", { Path: `Cert:\\LocalMachine\\My\\${dice.one(await thumbprintsOf(lab, host))}` }),
  ],
  [
    "a request",
    (lab, host) =>
      run(lab, host, "New-ExchangeCertificate", {
        GenerateRequest: true,
        SubjectName: "CN=new.generated.example",
        DomainName: ["new.generated.example"],
        PrivateKeyExportable: true,
      }),
  ],
  ["transport suspended", (lab, host) => run(lab, host, "Suspend-Service", { Name: "MSExchangeTransport" })],
  ["transport stopped", (lab, host) => run(lab, host, "Stop-Service", { Name: "MSExchangeTransport" })],
  [
    "records",
    (lab, host) => {
      const files = lab.organisation.files(host);
      files.set("claims.json", Buffer.from('{"schema":1,"objects":{},"current":{}}'));
      files.set("subscription.xml", Buffer.from("<ESRAPassword>never copied</ESRAPassword>"));
      return Promise.resolve();
    },
  ],
  ["mail out", (lab, host, dice) => mail(lab, host, dice.one(["a@partner0.example", "b@elsewhere.example"]), dice)],
];
const EDGE_DEEDS: Deed[] = [
  ...BOTH,
  ["mail in", (lab, host, dice) => mail(lab, host, "a@generated.example", dice)],
  ["AD LDS stopped", (lab, host) => run(lab, host, "Stop-Service", { Name: "ADAM_MSExchange", Force: true })],
  [
    "a component state",
    (lab, host) =>
      run(lab, host, "Set-ServerComponentState", {
        Identity: host,
        Component: "EdgeTransport",
        Requester: "Maintenance",
        State: "Draining",
      }),
  ],
];
const MAILBOX_DEEDS: Deed[] = [
  ...BOTH,
  ["EdgeSync stopped", (lab, host) => run(lab, host, "Stop-Service", { Name: "MSExchangeEdgeSync" })],
  ["a synchronisation", (lab, host) => run(lab, host, "Start-EdgeSynchronization", { ForceFullSync: true })],
  ["a comment", (lab, host) => run(lab, host, "Set-SendConnector", { Identity: "To Fabrikam", Comment: "later" })],
];
