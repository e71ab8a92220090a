import { t } from "elysia";
import { oneOf } from "#/kernel/http";
import { scopes } from "./tables";

/** Both tokens, as a sign-in, a refresh and a change of password answer them. */
export const TokenPairSchema = t.Object({
  access_token: t.String({ examples: ["eyJhbGciOiJIUzI1NiIsInR5cCI6ImF0K2p3dCJ9.e30.c2lnbmF0dXJl"] }),
  refresh_token: t.String({ examples: ["gtr_Zy5cWm0vE7o3TnQ4b1sX8kLr2JpAu6hDgFqVeMtN9wI"] }),
  token_type: t.Literal("bearer"),
  expires_in: t.Integer({ description: "Seconds the access token lives", examples: [3600] }),
  scope: oneOf(scopes, { examples: ["user"] }),
});
