/** Loaded into the provider process before anything else: Certificate's handler then fails or answers as the host name says. */
import { ExchangeError } from "../../provider/base/errors";
import type { JsonObject } from "../../provider/base/json";
import { handlers } from "../../provider/handlers";
import { PartialFailure } from "../../provider/handlers/types";

const secretOf = (props: JsonObject): string => (props.host as JsonObject).password as string;

handlers.Certificate.create = (_ctx, inputs) => {
  const password = secretOf(inputs);
  if (inputs.friendlyName === "half done") {
    return Promise.reject(new PartialFailure("edge01\\AA", { ...inputs, unfinished: true }, [`Refused for ${password}.`]));
  }
  if (inputs.friendlyName === "refused") return Promise.reject(new ExchangeError("LOGIN_FAILED", `Not with ${password}.`));
  if (inputs.friendlyName === "broken") return Promise.reject(new TypeError(`cannot read ${password}`));
  return Promise.resolve({ id: "edge01\\AA", outs: { ...inputs, nothing: undefined as never, seen: Object.keys(inputs).sort() } });
};
handlers.Certificate.read = (_ctx, id, props) =>
  Promise.resolve(
    props.friendlyName === "gone" ? {} : { id, props: { ...props, seen: Object.keys(props).sort() }, inputs: { friendlyName: "read" } },
  );
