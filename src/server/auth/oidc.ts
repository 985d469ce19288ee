import type * as Jose from "jose";
import type { OidcIssuer } from "#src/config/site.ts";
import type { Principal, Role } from "#src/contract/control.ts";

type KeySource = ReturnType<typeof Jose.createRemoteJWKSet>;

/** Accepts tokens of the issuers in the site file. Their keys are fetched when first needed and kept for a while. */
export interface Oidc {
  /** Undefined when no configured issuer made it; a string says why a token of a known issuer is refused. */
  check(token: string, now: Date): Promise<{ principal: Principal; expiresAtMs: number } | string | undefined>;
}

/** Symmetric algorithms are missing on purpose: a public key must never be usable as a secret. */
const algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"];
const fetchTimeoutMs = 5_000;
const roles: readonly Role[] = ["viewer", "operator", "engineer", "admin"];

export function openOidc(issuers: readonly OidcIssuer[]): Oidc {
  const keys = new Map<string, KeySource>();

  async function keysOf(issuer: string, jose: typeof Jose): Promise<KeySource> {
    const known = keys.get(issuer);
    if (known) return known;
    const answer = await fetch(`${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`, {
      signal: AbortSignal.timeout(fetchTimeoutMs),
    });
    const described = (await answer.json()) as { jwks_uri?: unknown; issuer?: unknown };
    if (typeof described.jwks_uri !== "string") throw new Error(`${issuer} does not say where its keys are`);
    const source = jose.createRemoteJWKSet(new URL(described.jwks_uri), { timeoutDuration: fetchTimeoutMs });
    keys.set(issuer, source);
    return source;
  }

  return {
    async check(token, now) {
      if (issuers.length === 0) return undefined;
      // Loaded by the first token: where no issuer is configured, nobody pays for it.
      const jose = await import("jose");
      const named = issuerOf(token, jose);
      const issuer = issuers.find((known) => known.issuer === named);
      if (!issuer) return undefined;
      try {
        const { payload } = await jose.jwtVerify(token, await keysOf(issuer.issuer, jose), {
          issuer: issuer.issuer,
          audience: issuer.audience,
          algorithms,
          currentDate: now,
          clockTolerance: 30,
          requiredClaims: ["exp", "sub"],
        });
        return principalOf(payload, issuer);
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}

function issuerOf(token: string, jose: typeof Jose): string | undefined {
  try {
    return jose.decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function principalOf(payload: Jose.JWTPayload, issuer: OidcIssuer): { principal: Principal; expiresAtMs: number } | string {
  const role = highestRole(payload[issuer.roleClaim], issuer.roles);
  if (role === undefined) return `the token's claim "${issuer.roleClaim}" names no role that is known here`;
  const areas = issuer.areasClaim === undefined ? undefined : textsOf(payload[issuer.areasClaim]);
  const name = [payload["preferred_username"], payload["email"], payload.sub].find((text) => typeof text === "string" && text !== "");
  return {
    principal: { name: `${String(name)}@${new URL(issuer.issuer).host}`, kind: "person", role, ...(areas && { areas }) },
    expiresAtMs: (payload.exp ?? 0) * 1000,
  };
}

function highestRole(claim: unknown, mapped: Readonly<Record<string, Role>>): Role | undefined {
  const found = textsOf(claim).flatMap((text) => {
    const role = Object.hasOwn(mapped, text) ? mapped[text] : roles.find((known) => known === text);
    return role ? [role] : [];
  });
  return found.sort((a, b) => roles.indexOf(b) - roles.indexOf(a))[0];
}

function textsOf(claim: unknown): string[] {
  if (typeof claim === "string") return [claim];
  return Array.isArray(claim) ? claim.filter((item): item is string => typeof item === "string") : [];
}
