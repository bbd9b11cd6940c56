// A provider that people sign in by, for the tests: the certified oidc-provider, on a port of its own. Its pages are as short as can be: who
// comes types who they are there.

import { generateKeyPairSync, randomUUID } from "node:crypto";
import { once } from "node:events";
import { type RequestListener, type Server, createServer } from "node:http";
import type { AddressInfo } from "node:net";

import Provider from "oidc-provider";

/** What Docket is known as there. */
const CLIENT = { client_id: "docket", client_secret: "a secret of both" };

/** Somebody there. */
export interface Account {
  name: string;
  email: string;
  /** Whether the provider has seen that the address is theirs. */
  verified: boolean;
}

/** A new key to sign with. */
function newKey() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return { ...privateKey.export({ format: "jwk" }), kty: "RSA" as const, kid: randomUUID(), use: "sig", alg: "RS256" };
}

/** A provider. */
export class OpenId {
  /** Whoever has an account there, by what they type. */
  readonly accounts = new Map<string, Account>();

  private docket = "";
  private answer: RequestListener = (_, response) => response.writeHead(503).end();

  private constructor(
    private readonly server: Server,
    /** Where it is. */
    readonly issuer: string,
  ) {
    server.on("request", (request, response) => this.answer(request, response));
  }

  /** Takes a port. It answers once it knows Docket. */
  static async start(): Promise<OpenId> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new OpenId(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  /** What Docket is told of it. */
  get setting(): string {
    return JSON.stringify([{ key: "acme", name: "Acme", issuer: this.issuer, ...CLIENT }]);
  }

  /** Answers for the Docket at this URL. */
  serve(docket: string): void {
    this.docket = docket;
    this.rotate();
  }

  /** Signs with another key from now on, and knows none from before. */
  rotate(): void {
    const provider = new Provider(this.issuer, {
      clients: [{ ...CLIENT, redirect_uris: [`${this.docket}/login/with/acme/done`] }],
      claims: { email: ["email", "email_verified"], profile: ["name"] },
      cookies: { keys: ["for tests only"] },
      features: { devInteractions: { enabled: false } },
      findAccount: (_, id) => {
        const account = this.accounts.get(id);
        if (!account) return undefined;
        const claims = { sub: id, name: account.name, email: account.email, email_verified: account.verified };
        return { accountId: id, claims: () => claims };
      },
      jwks: { keys: [newKey()] },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      ttl: { AccessToken: 300, AuthorizationCode: 60, Grant: 300, IdToken: 300, Interaction: 300, Session: 300 },
    });
    const answer = provider.callback();
    this.answer = (request, response) => {
      if (!request.url?.startsWith("/interaction/")) return void answer(request, response);
      void (async () => {
        const { prompt, params, session } = await provider.interactionDetails(request, response);
        if (request.method !== "POST") {
          response.setHeader("content-type", "text/html; charset=utf-8");
          const ask = prompt.name === "login" ? '<label>Who are you? <input name="login"></label>' : "";
          response.end(
            `<!doctype html><html lang="en"><title>Acme</title><link rel="icon" href="data:,"><h1>Acme</h1><form method="post">${ask}` +
              `<button name="do" value="go">${ask ? "Sign in" : "Allow"}</button> <button name="do" value="no">Refuse</button></form></html>`,
          );
          return;
        }
        let body = "";
        for await (const piece of request) body += String(piece);
        const form = new URLSearchParams(body);
        if (form.get("do") !== "go") {
          return provider.interactionFinished(request, response, { error: "access_denied", error_description: "<b>no</b>" });
        }
        if (prompt.name === "login") {
          return provider.interactionFinished(request, response, { login: { accountId: form.get("login") ?? "" } });
        }
        const grant = new provider.Grant({ accountId: session!.accountId, clientId: String(params["client_id"]) });
        grant.addOIDCScope("openid email profile");
        return provider.interactionFinished(request, response, { consent: { grantId: await grant.save() } });
      })();
    };
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
