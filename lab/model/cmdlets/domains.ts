/** Get-, New-, Set- and Remove- of accepted and remote domains; on a subscribed Edge Get- alone. // 3.2, [DOC:edge-subscriptions] */
import { identity, touch } from "../connectors";
import { Directory } from "../directory";
import type { Bag } from "../server";
import { CONFIRM, domainController, type Call, type Cmdlet, type Kind, type Parameters } from "./binding";
import { notFound, promptRefused, taskError, wrongType } from "./errors";
import { typed } from "./values";
import { filtered } from "./filtered";
import { arrived } from "./remoting";
import { refuseOnSubscribedEdge } from "./subscribedEdge";

interface Domains {
  noun: "AcceptedDomain" | "RemoteDomain";
  type: string;
  category: string;
  settable: { [name: string]: Kind };
  defaults(first: boolean): Bag;
}

const ACCEPTED_TYPES = ["Authoritative", "InternalRelay", "ExternalRelay"];
const ACCEPTED: Domains = {
  noun: "AcceptedDomain",
  type: "Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomain",
  category: "ms-Exch-Accepted-Domain",
  settable: { DomainType: "string", MatchSubDomains: "bool", AddressBookEnabled: "bool" },
  defaults: (first) => ({ DomainType: "Authoritative", MatchSubDomains: false, AddressBookEnabled: true, Default: first }),
};
const REMOTE: Domains = {
  noun: "RemoteDomain",
  type: "Microsoft.Exchange.Data.Directory.SystemConfiguration.DomainContentConfig",
  category: "ms-Exch-Domain-Content-Config",
  settable: {
    AllowedOOFType: "string",
    AutoForwardEnabled: "bool",
    AutoReplyEnabled: "bool",
    DeliveryReportEnabled: "bool",
    IsInternal: "bool",
    NDREnabled: "bool",
    TNEFEnabled: "bool",
    TrustedMailInboundEnabled: "bool",
    TrustedMailOutboundEnabled: "bool",
  },
  defaults: () => ({
    IsInternal: false,
    AllowedOOFType: "External",
    AutoReplyEnabled: false,
    AutoForwardEnabled: false,
    DeliveryReportEnabled: true,
    NDREnabled: true,
    TNEFEnabled: null,
    TrustedMailInboundEnabled: false,
    TrustedMailOutboundEnabled: false,
  }),
};

/** What setup makes: everybody outside. */
export const DEFAULT_REMOTE_DOMAIN: Bag = { ...REMOTE.defaults(false), Name: "Default", DomainName: "*", Identity: "Default" };

function all(call: Call, { noun }: Domains): Map<string, Bag> {
  const { lds } = call.server;
  const { directory } = call.lab.world;
  return noun === "AcceptedDomain" ? (lds?.acceptedDomains ?? directory.acceptedDomains) : (lds?.remoteDomains ?? directory.remoteDomains);
}

/** By name or domain. */
function find(call: Call, kind: Domains): Bag {
  const wanted = String(call.values.Identity).toLowerCase();
  const domains = all(call, kind);
  const bag = [...domains.values()].find((one) => String(one.DomainName).toLowerCase() === wanted) ?? Directory.find(domains, wanted);
  if (!bag) throw notFound(call.cmdlet, String(call.values.Identity));
  return bag;
}

function given(call: Call, { settable }: Domains): Bag {
  const type = call.values.DomainType;
  if (typeof type === "string" && !ACCEPTED_TYPES.some((known) => known.toLowerCase() === type.toLowerCase()))
    throw wrongType(call, "DomainType", "Microsoft.Exchange.Data.Directory.SystemConfiguration.AcceptedDomainType", type);
  return Object.fromEntries(
    Object.keys(settable)
      .filter((name) => name in call.values)
      .map((name) => [name, call.values[name]]),
  );
}

function cmdlets(kind: Domains): Cmdlet[] {
  const { noun, settable } = kind;
  const show = (call: Call, bag: Bag): Bag => ({ ...bag, ...arrived(call, kind.type) });
  return [
    {
      name: `Get-${noun}`,
      parameters: (server) => ({ Identity: "string", ...domainController(server) }),
      run: (call) => filtered(call, [...all(call, kind).values()], (bag) => [bag.Name, bag.DomainName]).map((bag) => show(call, bag)),
    },
    {
      name: `New-${noun}`,
      parameters: (server): Parameters => ({
        Name: "string",
        DomainName: "string",
        ...(noun === "AcceptedDomain" ? settable : {}),
        ...CONFIRM,
        ...domainController(server),
      }),
      required: () => ["Name", "DomainName"],
      run: (call) => [show(call, make(call, kind))],
    },
    {
      name: `Set-${noun}`,
      parameters: (server) => ({
        Identity: "string",
        Name: "string",
        ...(noun === "AcceptedDomain" ? { MakeDefault: "bool" as const } : {}),
        ...settable,
        ...CONFIRM,
        ...domainController(server),
      }),
      required: () => ["Identity"],
      run(call) {
        refuseOnSubscribedEdge(call);
        const bag = find(call, kind);
        const next = touch({ ...bag, ...given(call, kind) }, call.lab.world.clock.now(call.server.name));
        if (call.values.WhatIf) return [];
        const domains = all(call, kind);
        if (call.values.MakeDefault) for (const other of domains.values()) other.Default = false;
        domains.set(String(bag.Name), call.values.MakeDefault ? { ...next, Default: true } : next);
        call.lab.world.changed();
        return [];
      },
    },
    {
      name: `Remove-${noun}`,
      parameters: (server) => ({ Identity: "string", ...CONFIRM, ...domainController(server) }),
      required: () => ["Identity"],
      run(call) {
        refuseOnSubscribedEdge(call);
        const bag = find(call, kind);
        if (bag.Default === true || bag.DomainName === "*")
          throw taskError(
            call.cmdlet,
            "System.InvalidOperationException",
            "InvalidOperation",
            `The default '${String(bag.Name)}' can't be removed.`,
          );
        if (call.values.WhatIf) return [];
        if (call.values.Confirm !== false)
          throw promptRefused(call.cmdlet, `Are you sure you want to perform this action? Removing "${String(bag.Name)}".`);
        all(call, kind).delete(String(bag.Name));
        call.lab.world.changed();
        return [];
      },
    },
  ];
}

function make(call: Call, kind: Domains): Bag {
  refuseOnSubscribedEdge(call);
  const { directory, clock } = call.lab.world;
  const domains = all(call, kind);
  const name = String(call.values.Name);
  if (Directory.find(domains, name))
    throw taskError(
      call.cmdlet,
      "Microsoft.Exchange.Data.Directory.ADObjectAlreadyExistsException",
      "ResourceExists",
      `The object '${name}' already exists.`,
    );
  const dn = `CN=${name},CN=${kind.noun}s,CN=Transport Settings,${directory.base}`;
  const bag: Bag = {
    DomainName: typed(call, "DomainName", String(call.values.DomainName)),
    ...kind.defaults(domains.size === 0),
    ...given(call, kind),
    ...identity(name, name, dn, directory, clock.now(call.server.name), kind.category),
  };
  if (call.values.WhatIf) return bag;
  domains.set(name, bag);
  call.lab.world.changed();
  return bag;
}

export const DOMAIN_CMDLETS: readonly Cmdlet[] = [...cmdlets(ACCEPTED), ...cmdlets(REMOTE)];
