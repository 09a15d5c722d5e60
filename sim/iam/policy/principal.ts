/**
 * Principal and NotPrincipal: who a statement of a resource's policy is about.
 *
 * How somebody is named decides what else must allow it (see decide.ts): by its own ARN or by
 * `*`, by the ARN of the role of its session, or only by its account, which hands the decision
 * on to the policies of that account.
 *
 * NotPrincipal excuses only who is named in every form: account, role and session.
 *
 * Source: IAM user guide, "AWS JSON policy elements: Principal"; "NotPrincipal".
 * Left out: unique ids (AIDA…, AROA…), federated and canonical users, which match nobody here.
 */
import type { Asker } from "./types.ts";

/** How closely somebody is named. */
export const named = { not: 0, byAccount: 1, byRole: 2, itself: 3 } as const;
export type Named = typeof named[keyof typeof named];

/** As in a document: `*`, or kinds of names. */
export type PrincipalBlock = "*" | Readonly<Record<string, readonly string[]>>;

const rootForm = /^arn:aws[a-z-]*:iam::(\d{12}):root$/;
const accountForm = /^\d{12}$/;

interface Names {
  /** Documented: `*` and `{"AWS": "*"}` are the same. */
  everybody: boolean;
  accounts: ReadonlySet<string>;
  arns: ReadonlySet<string>;
  services: ReadonlySet<string>;
}

function namesOf(block: PrincipalBlock): Names {
  const aws = block === "*" ? [] : block["AWS"] ?? [];
  const accounts = aws.flatMap((name) =>
    accountForm.test(name) ? [name] : rootForm.exec(name)?.slice(1) ?? []
  );
  return {
    everybody: block === "*" || aws.includes("*"),
    accounts: new Set(accounts),
    arns: new Set(aws),
    services: new Set(block === "*" ? [] : block["Service"] ?? []),
  };
}

/** Finds how closely a statement names somebody. */
export function principal(block: PrincipalBlock): (asker: Asker) => Named {
  const names = namesOf(block);
  return (asker) => {
    if (names.everybody) return named.itself;
    if (asker.service !== null) {
      return names.services.has(asker.service) ? named.itself : named.not;
    }
    const [own, role] = asker.arns;
    if (own !== undefined && names.arns.has(own)) return named.itself;
    const isOfAccount = asker.accountId !== null && names.accounts.has(asker.accountId);
    if (isOfAccount && asker.isRoot) return named.itself;
    if (role !== undefined && names.arns.has(role)) return named.byRole;
    return isOfAccount ? named.byAccount : named.not;
  };
}

/** Finds whether a statement is about somebody, who is not one of those it excuses. */
export function notPrincipal(block: PrincipalBlock): (asker: Asker) => Named {
  const names = namesOf(block);
  const excuses = (asker: Asker): boolean => {
    if (names.everybody) return true;
    if (asker.service !== null) return names.services.has(asker.service);
    if (asker.accountId === null || !names.accounts.has(asker.accountId)) return false;
    return asker.isRoot || asker.arns.every((arn) => names.arns.has(arn));
  };
  return (asker) => excuses(asker) ? named.not : named.itself;
}
