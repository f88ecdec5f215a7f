/**
 * The frozen entry point `pulumi-exchange/runtime`: every stack's state calls these functions by name, so a name here
 * is never renamed or removed, and every function accepts properties that any earlier version wrote.
 *
 * Between Pulumi and the handlers: takes `__provider` (the serialised shell) away before and puts it back after,
 * makes results plain JSON, and lets no error out that is not redacted.
 */
import { knowStack, serversBefore } from "./base/edges";
import { asExchangeError } from "./base/errors";
import { UNKNOWN, plain, type JsonObject } from "./base/json";
import { redact, registerSecret } from "./base/redact";
import { answerRehearsal } from "./rehearsal";
import { configure as configureHandlers, createContext, during, handlers, SECRET_BEARING } from "./handlers";
import { actorOf } from "./rotation/actor";
import type { CheckFailure, CheckResult, DiffResult, Handler, ReadResult } from "./handlers/types";

/** The key under which Pulumi keeps the serialised shell among inputs and outputs. */
const PROVIDER = "__provider";

/** What `configure` gets: the stack's configuration as Pulumi's dynamic provider hands it over. */
interface ConfigureRequest {
  config: { get(key: string): string | undefined };
}

/** The six methods of a resource, as the serialised shell calls them. */
interface Methods {
  check(olds: JsonObject, news: JsonObject): Promise<CheckResult>;
  diff(id: string, olds: JsonObject, news: JsonObject): Promise<DiffResult>;
  create(inputs: JsonObject): Promise<{ id: string; outs: JsonObject }>;
  update(id: string, olds: JsonObject, news: JsonObject): Promise<{ outs: JsonObject }>;
  read(id: string, props?: JsonObject): Promise<ReadResult>;
  delete(id: string, props: JsonObject): Promise<void>;
}

function methods(kind: keyof typeof handlers): Methods {
  const handler = (): Handler => handlers[kind];
  return {
    check: (olds, news) => guarded(news, async () => checked(await handler().check(createContext(), bare(olds), bare(news)))),
    diff: (id, olds, news) => guarded(news, () => handler().diff(createContext(), id, bare(olds), bare(news))),
    create: (inputs) => onServers(inputs, () => handler().create(createContext(), bare(inputs))),
    update: (id, olds, news) => onServers(news, () => handler().update(createContext(), id, bare(olds), bare(news))),
    read: (id, props = {}) => onServers(props, async () => withProvider(await handler().read(createContext(), id, bare(props)), props)),
    delete: async (id, props) => {
      await onServers(props, async () => {
        await handler().delete(createContext(), id, bare(props));
        return {};
      });
    },
  };
}

/** Names of arguments whose text must never be printed, whatever error repeats it. */
const SECRET_NAMES: ReadonlySet<string> = new Set(["password", "privateKey", "privateKeyPassword"]);

/** The redactor knows every secret of a call before anything can go wrong with it. */
function registerSecrets(value: unknown, name = ""): void {
  if (typeof value === "string" && SECRET_NAMES.has(name) && value !== UNKNOWN) registerSecret(value);
  if (value === null || typeof value !== "object") return;
  for (const [key, inner] of Object.entries(value)) registerSecrets(inner, key);
}

/** Runs `work`; its result is plain JSON, its error is one that Pulumi can show. */
async function guarded<T>(props: JsonObject, work: () => Promise<T>, before = (): string => ""): Promise<T> {
  try {
    answerRehearsal();
    registerSecrets(props);
    return plain(await work());
  } catch (error) {
    throw presentable(error, props[PROVIDER], before());
  }
}

/** As `guarded`, for work on servers: its error begins with the state that they are in. */
function onServers<T>(props: JsonObject, work: () => Promise<T>): Promise<T> {
  if (typeof props.owner === "string") knowStack(actorOf(props.owner).stack);
  return during(() => guarded(props, work, () => serversBefore(new Date())));
}

/** The properties without the shell: handlers know nothing of Pulumi. */
function bare(props: JsonObject | undefined): JsonObject {
  const { [PROVIDER]: _shell, ...rest } = props ?? {};
  return rest;
}

/** Pulumi's dynamic provider adds the shell to `props` and `inputs` itself, but only where there are some. */
function withProvider(result: ReadResult, from: JsonObject): ReadResult {
  const shell = from[PROVIDER];
  if (!result.id || shell === undefined) return result;
  const put = (bag: JsonObject | undefined): JsonObject | undefined => bag && { ...bag, [PROVIDER]: shell };
  return { id: result.id, props: put(result.props ?? bare(from)), inputs: put(result.inputs) };
}

function checked(result: CheckResult): CheckResult {
  return { inputs: result.inputs, failures: result.failures.map(withoutValue) };
}

