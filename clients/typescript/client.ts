// Typed calls of the API. `schema.d.ts`, beside this file once the client is made, is generated.
import createClient, { type Client } from "openapi-fetch";
import type { components, paths } from "./schema.js";

export type FamilyClient = Client<paths>;
/** The one shape of every refusal; `error` is its stable code. */
export type Problem = components["schemas"]["ProblemAnswer"];
export type Schemas = components["schemas"];

/** Returns a client of the API at an address; with an access token it is signed in. */
export function connect(baseUrl: string, accessToken?: string): FamilyClient {
  const headers = accessToken === undefined ? {} : { Authorization: `Bearer ${accessToken}` };
  return createClient<paths>({ baseUrl, headers });
}