/** Names no property whose value could hold a secret, because Pulumi prints it; the reason then carries the path. */
function withoutValue(failure: CheckFailure): CheckFailure {
  const root = failure.property.split(/[.[]/, 1)[0] ?? "";
  const reason = redact(failure.reason);
  if (!SECRET_BEARING.has(root)) return { property: failure.property, reason };
  return { property: "", reason: reason.includes(failure.property) ? reason : `${failure.property}: ${reason}` };
}

/** A failure after the first side effect: Pulumi stores id and properties, shows the reasons and fails the run. */
interface Partial {
  id: string;
  properties: JsonObject;
  reasons: string[];
}

function presentable(error: unknown, shell: unknown, before: string): Error {
  if (isPartial(error)) return partial(error, shell, before);
  const known = asExchangeError(error);
  return quiet(new Error(redact(before + known.message)));
}

function isPartial(error: unknown): error is Partial {
  const candidate = error as Partial | null | undefined;
  return typeof candidate?.id === "string" && candidate.id !== "" && Array.isArray(candidate.reasons);
}

function partial(error: Partial, shell: unknown, before: string): Error {
  const reasons = error.reasons.map((reason, index) => redact(index === 0 ? before + reason : reason));
  // The SDK does not add the shell here; without it the resource could never be read, updated or deleted again.
  const properties = plain({ ...error.properties, ...(shell === undefined ? {} : { [PROVIDER]: shell }) });
  return quiet(Object.assign(new Error(reasons.join(" ")), { id: error.id, properties, reasons }));
}

/** The SDK prints message and stack; the stack says nothing to a user and could repeat an unredacted text. */
function quiet(error: Error): Error {
  error.name = "ExchangeError";
  error.stack = "";
  return error;
}

/**
 * Takes the stack's configuration, for secrets given as `{config: "key"}`. Synchronous up to its end: the SDK may call
 * other methods before it has awaited this one.
 */
export function configure(request: ConfigureRequest): Promise<void> {
  configureHandlers(configuration(request));
  return Promise.resolve();
}

/** All keys as `namespace:key`, the project's own also without the namespace. */
function configuration(request: ConfigureRequest): Record<string, string> {
  // Pulumi offers no list of keys; its Config object keeps them here. tests/protocol/check.test.ts holds this.
  const raw = (request.config as { rawConfig?: Record<string, string> }).rawConfig ?? {};
  const short = Object.keys(raw).map((key) => key.slice(key.indexOf(":") + 1));
  const own = short.map((key) => [key, request.config.get(key)] as const);
  return plain({ ...raw, ...Object.fromEntries(own.filter(([, value]) => value !== undefined)) }) as Record<string, string>;
}

export const {
  check: certificateCheck,
  diff: certificateDiff,
  create: certificateCreate,
  update: certificateUpdate,
  read: certificateRead,
  delete: certificateDelete,
} = methods("Certificate");

export const {
  check: certificateRequestCheck,
  diff: certificateRequestDiff,
  create: certificateRequestCreate,
  update: certificateRequestUpdate,
  read: certificateRequestRead,
  delete: certificateRequestDelete,
} = methods("CertificateRequest");

export const {
  check: sendConnectorTlsCheck,
  diff: sendConnectorTlsDiff,
  create: sendConnectorTlsCreate,
  update: sendConnectorTlsUpdate,
  read: sendConnectorTlsRead,
  delete: sendConnectorTlsDelete,
} = methods("SendConnectorTls");

export const {
  check: receiveConnectorTlsCheck,
  diff: receiveConnectorTlsDiff,
  create: receiveConnectorTlsCreate,
  update: receiveConnectorTlsUpdate,
  read: receiveConnectorTlsRead,
  delete: receiveConnectorTlsDelete,
} = methods("ReceiveConnectorTls");

export const {
  check: hybridConfigurationTlsCheck,
  diff: hybridConfigurationTlsDiff,
  create: hybridConfigurationTlsCreate,
  update: hybridConfigurationTlsUpdate,
  read: hybridConfigurationTlsRead,
  delete: hybridConfigurationTlsDelete,
} = methods("HybridConfigurationTls");

export const {
  check: edgeSubscriptionCheck,
  diff: edgeSubscriptionDiff,
  create: edgeSubscriptionCreate,
  update: edgeSubscriptionUpdate,
  read: edgeSubscriptionRead,
  delete: edgeSubscriptionDelete,
} = methods("EdgeSubscription");

export const {
  check: transportServiceCheck,
  diff: transportServiceDiff,
  create: transportServiceCreate,
  update: transportServiceUpdate,
  read: transportServiceRead,
  delete: transportServiceDelete,
} = methods("TransportService");

export const {
  check: authCertificateCheck,
  diff: authCertificateDiff,
  create: authCertificateCreate,
  update: authCertificateUpdate,
  read: authCertificateRead,
  delete: authCertificateDelete,
} = methods("AuthCertificate");
